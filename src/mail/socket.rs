//! The TCP stream below an SMTP connection: it shows what lettre hides.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake record (RFC 8446 §5.1). No SMTP command begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// A TCP stream that tells whether a write ever failed, and that can keep plaintext out of a TLS session.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    /// Before STARTTLS: hands out one byte at a time, so that nothing sent along with the reply to STARTTLS lies in a
    /// buffer and passes for the answer to what is asked inside TLS. It stays in the socket and breaks the handshake.
    wary: bool,
    write_failed: Arc<AtomicBool>,
}

impl Socket {
    /// Wraps a connected stream; `wary` when STARTTLS will follow. The flag turns true for good when a write fails.
    pub(super) fn new(tcp: TcpStream, wary: bool) -> (Self, Arc<AtomicBool>) {
        let write_failed = Arc::new(AtomicBool::new(false));
        (Self { tcp, wary, write_failed: Arc::clone(&write_failed) }, write_failed)
    }

    fn note<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(_)) = &result {
            self.write_failed.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncTokioStream for Socket {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.wary || buf.remaining() == 0 {
            return Pin::new(&mut self.tcp).poll_read(cx, buf);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        let result = Pin::new(&mut self.tcp).poll_read(cx, &mut one);
        buf.put_slice(one.filled());
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.wary &= bytes.first() != Some(&TLS_HANDSHAKE);
        let result = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find_map(|slice| slice.first());
        self.wary &= first != Some(&TLS_HANDSHAKE);
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
