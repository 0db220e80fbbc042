//! The recipients' pages: whether we live, and the way out. Apart from them, on a listener for operators, the metrics.

mod bands;
mod confirm;
mod form;
mod leave;
mod metrics;
mod page;
mod preferences;
mod serve;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::service::Service;

pub use serve::{Site, serve};

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: is another fortnightly running? Choose another address with web.listen or web.console_listen"
)]
pub struct WebError {
    address: SocketAddr,
    source: std::io::Error,
}

/// What the pages work with: the service as it is at the moment of a request, since files are read again while it runs.
#[derive(Clone)]
pub struct Pages(Arc<dyn Fn() -> Service + Send + Sync>);

impl Pages {
    /// Pages that ask `current` for the service.
    pub fn new(current: impl Fn() -> Service + Send + Sync + 'static) -> Self {
        Self(Arc::new(current))
    }

    fn service(&self) -> Service {
        (self.0)()
    }
}

/// Takes the port.
///
/// # Errors
/// When another program has it, or we may not.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, WebError> {
    TcpListener::bind(address).await.map_err(|source| WebError { address, source })
}

/// What operators see.
fn console(pages: Pages) -> Router {
    Router::new().route("/healthz", get(alive)).route("/metrics", get(metrics::metrics)).with_state(pages)
}

async fn alive() -> &'static str {
    "ok\n"
}

/// What recipients see.
fn recipients(pages: Pages) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/u/{token}", get(leave::show).post(leave::leave))
        .route("/preferences/{token}", get(preferences::show).post(preferences::wish))
        .route("/confirm/{token}", get(confirm::show).post(confirm::confirm))
        .with_state(pages)
}
