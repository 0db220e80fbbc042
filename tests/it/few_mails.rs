//! A run opens no more connections than there are mails for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::fixture::until;
use crate::support::oracle::{Oracle, Said};
use crate::support::sending::{SEND, edition_status, with_connections};

/// How many connections a relay had since `before` lines.
fn connections(relay: &Oracle, before: usize) -> usize {
    relay.heard()[before..].iter().filter(|line| line.starts_with("EHLO")).count()
}

#[test]
fn a_few_mails_need_a_few_connections() {
    for mailboxes in [1, 3] {
        let relay = Oracle::start();
        let fixture = with_connections(relay.port, mailboxes, 8, "");
        fixture.run(SEND).exits(0);
        assert_eq!(relay.count(), mailboxes);
        let opened = connections(&relay, 0);
        assert!((1..=mailboxes).contains(&opened), "{opened} connections for {mailboxes} mails");
    }
}

#[test]
fn what_is_left_of_many_needs_a_few_and_many_need_all() {
    let (met, is_later) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(true)));
    let later = Arc::clone(&is_later);
    let relay = Oracle::deciding(move |said: &Said<'_>| {
        match said.line {
            "GREET" => _ = met.fetch_add(1, Ordering::SeqCst),
            // The first worker goes ahead with one mail; from then on each waits until all are there.
            "DOT" if said.mails > 0 => until("all have come", || met.load(Ordering::SeqCst) >= 8),
            _ => {}
        }
        let is_later = said.line.starts_with("RCPT TO:<s7@") && later.load(Ordering::SeqCst);
        is_later.then_some("450 4.2.0 later")
    });
    let fixture = with_connections(relay.port, 60, 8, "");
    fixture.run(SEND).exits(1);
    assert_eq!(edition_status(&fixture, "deferred").0, 1);
    let before = relay.heard().len();
    assert!(connections(&relay, 0) >= 8, "{}", connections(&relay, 0));
    let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    db.execute("UPDATE deliveries SET next_at = 0 WHERE next_at IS NOT NULL", []).unwrap();
    drop(db);
    is_later.store(false, Ordering::SeqCst);
    fixture.run(SEND).exits(0);
    assert_eq!((relay.count(), connections(&relay, before)), (60, 1));
}
