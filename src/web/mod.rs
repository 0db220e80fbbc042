//! The recipients' pages: whether we live, and the way out. Apart from them, on a listener for operators, the metrics.

mod bands;
mod confirm;
mod feeds;
mod form;
mod headers;
mod leave;
mod metrics;
mod page;
mod preferences;
mod public;
mod serve;
mod site;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::app::site::Shown;
use crate::app::{AppError, Service};
use public::{Cache, Kept};

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
pub struct Pages {
    current: Arc<dyn Fn() -> Service + Send + Sync>,
    cache: Arc<Cache>,
}

impl Pages {
    /// Pages that ask `current` for the service.
    pub fn new(current: impl Fn() -> Service + Send + Sync + 'static) -> Self {
        Self { current: Arc::new(current), cache: Arc::default() }
    }

    fn service(&self) -> Service {
        (self.current)()
    }

    /// A public page that was made a moment ago, or is made now.
    async fn kept(
        &self,
        service: &Service,
        key: &str,
        make: impl Future<Output = Result<Shown, AppError>>,
    ) -> Result<Kept, AppError> {
        self.cache.get(&service.config, key, make).await
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
        .route("/", get(site::front))
        .route("/editions/{number}", get(site::edition))
        .route("/activities/{theme}/{name}", get(site::activity))
        .route("/embed", get(site::embed))
        .route("/feed.rss", get(feeds::rss))
        .route("/feed.atom", get(feeds::atom))
        .route("/feed.json", get(feeds::json))
        .route("/calendar.ics", get(feeds::calendar))
        .fallback(site::nowhere)
        .method_not_allowed_fallback(site::only_to_read)
        .layer(map_response_with_state(pages.clone(), page::dress))
        .with_state(pages)
}
