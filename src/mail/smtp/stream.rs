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
        let result = self.socket.write(pieces).await;
        self.write_failed |= result.is_err();
        result
    }

    /// Writes all pieces and, in the same write where the socket takes it, what may follow them. An error is about the
    /// pieces: it means that their last octet was not sent, whatever came of the rest.
    pub(super) async fn write_and(&mut self, mut pieces: Vec<IoSlice<'_>>, rest: &[u8]) -> io::Result<()> {
        let Socket::Plain(tcp) = &mut self.socket else {
            // Nobody knows how far TLS came with what it could not write.
            self.write(&mut pieces).await?;
            let _ = self.socket.write(&mut [IoSlice::new(rest)]).await;
            return Ok(());
        };
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        pieces.push(IoSlice::new(rest));
        let (written, result) = write_all(tcp, &mut pieces).await;
        if written >= length {
            return Ok(());
        }
        self.write_failed = true;
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
    async fn write(&mut self, pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => write_all(tcp, pieces).await.1,
            Self::Tls(tls) => {
                write_all(tls, pieces).await.1?;
                tls.flush().await
            }
            Self::Gone => Err(gone()),
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Err(gone())),
        }
    }
}

/// Writes all pieces; how many octets the socket took, and why it took no more.
async fn write_all(socket: &mut (impl AsyncWrite + Unpin), mut pieces: &mut [IoSlice<'_>]) -> (usize, io::Result<()>) {
    let mut written = 0;
    // Of an empty piece nothing can be taken.
    IoSlice::advance_slices(&mut pieces, 0);
    while !pieces.is_empty() {
        match socket.write_vectored(pieces).await {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(taken) => {
                written += taken;
                IoSlice::advance_slices(&mut pieces, taken);
            }
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
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
            read.expect("it is text");
            assert_eq!(received, "one\r\n..two\r\n.\r\n");
            assert_eq!(written.0, received.len());
            written.1.expect("the other end takes all of it");
        }
    }

    /// What was taken before an error counts: a final dot among it may have arrived.
    #[tokio::test]
    async fn what_was_taken_before_an_error_is_known() {
        let (mut near, mut far) = tokio::io::duplex(7);
        let pieces = &mut [b"content".as_slice(), b"MAIL"].map(IoSlice::new);
        let hangs_up = async move { far.read_exact(&mut [0; 3]).await };
        let ((written, result), read) = tokio::join!(write_all(&mut near, pieces), hangs_up);
        read.expect("three octets came");
        assert_eq!((written, result.unwrap_err().kind()), (7, io::ErrorKind::BrokenPipe));
    }

    /// It would be asked for ever.
    #[tokio::test]
    async fn a_socket_that_takes_nothing_is_an_error() {
        let mut room = io::Cursor::new(vec![0; 2].into_boxed_slice());
        let (written, result) = write_all(&mut room, &mut [IoSlice::new(b"MAIL")]).await;
        assert_eq!((written, result.unwrap_err().kind()), (2, io::ErrorKind::WriteZero));
    }
}
