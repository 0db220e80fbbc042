//! Commits and pages whose answers are lost: it is found out whether they were made, and what they raised is known.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};
use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::{AttemptResult, Nodes as _, Outbox as _, Step};

use super::desk::Desk as _;
use super::hasher;
use super::samples::{SEVEN, at, claim, crowd, id, mark, send_out, state};
use super::set_back::{Memory, until};
use crate::support::postgres::fresh;

/// What is lost once it is to be: the next statement with this word, or only its answer.
#[derive(Clone, Copy)]
struct Loss {
    word: &'static str,
    arrives: bool,
}

/// A way to the server on this port, on which that may be lost.
fn way_to(server: u16, loses: &Arc<AtomicBool>, Loss { word, arrives }: Loss) -> u16 {
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
                    let is_meant = octets.windows(word.len()).any(|octets| octets == word.as_bytes());
                    if is_meant && loses.swap(false, Ordering::SeqCst) {
                        lost.store(true, Ordering::SeqCst);
                        return arrives;
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
    settings.hosts[0].1 = way_to(settings.hosts[0].1, &loses, Loss { word: "COMMIT", arrives: true });
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

/// A page of a sender is one statement. If its answer is lost, what was sent is recorded, and what was to be marked is put back, since
/// it isn't known how long the lease lasts; if the statement is lost, it is done again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_written_once_whatever_is_lost_of_it() {
    for arrives in [true, false] {
        let mut settings = fresh().unwrap();
        let loses = Arc::<AtomicBool>::default();
        settings.hosts[0].1 = way_to(settings.hosts[0].1, &loses, Loss { word: "FROM write_page", arrives });
        let store = PostgresStore::open(&settings, hasher()).await.unwrap();
        send_out(&store, &crowd(2)).await;
        assert_eq!(claim(&store, 2, 2).await.len(), 2);
        assert!(mark(&store, id(1)).await);
        let accepted = Outcome::Accepted(Reply { code: Some(250), text: String::new() });
        let result = AttemptResult { id: id(1), outcome: accepted, at: at(3), retry_at: None };
        loses.store(true, Ordering::SeqCst);
        let steps = Arc::from([Step { result: Some(result), mark: Some(id(2)) }]);
        let marked = store.record_and_mark(&steps).await.unwrap().remove(0).unwrap();
        assert!(!loses.load(Ordering::SeqCst), "it was lost");
        assert_eq!(marked, !arrives);
        let left = if arrives { DeliveryState::Queued } else { DeliveryState::InFlight };
        assert_eq!((state(&store, id(1)).await, state(&store, id(2)).await), (DeliveryState::Accepted, left));
        assert_eq!(store.tally(SEVEN).await.unwrap().accepted, 1);
    }
}
