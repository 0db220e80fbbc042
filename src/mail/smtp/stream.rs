//! The stream below an SMTP connection: plain or TLS, and it shows what lettre hides.
//!
//! It counts complete replies, so that an answer that came before its question is noticed; it limits what a relay may say
//! at once; it tells whether a write failed; and it can become TLS in the middle (RFC 3207).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::replies::ReplyCounter;

/// The most octets that a relay may say in answer to one write. RFC 5321 §4.5.3.1.5 asks for 512 a line.
const LIMIT: usize = 64 * 1024;

/// A handle on the stream; lettre has one, the connection another.
#[derive(Debug, Clone)]
pub(super) struct Stream(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    socket: Socket,
    peer: SocketAddr,
    replies: ReplyCounter,
    /// Octets read since the last write.
    said: usize,
    write_failed: bool,
    /// What was read since the last write, while somebody listens in.
    heard: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// While the handshake runs, and for good when it failed.
    Gone,
}

impl Stream {
    /// Takes a connected stream.
    pub(super) fn new(tcp: TcpStream) -> io::Result<Self> {
        // Commands are short and answered one by one: waiting to fill a segment only costs time.
        tcp.set_nodelay(true)?;
        let peer = tcp.peer_addr()?;
        let socket = Socket::Plain(tcp);
        Ok(Self(Arc::new(Mutex::new(State {
            socket,
            peer,
            replies: ReplyCounter::default(),
            said: 0,
            write_failed: false,
            heard: Some(Vec::new()),
        }))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Does the TLS handshake on the plain stream. After an error the stream is dead.
    pub(super) async fn protect(&self, connector: &TlsConnector, name: ServerName<'static>) -> io::Result<()> {
        let Socket::Plain(tcp) = std::mem::replace(&mut self.state().socket, Socket::Gone) else { return Err(gone()) };
        let tls = connector.connect(name, tcp).await?;
        let mut state = self.state();
        state.socket = Socket::Tls(Box::new(tls));
        state.said = 0;
        Ok(())
    }

    /// The version of TLS, once protected.
    pub(super) fn tls_version(&self) -> Option<String> {
        match &self.state().socket {
            Socket::Tls(tls) => tls.get_ref().1.protocol_version().map(|version| format!("{version:?}")),
            Socket::Plain(_) | Socket::Gone => None,
        }
    }

    /// Whether `taken` replies are all that was read so far.
    pub(super) fn is_even(&self, taken: u64) -> bool {
        self.state().replies.is_even(taken)
    }

    /// The answer to the last write, in lines without their codes. lettre keeps its first EHLO's to itself; once heard, no
    /// more is kept.
    pub(super) fn heard(&self) -> Vec<String> {
        let heard = self.state().heard.take().unwrap_or_default();
        String::from_utf8_lossy(&heard).lines().map(|line| line.get(4..).unwrap_or_default().to_owned()).collect()
    }

    /// Whether the kernel refused some of our bytes: then a final dot among them was not sent.
    pub(super) fn write_failed(&self) -> bool {
        self.state().write_failed
    }

    /// Whether something waits to be read, or the connection ended: nothing of the kind may be before a question is asked.
    pub(super) async fn is_disturbed(&self) -> bool {
        std::future::poll_fn(|cx| {
            let mut octet = [0; 64];
            let mut buf = ReadBuf::new(&mut octet);
            // What is read here is lost, and with it the connection, which is closed for it.
            Poll::Ready(self.state().socket.poll_read(cx, &mut buf).is_ready())
        })
        .await
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the TLS handshake failed")
}

impl Socket {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Err(gone())),
        }
    }
}

impl State {
    fn note<T>(&mut self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.write_failed |= matches!(&result, Poll::Ready(Err(_)));
        self.said = 0;
        if let Some(heard) = &mut self.heard {
            heard.clear();
        }
        result
    }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.state().peer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let before = buf.filled().len();
        let result = state.socket.poll_read(cx, buf);
        let new = &buf.filled()[before..];
        state.replies.feed(new);
        state.said += new.len();
        if let Some(heard) = &mut state.heard {
            heard.extend_from_slice(new);
        }
        if state.said > LIMIT {
            let why = "the relay's answer is longer than 64 KiB";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        let result = match &mut state.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Socket::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
            Socket::Gone => Poll::Ready(Err(gone())),
        };
        state.note(result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let result = match &mut state.socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Socket::Gone => Poll::Ready(Err(gone())),
        };
        state.note(result)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state().socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Socket::Gone => Poll::Ready(Ok(())),
        }
    }
}
