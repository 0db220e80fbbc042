//! The HTTP server: what a slow or silent client can hold up is itself alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::log_limiter::LogLimiter;

/// How long a client may take to send its request's header, the first or the next on a connection.
const HEADER: Duration = Duration::from_secs(10);

/// How long a connection lives: a mail client asks for one page.
const LIFE: Duration = Duration::from_mins(1);

/// How long answers that are being written have when we are told to stop.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many connections are open at once; others wait to be accepted.
const CONNECTIONS: usize = 512;

/// The pause after a connection could not be accepted, as when there are no file descriptors left.
const BREATH: Duration = Duration::from_millis(500);

/// Who is at the other end of a connection: a person's machine, or a proxy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What is served: the pages of one audience.
#[derive(Debug)]
pub struct Site(pub(super) Router);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: is another fortnightly running? Choose another address with web.listen or web.console_listen"
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
pub async fn serve(site: Site, listener: TcpListener, stop: CancellationToken) {
    let service = TowerToHyperService::new(site.0);
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEADER);
    let open = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let place = Arc::clone(&room).acquire_owned().await.ok();
            (place, accept(&listener).await)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = stream;
        let service = service.clone();
        let told = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            service.call(request)
        });
        let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), told));
        tokio::spawn(async move {
            // A client that went away, or was too slow, is no event.
            let _ = tokio::time::timeout(LIFE, connection).await;
            drop(place);
        });
    }
    // Whoever has not sent a whole request by now has nothing to lose.
    let _ = tokio::time::timeout(LAST_WORDS, open.shutdown()).await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                static LIMITER: LogLimiter = LogLimiter::new();
                LIMITER.error(&format!("the web cannot accept a connection: {error}"));
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
