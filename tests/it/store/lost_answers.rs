//! Commits whose answers are lost: it is found out whether they were made, and what they raised is known.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::Nodes as _;
use fortnightly::store::postgres::PostgresStore;

use super::desk::Desk as _;
use super::hasher;
use super::samples::{at, crowd, send_out};
use super::set_back::{Memory, until};
use crate::support::postgres::fresh;

/// A way to the server on this port. Once it is to lose one, the next commit gets there, and its answer does not come back.
fn way_to(server: u16, loses: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let loses = Arc::clone(loses);
    // Ends with the tests.
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let is_lost = Arc::new(AtomicBool::new(false));
            let (back, forth) = ((server.try_clone().unwrap(), client.try_clone().unwrap()), (client, server));
            let (lost, loses) = (Arc::clone(&is_lost), Arc::clone(&loses));
            thread::spawn(move || {
                pass_on(forth, |octets| {
                    let is_commit = octets.windows(6).any(|word| word == b"COMMIT");
                    if is_commit && loses.swap(false, Ordering::SeqCst) {
                        lost.store(true, Ordering::SeqCst);
                    }
                    true
                });
            });
            thread::spawn(move || pass_on(back, |_| !is_lost.load(Ordering::SeqCst)));
        }
    });
    port
}

/// Passes octets on as long as they may; then both ends are closed.
fn pass_on((mut from, mut to): (TcpStream, TcpStream), may_pass: impl Fn(&[u8]) -> bool) {
    let mut octets = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        if !may_pass(&octets[..count]) || to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    for end in [&from, &to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_commit_raised_is_remembered_although_its_answer_is_lost() {
    let mut settings = fresh().unwrap();
    let direct = PostgresStore::open(&settings, hasher()).await.unwrap();
    let (loses, memory) = (Arc::<AtomicBool>::default(), Arc::new(Memory::default()));
    settings.hosts[0].1 = way_to(settings.hosts[0].1, &loses);
    settings.memory = Some(memory.clone());
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(2)).await;
    loses.store(true, Ordering::SeqCst);
    let leaving = &crowd(1)[0].address;
    store.unsubscribe(leaving, SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    assert!(!loses.load(Ordering::SeqCst), "its answer was lost");
    let shown = direct.epoch().await.unwrap();
    until("it is remembered", async || memory.is(shown)).await;
}
