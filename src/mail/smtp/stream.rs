//! The stream below an SMTP connection, plain or TLS: what is written, and the replies that come back.
//!
//! Replies are read here and not by lettre: its reader takes one without text, or with octets that are not UTF-8, for a
//! broken connection. What a relay may say at once is limited, and what it said unasked is noticed.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::replies::{Said, first_reply};

/// The most octets of one reply. RFC 5321 §4.5.3.1.5 asks for 512 a line.
const LIMIT: usize = 64 * 1024;

/// Room for the answers to MAIL, RCPT and DATA: whatever fills it costs another look for more.
const ROOM: usize = 1024;

pub(super) struct Stream {
    socket: Socket,
    /// What came and was not taken yet.
    unread: Vec<u8>,
    write_failed: bool,
}

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
        Ok(Self { socket: Socket::Plain(tcp), unread: Vec::with_capacity(ROOM), write_failed: false })
    }

    /// Does the TLS handshake on the plain stream. After an error the stream is dead.
    pub(super) async fn protect(&mut self, connector: &TlsConnector, name: ServerName<'static>) -> io::Result<()> {
        let Socket::Plain(tcp) = std::mem::replace(&mut self.socket, Socket::Gone) else { return Err(gone()) };
        self.socket = Socket::Tls(Box::new(connector.connect(name, tcp).await?));
        Ok(())
    }

    /// The version of TLS, once protected.
    pub(super) fn tls_version(&self) -> Option<String> {
        match &self.socket {
            Socket::Tls(tls) => tls.get_ref().1.protocol_version().map(|version| format!("{version:?}")),
            Socket::Plain(_) | Socket::Gone => None,
        }
    }

    /// Writes all pieces, as many at once as the socket takes.
    pub(super) async fn write(&mut self, pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
        let result = match &mut self.socket {
            Socket::Plain(tcp) => write_all(tcp, pieces).await,
            Socket::Tls(tls) => match write_all(tls, pieces).await {
                Ok(()) => tls.flush().await,
                error => error,
            },
            Socket::Gone => Err(gone()),
        };
        self.write_failed |= result.is_err();
        result
    }

    /// Whether the kernel refused some of our bytes: then a final dot among them was not sent.
    pub(super) fn write_failed(&self) -> bool {
        self.write_failed
    }

    /// The next reply.
    pub(super) async fn read(&mut self) -> io::Result<Said> {
        loop {
            if let Some((said, length)) = first_reply(&self.unread) {
                self.unread.drain(..length);
                return Ok(said);
            }
            if self.unread.len() > LIMIT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the relay's answer is longer than 64 KiB"));
            }
            let read = match &mut self.socket {
                Socket::Plain(tcp) => tcp.read_buf(&mut self.unread).await?,
                Socket::Tls(tls) => tls.read_buf(&mut self.unread).await?,
                Socket::Gone => return Err(gone()),
            };
            if read == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the relay hung up"));
            }
        }
    }

    /// Whether something was read that nobody took.
    pub(super) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Whether something waits to be read, or the connection ended: nothing of the kind may be before a question is asked.
    pub(super) async fn is_disturbed(&mut self) -> bool {
        std::future::poll_fn(|cx| {
            let mut octets = [0; 64];
            let mut buf = ReadBuf::new(&mut octets);
            // What is read here is lost, and with it the connection, which is closed for it.
            Poll::Ready(self.socket.poll_read(cx, &mut buf).is_ready())
        })
        .await
    }
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

async fn write_all(socket: &mut (impl AsyncWrite + Unpin), mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !pieces.is_empty() {
        match socket.write_vectored(pieces).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => IoSlice::advance_slices(&mut pieces, written),
        }
    }
    Ok(())
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the TLS handshake failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_arrive_whole_however_little_is_taken_at_once() {
        for room in 1..12 {
            let (mut near, mut far) = tokio::io::duplex(room);
            let written = async move {
                let pieces = &mut [b"one\r\n".as_slice(), b"", b".", b".two\r\n.\r\n"].map(IoSlice::new);
                write_all(&mut near, pieces).await
            };
            let mut received = String::new();
            let (written, read) = tokio::join!(written, far.read_to_string(&mut received));
            written.expect("the other end takes all of it");
            read.expect("it is text");
            assert_eq!(received, "one\r\n..two\r\n.\r\n");
        }
    }

    #[tokio::test]
    async fn a_socket_that_takes_nothing_is_an_error() {
        let (mut near, far) = tokio::io::duplex(8);
        drop(far);
        assert!(write_all(&mut near, &mut [IoSlice::new(b"MAIL")]).await.is_err());
    }
}
