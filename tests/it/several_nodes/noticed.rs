//! What one process decides, the others notice well before their next turn: told by the database, or asked for where a pooler keeps that
//! back.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::{LONG, nodes, start};
use crate::support::fixture::{Fixture, until};
use crate::support::oracle::{Oracle, Said};
use crate::support::postgres::bouncer::PgBouncer;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, edition_status};

/// Far less than the minute between two turns of a daemon, and enough for a machine that is busy with other tests.
const WELL_BEFORE_ITS_TURN: Duration = Duration::from_secs(20);

/// Longer than a daemon's turn takes, and much shorter than the minute between two.
const A_WHILE: Duration = Duration::from_secs(3);

/// When each MAIL came.
type Mails = Arc<Mutex<Vec<Instant>>>;

fn that_notes_mails() -> (Oracle, Mails) {
    let mails = Mails::default();
    let noted = Arc::clone(&mails);
    let oracle = Oracle::deciding(move |said: &Said<'_>| {
        if said.line.starts_with("MAIL") {
            noted.lock().unwrap().push(Instant::now());
        }
        None
    });
    (oracle, mails)
}

fn last(mails: &Mails) -> Instant {
    *mails.lock().unwrap().last().unwrap()
}

/// The number of the edition that some mails of are sent.
fn number(node: &Fixture) -> String {
    let status = node.run(&["status", "--json"]).exits(0).json();
    let editions = status["editions"].as_array().unwrap();
    editions.iter().find(|edition| edition["deliveries"]["total"] != 0).unwrap()["edition"].to_string()
}

/// A daemon that waits for its next turn, while another process holds and releases an edition.
fn a_daemon_goes_on_and_stops(url: &str) -> Fixture {
    let (oracle, mails) = that_notes_mails();
    let [node, other] = nodes(2, url, oracle.port, 400, "rate_per_second = 20").try_into().ok().unwrap();
    for node in [&node, &other] {
        node.nothing_due();
    }
    let mut send = start(&other, SEND);
    until("it is being sent", || oracle.count() >= 5);
    let number = number(&other);
    other.run(&["hold", &number]).exits(0);
    send.ends();
    let daemon = start(&node, &["-v", "run", "--role", "sender"]);
    until("the daemon waits", || node.log().contains("running") && node.log().contains("next"));
    // Whatever it did at its start is done.
    thread::sleep(A_WHILE);
    for _ in 0..2 {
        let begun = Instant::now();
        other.run(&["release", &number]).exits(0);
        let released = Instant::now();
        until("it goes on", || last(&mails) > begun);
        let first = *mails.lock().unwrap().iter().find(|at| **at > begun).unwrap();
        let took = first.saturating_duration_since(released);
        eprintln!("released, it went on after {took:?}");
        assert!(took < WELL_BEFORE_ITS_TURN, "it went on after {took:?}:\n{}", node.log());
        other.run(&["hold", &number]).exits(0);
        let held = Instant::now();
        thread::sleep(A_WHILE);
        assert!(last(&mails) < held, "a mail left {:?} after the hold", last(&mails) - held);
    }
    assert_eq!(edition_status(&other, "accepted").1, "held");
    drop(daemon);
    node
}

#[test]
fn a_daemon_that_waits_notices_what_others_decide() {
    let Some(cluster) = Cluster::start() else { return };
    let node = a_daemon_goes_on_and_stops(&cluster.url());
    assert!(!node.log().contains("once a second"), "{}", node.log());
}

#[test]
fn a_daemon_behind_pgbouncer_asks_for_what_others_decide() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    let node = a_daemon_goes_on_and_stops(&bouncer.url());
    assert!(node.log().contains("once a second"), "{}", node.log());
}

/// An edition that waits for its approval leaves once it has it, and doesn't wait for the next turn.
#[test]
fn a_daemon_that_waits_sends_what_is_approved_elsewhere() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let nodes = nodes(2, &cluster.url(), oracle.port, 5, "");
    for node in &nodes {
        let relay = format!("transport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\n", oracle.port);
        node.edit("config.toml", &relay, "");
        node.edit("config.toml", "[schedule]", "[schedule]\napproval = \"required\"");
    }
    let [node, other] = nodes.try_into().ok().unwrap();
    let daemon = start(&node, &["-v", "--now", "2026-11-30T08:01:00Z", "run"]);
    until("it waits for the approval", || {
        let status = other.at("2026-11-30T08:02:00Z", &["status", "--edition", "7", "--json"]).json_or_nothing();
        status["editions"][0]["state"] == "held"
    });
    thread::sleep(A_WHILE);
    other.at("2026-11-30T08:02:00Z", &["approve", "7"]).exits(0);
    let approved = Instant::now();
    until("it is sent", || node.mail_count() == 5);
    let took = approved.elapsed();
    eprintln!("approved, it was sent after {took:?}");
    assert!(took < WELL_BEFORE_ITS_TURN, "it was sent after {took:?}:\n{}", node.log());
    drop(daemon);
}

/// A run that another process began is joined.
#[test]
fn daemons_that_wait_join_a_run_that_begins_elsewhere() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    // More than one takes in hand at once.
    let nodes = nodes(3, &cluster.url(), oracle.port, 1_500, "rate_per_second = 300");
    nodes.iter().for_each(Fixture::nothing_due);
    let daemons: Vec<_> = nodes[..2].iter().map(|node| start(node, &["run", "--role", "sender"])).collect();
    for node in &nodes[..2] {
        until("the daemon waits", || node.log().contains("next"));
    }
    let mut send = start(&nodes[2], SEND);
    assert_eq!(send.ends_within(LONG), 0, "{}", nodes[2].log());
    assert_eq!((oracle.count(), oracle.taken().len()), (1_500, 1_500));
    cluster.holds("(SELECT count(DISTINCT node) = 3 FROM accepted_counts WHERE count > 0)");
    drop(daemons);
}
