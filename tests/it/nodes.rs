//! Several processes on one database: whoever is there is shown, and what one leaves another sends.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::fixture::{Fixture, Running, until};
use crate::support::oracle::{Oracle, Said};
use crate::support::postgres::fresh;
use crate::support::sending::{SEND, edition_status, with_connections};

const RECIPIENTS: usize = 120;

/// How long the lease of one lasts that is killed or paused, in milliseconds.
const LEASE: &str = "1500";

/// And that of a daemon that only has to renew it now and then, however busy the machine is with other tests.
const LEASE_OF_A_DAEMON: &str = "9000";

/// A fixture with a store of its own in the database; two connections to the relay on `port`.
fn on_postgres(port: u16, mail: &str) -> Fixture {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    with_connections(port, RECIPIENTS, 2, &format!("{mail}\n[store]\nurl = \"{url}\"\n"))
}

fn start(fixture: &Fixture, arguments: &[&str], log: &str) -> Running {
    let mut command = fixture.command(arguments);
    let lease = if arguments[0] == "run" { LEASE_OF_A_DAEMON } else { LEASE };
    command.env("FORTNIGHTLY_LEASE_MILLIS", lease).stdout(Stdio::null());
    Running(command.stderr(fs::File::create(fixture.path(log)).unwrap()).spawn().unwrap())
}

fn nodes(fixture: &Fixture) -> Vec<Value> {
    let nodes = fixture.run(&["nodes", "--json"]).exits(0).json();
    nodes.as_array().unwrap().clone()
}

fn roles(fixture: &Fixture) -> Vec<String> {
    nodes(fixture).iter().map(|node| node["role"].as_str().unwrap().to_owned()).collect()
}

/// A relay that keeps its first two connections waiting at their sixth mail, until they are gone.
fn that_holds_the_first(is_over: &Arc<AtomicBool>) -> Oracle {
    let is_over = Arc::clone(is_over);
    Oracle::deciding(move |said: &Said<'_>| {
        while said.line == "DOT" && said.connection < 2 && said.mails >= 5 && !is_over.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    })
}

/// Everyone got it; a second time only what was at a dot of the killed one.
#[track_caller]
fn all_got_it(fixture: &Fixture, relay: &Oracle) {
    assert_eq!(relay.taken().len(), RECIPIENTS);
    let repeats = relay.count() - RECIPIENTS;
    assert!(repeats <= 4, "{repeats} repeats");
    assert_eq!(edition_status(fixture, "accepted").0, RECIPIENTS as u64);
}

#[test]
fn another_takes_up_what_a_killed_one_left_while_it_sends() {
    let is_over = Arc::new(AtomicBool::new(false));
    let relay = that_holds_the_first(&is_over);
    let fixture = on_postgres(relay.port, "rate_per_second = 10");
    let mut one = start(&fixture, SEND, "one");
    until("the first is held up", || relay.count() >= 8 && nodes(&fixture)[0]["in_hand"].as_u64() > Some(0));
    let mut two = start(&fixture, SEND, "two");
    until("both are at work", || roles(&fixture) == ["send", "send"]);
    one.0.kill().unwrap();
    is_over.store(true, Ordering::SeqCst);
    until("its lease is over", || nodes(&fixture).len() == 1 || nodes(&fixture)[0]["gone"] == true);
    until("what it had in hand is taken up", || nodes(&fixture).len() == 1);
    assert!(two.0.try_wait().unwrap().is_none(), "in the course of the run: {}", fixture.log());
    assert_eq!(two.ends(), 0, "{}", fs::read_to_string(fixture.path("two")).unwrap());
    all_got_it(&fixture, &relay);
    assert_eq!(nodes(&fixture), [] as [Value; 0], "it signed off");
}

/// It is stopped for longer than its lease, and what it has in hand is another's when it goes on.
#[test]
fn one_that_was_paused_leaves_what_is_not_its_own_any_more_and_goes_on() {
    let relay = Oracle::start();
    let fixture = on_postgres(relay.port, "rate_per_second = 8");
    let mut one = start(&fixture, SEND, "one");
    until("it has begun", || relay.count() >= 8);
    let number = nodes(&fixture)[0]["node"].clone();
    one.signal("-STOP");
    let mut two = start(&fixture, SEND, "two");
    until("what it had in hand is taken up", || roles(&fixture) == ["send"] && nodes(&fixture)[0]["node"] != number);
    one.signal("-CONT");
    for (run, log) in [(&mut one, "one"), (&mut two, "two")] {
        let code = run.ends();
        assert_eq!(code, 0, "{log}: {}", fs::read_to_string(fixture.path(log)).unwrap());
    }
    all_got_it(&fixture, &relay);
}

#[test]
fn daemons_show_what_they_are_and_one_sends_what_a_command_left() {
    let is_over = Arc::new(AtomicBool::new(false));
    let relay = that_holds_the_first(&is_over);
    let fixture = on_postgres(relay.port, "");
    let mut sender = start(&fixture, &["run", "--role", "sender"], "sender");
    until("the sender is there", || roles(&fixture) == ["sender"]);
    let mut web = start(&fixture, &["run", "--role", "web"], "web");
    until("both are there", || roles(&fixture) == ["sender", "web"]);
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let entry = &status["nodes"][1];
    assert_eq!((&entry["version"], &entry["gone"]), (&json!(env!("CARGO_PKG_VERSION")), &json!(false)));
    assert_eq!(entry["in_hand"], 0);
    assert!(entry["seen_at"].as_str() >= entry["started_at"].as_str(), "{entry}");
    fixture.run(&["nodes"]).exits(0).says("web");
    fixture.run(&["status"]).exits(0).says("(web)");
    let mut send = start(&fixture, SEND, "send");
    until("it is held up", || relay.count() >= 8 && roles(&fixture).len() == 3);
    send.0.kill().unwrap();
    is_over.store(true, Ordering::SeqCst);
    until("the daemon has sent what was left", || relay.taken().len() == RECIPIENTS);
    until("all is recorded", || edition_status(&fixture, "accepted").0 == RECIPIENTS as u64);
    all_got_it(&fixture, &relay);
    // Theirs were renewed again and again meanwhile.
    until("the killed one is gone", || roles(&fixture) == ["sender", "web"]);
    for daemon in [&mut sender, &mut web] {
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), 0);
    }
    assert_eq!(roles(&fixture), [] as [&str; 0]);
}

#[test]
fn a_file_has_no_nodes() {
    let fixture = Fixture::shipped();
    assert_eq!(fixture.run(&["nodes", "--json"]).exits(0).json(), json!([]));
    fixture.run(&["nodes"]).exits(0).says("The store is a file");
    assert_eq!(fixture.run(&["status", "--json"]).exits(0).json()["nodes"], json!([]));
}
