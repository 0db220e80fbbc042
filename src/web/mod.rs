//! The recipients' pages. So far: whether we live.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: is another fortnightly running? Choose another address with web.listen, or run with --role sender"
)]
pub struct WebError {
    address: SocketAddr,
    source: std::io::Error,
}

/// Takes the port.
///
/// # Errors
/// When another program has it, or we may not.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, WebError> {
    TcpListener::bind(address).await.map_err(|source| WebError { address, source })
}

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, stop: CancellationToken) {
    let served = axum::serve(listener, router()).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!("the web stopped: {error}");
    }
}

fn router() -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" }))
}
