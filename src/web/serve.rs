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
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::log_limiter::LogLimiter;
use super::moving::{Moved, Moving};

/// How long a client may take to send its request's header, the first or the next on a connection.
const HEADER: Duration = Duration::from_secs(10);

/// How long a connection lives: a mail client asks for one page. It lives longer while enough moves on it: a list that is sent or
/// fetched over a slow line takes minutes.
const LIFE: Lifetime =
    Lifetime { look: Duration::from_mins(1), octets_a_second: 8 * 1024, most: Duration::from_mins(30) };

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
        let (stream, moved) = Moving::new(stream);
        let connection = open.watch(protocol().serve_connection(TokioIo::new(stream), told));
        tokio::spawn(async move {
            LIFE.of(connection, &moved).await;
            drop(place);
        });
    }
    // Whoever has not sent a whole request by now has nothing to lose.
    let _ = timeout(LAST_WORDS, open.shutdown()).await;
}

fn protocol() -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEADER);
    protocol
}

/// How long a connection may live.
#[derive(Debug, Clone, Copy)]
struct Lifetime {
    /// How often it's looked at.
    look: Duration,
    /// It goes on if this much moved on it since the last look, on average. What moved before that counts for nothing.
    octets_a_second: u64,
    /// The end, whatever moves.
    most: Duration,
}

impl Lifetime {
    /// Whether a connection goes on on which so many octets moved since the last look.
    fn is_enough(self, octets: u64) -> bool {
        u128::from(octets) * 1_000 >= u128::from(self.octets_a_second) * self.look.as_millis()
    }

    /// Waits for the end of a connection, or until it has lived for too long. A client that went away, or was too slow, is no event.
    async fn of(self, connection: impl Future, moved: &Moved) {
        tokio::pin!(connection);
        let (end, mut before) = (Instant::now() + self.most, 0);
        while Instant::now() < end {
            if timeout(self.look, &mut connection).await.is_ok() {
                return;
            }
            let octets = moved.octets();
            if !self.is_enough(octets - before) {
                return;
            }
            before = octets;
        }
    }
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

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// A list of subscribers, in octets, and what a slow line carries in a second.
    const LIST: u64 = 2 * 1024 * 1024;
    const SLOW: u64 = 16 * 1024;

    #[test]
    fn a_list_has_the_time_that_a_slow_line_needs_and_a_dribble_has_none() {
        let goes_on = |octets_a_second: u64| LIFE.is_enough(octets_a_second * LIFE.look.as_secs());
        assert!(goes_on(SLOW) && LIFE.most.as_secs() > 5 * LIST / SLOW);
        assert!(!goes_on(100) && !goes_on(1));
    }

    /// The other end of a connection to a site that gives back what it gets. It lives for a moment, as long as a little moves.
    fn connected() -> DuplexStream {
        const MOMENT: Lifetime =
            Lifetime { look: Duration::from_millis(100), octets_a_second: 1024, most: Duration::from_mins(1) };
        let echo = async |list: Bytes| {
            let parts: Vec<_> =
                list.chunks(1024).map(|part| Ok::<_, std::io::Error>(Bytes::copy_from_slice(part))).collect();
            Body::from_stream(stream::iter(parts))
        };
        let site = Router::new().route("/list", post(echo)).layer(DefaultBodyLimit::disable());
        let (ours, theirs) = duplex(4 * 1024);
        let (stream, moved) = Moving::new(ours);
        let connection = protocol().serve_connection(TokioIo::new(stream), TowerToHyperService::new(site));
        tokio::spawn(async move { MOMENT.of(connection, &moved).await });
        theirs
    }

    /// Sends a list over a slow line, so many octets at a time; how much of it came back, over the same line.
    async fn sent_and_fetched(octets: usize, at_a_time: usize) -> usize {
        let mut client = connected();
        let head = format!("POST /list HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {octets}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let pause = || tokio::time::sleep(Duration::from_millis(10));
        for _ in (0..octets).step_by(at_a_time) {
            if client.write_all(&vec![b'x'; at_a_time]).await.is_err() {
                return 0;
            }
            pause().await;
        }
        let (mut part, mut came) = (vec![0; at_a_time], Vec::new());
        while let Ok(read @ 1..) = client.read(&mut part).await {
            came.extend_from_slice(&part[..read]);
            pause().await;
        }
        String::from_utf8_lossy(&came).matches('x').count()
    }

    #[tokio::test]
    async fn a_list_is_sent_and_fetched_over_a_slow_line() {
        assert_eq!(sent_and_fetched(64 * 1024, 2 * 1024).await, 64 * 1024);
    }

    #[tokio::test]
    async fn whoever_dribbles_is_cut_off() {
        assert_eq!(sent_and_fetched(1_000, 1).await, 0);
    }

    #[tokio::test]
    async fn a_burst_buys_no_time_for_a_dribble() {
        let mut client = connected();
        let head = "POST /list HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        // As much as would have been enough for a minute and a half.
        client.write_all(&vec![b'x'; 100 * 1024]).await.unwrap();
        let is_cut_off = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), is_cut_off).await.expect("it goes on");
    }
}
