//! A wire between a node and its database that can be cut: nothing is passed on any more, neither way, and nobody is told. Once it is
//! mended, whatever was said meanwhile arrives.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

pub(super) struct Wire {
    pub(super) port: u16,
    is_cut: Arc<AtomicBool>,
}

impl Wire {
    /// To the server on this port of loopback.
    pub(super) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&is_cut);
        // Ends with the tests.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let cut = Arc::clone(&cut);
                thread::spawn(move || connect(client, server, &cut));
            }
        });
        Self { port, is_cut }
    }

    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    pub(super) fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

fn wait_while_cut(cut: &AtomicBool) {
    while cut.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(5));
    }
}

fn connect(client: TcpStream, server: u16, cut: &Arc<AtomicBool>) {
    wait_while_cut(cut);
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
    let both = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    for (from, to) in [(both(&client), both(&server)), (server, client)] {
        let cut = Arc::clone(cut);
        thread::spawn(move || pass_on(from, to, &cut));
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, cut: &AtomicBool) {
    let mut octets = [0; 16 * 1024];
    let _ = to.set_nodelay(true);
    while let Ok(count @ 1..) = from.read(&mut octets) {
        wait_while_cut(cut);
        if to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    wait_while_cut(cut);
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
