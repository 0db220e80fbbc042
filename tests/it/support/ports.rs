//! Ports that stay free until whoever they are meant for takes them.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel gives to whoever asks for any (Linux: 32768 and up), so that no other test is given one
/// of ours by chance.
const RANGE: std::ops::Range<u16> = 16_384..32_768;

/// A port on loopback that nobody listens on, and that this program gives to nobody else.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let size = RANGE.end - RANGE.start;
    // Two programs of tests at once begin far apart.
    let begin = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(size)).expect("it is less than a u16");
    (0..size)
        .map(|_| RANGE.start + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % size) % size)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of sixteen thousand ports is free")
}
