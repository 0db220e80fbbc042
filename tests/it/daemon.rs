//! The daemon: told to stop in the middle, started late, started again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use crate::support::fixture::{BASE, Fixture, entry, until};

const MANY: usize = 2_000;

/// Mailbox → the Message-IDs that it got.
fn received(fixture: &Fixture) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in fs::read_dir(fixture.path("var/mail/new")).unwrap() {
        let raw = fs::read_to_string(file.unwrap().path()).unwrap();
        let header = |name: &str| raw.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        all.entry(header("To: ")).or_default().push(header("Message-ID: "));
    }
    all
}

#[test]
fn told_to_stop_it_leaves_the_rest_queued() {
    let many: String = (0..MANY)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"s{n}@school.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{many}"));
    let mut daemon = fixture.spawn(&["--now", "2026-11-30T08:00:00Z", "run", "--role", "sender"], "log");
    until("some mail is there", || fixture.mail_count() >= 20);
    let told = Instant::now();
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert!(told.elapsed() < Duration::from_secs(15), "it took {:?}", told.elapsed());
    let sent = fixture.mail_count();
    assert!(sent < MANY, "everything was sent before it was told");
    let status = fixture.at("2026-11-30T08:01:00Z", &["status", "--edition", "7", "--json"]).exits(0).json();
    let seven = &status["editions"][0];
    let deliveries = &seven["deliveries"];
    assert_eq!((&seven["state"], &deliveries["total"]), (&"sending".into(), &MANY.into()));
    assert_eq!((&deliveries["accepted"], &deliveries["queued"]), (&sent.into(), &(MANY - sent).into()), "{deliveries}");
    fixture.at("2026-11-30T08:02:00Z", &["send"]).exits(0);
    let received = received(&fixture);
    assert_eq!(received.len(), MANY);
    assert!(received.values().all(|mails| mails.len() == 1), "someone got two mails");
}

#[test]
fn started_late_within_grace_it_sends_at_once_and_a_restart_repeats_nothing() {
    let fixture = Fixture::shipped();
    let mut daemon = fixture.spawn(&["--now", "2026-12-02T21:30:00Z", "run"], "log");
    until("the mail is there", || fixture.mail_count() == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    // It looks once at its start, and then at the moment of edition 8: only that one is added.
    let mut daemon = fixture.spawn(&["--now", "2026-12-14T07:59:58Z", "run"], "log");
    until("the next mail is there", || fixture.mail_count() >= 8);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    let received = received(&fixture);
    assert_eq!(received.len(), 4);
    for (mailbox, mails) in &received {
        assert_eq!((mails.len(), mails.iter().collect::<BTreeSet<_>>().len()), (2, 2), "{mailbox}: {mails:?}");
    }
    let status = fixture.at("2026-12-14T09:00:00Z", &["status", "--json"]).exits(0).json();
    let sent = status["editions"].as_array().unwrap().iter().filter(|edition| edition["state"] == "sent").count();
    assert_eq!(sent, 2, "{status}");
}

#[test]
fn started_beyond_grace_it_holds_and_says_so() {
    let fixture = Fixture::shipped();
    let mut daemon = fixture.spawn(&["--now", "2026-12-03T08:00:01Z", "run"], "log");
    let status = || fixture.at("2026-12-03T09:00:00Z", &["status", "--edition", "7", "--json"]).json_or_nothing();
    until("the edition is held", || status()["editions"][0]["state"] == "held");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(fixture.mail_count(), 0);
    let log = fixture.log();
    assert!(log.contains("held") && log.contains("edition=7") && log.contains("send --late"), "{log}");
    let attention = status()["attention"].to_string();
    assert!(attention.contains("edition 7 is held") && attention.contains("send --late"), "{attention}");
}
