//! People leave while a store is moved: whoever was told that they have left has left the store that is live afterwards.

use std::io::Read as _;
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use super::{TUESDAY, lives_at, service};
use crate::support::fixture::{Fixture, Running};
use crate::support::http::{port, send};
use crate::support::postgres::cluster::Cluster;

/// The store, which was moved to the database, and a node that shows its pages.
fn on_postgres(cluster: &Cluster) -> (Fixture, Running, u16) {
    let fixture = service(30);
    fixture.at(TUESDAY, &["move", "--to", &cluster.url()]).exits(0);
    lives_at(&fixture, &cluster.url());
    let web = fixture.spawn(&["-v", "--now", TUESDAY, "run", "--role", "web"], "log");
    let port = port(&fixture);
    (fixture, web, port)
}

/// Leaves by one click (RFC 8058), in the background: whether the answer was yes.
fn click(fixture: &Fixture, port: u16, address: &str) -> JoinHandle<bool> {
    let mails = fixture.mails();
    let path = mails.iter().find(|mail| mail.to == address).unwrap().path("/u/");
    let mut stream: TcpStream = send(port, "POST", &path, "List-Unsubscribe=One-Click");
    thread::spawn(move || {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
    })
}

/// Whether the live store knows that someone has left.
fn has_left(fixture: &Fixture, address: &str) -> bool {
    let shown = fixture.at(TUESDAY, &["subscribers", "show", address, "--json"]).exits(0).json();
    shown.to_string().contains("unsubscribed")
}

#[test]
fn what_is_asked_before_the_old_store_is_left_is_refused_or_moves_along() {
    let Some(cluster) = Cluster::start() else { return };
    let (fixture, _web, port) = on_postgres(&cluster);
    let hold = cluster.hold("LOCK TABLE store IN SHARE MODE");
    let mut moves = fixture.spawn(&["--now", TUESDAY, "move", "--to", "sqlite:var/back.db"], "move.log");
    // All is copied and compared, and the old store is about to be left.
    cluster.until("count(*) = 1 FROM pg_locks WHERE relation = 'store'::regclass AND NOT granted");
    let clicked = ["s3@school.example", "s4@school.example"].map(|address| (address, click(&fixture, port, address)));
    let mut commanded = fixture.spawn(&["--now", TUESDAY, "unsubscribe", "s5@school.example"], "command.log");
    cluster.until("count(*) = 4 FROM pg_locks WHERE NOT granted");
    drop(hold);
    assert_eq!(moves.ends(), 0);
    lives_at(&fixture, "sqlite:var/back.db");
    for (address, answer) in clicked {
        assert!(!answer.join().unwrap() || has_left(&fixture, address), "{address} was told so and has not left");
    }
    assert!(commanded.ends() != 0 || has_left(&fixture, "s5@school.example"), "the command says so, and it is not so");
}

#[test]
fn what_had_begun_before_is_waited_for_and_moves_along() {
    let Some(cluster) = Cluster::start() else { return };
    let (fixture, _web, port) = on_postgres(&cluster);
    let hold = cluster.hold("SELECT 1 FROM recipients FOR UPDATE");
    let answer = click(&fixture, port, "s3@school.example");
    cluster.until("count(*) = 1 FROM pg_locks WHERE NOT granted");
    let mut moves = fixture.spawn(&["--now", TUESDAY, "move", "--to", "sqlite:var/back.db"], "move.log");
    cluster.until("count(*) = 1 FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND NOT granted");
    drop(hold);
    assert!(answer.join().unwrap());
    assert_eq!(moves.ends(), 0);
    lives_at(&fixture, "sqlite:var/back.db");
    assert!(has_left(&fixture, "s3@school.example"));
}
