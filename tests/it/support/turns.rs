//! Stands between a client and a server, passes all octets on, and counts how often the client spoke after the server had.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Turns {
    pub(crate) port: u16,
    /// One number a connection: the client's turns, and whether it is the client's now.
    taken: Arc<Mutex<Vec<(usize, bool)>>>,
}

impl Turns {
    /// Before the server on this port of loopback.
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let port = listener.local_addr().expect("it is bound").port();
        let taken = Arc::<Mutex<Vec<(usize, bool)>>>::default();
        let noted = Arc::clone(&taken);
        // Ends with the tests.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).expect("the server listens");
                let number = {
                    let mut all = noted.lock().unwrap();
                    all.push((0, false));
                    all.len() - 1
                };
                let both = |stream: &TcpStream| stream.try_clone().expect("a second handle");
                for (from, to, is_client) in
                    [(both(&client), both(&server), true), (both(&server), both(&client), false)]
                {
                    let noted = Arc::clone(&noted);
                    // Noted before it is passed on: what answers it comes later.
                    let note = move || {
                        let (turns, is_clients) = &mut noted.lock().unwrap()[number];
                        *turns += usize::from(is_client && !*is_clients);
                        *is_clients = is_client;
                    };
                    thread::spawn(move || pass_on(from, to, note));
                }
            }
        });
        Self { port, taken }
    }

    /// How many turns the client took on each connection.
    pub(crate) fn taken(&self) -> Vec<usize> {
        self.taken.lock().unwrap().iter().map(|(turns, _)| *turns).collect()
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, note: impl Fn()) {
    let mut octets = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        note();
        if to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
