//! Bulletins that are being sent make way for editions, and go on afterwards: in the daemon, and where `send` runs from cron.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND_WARNING, WARNING, WARNING_TEXT, with_connections};

const EARLY: &str = "2026-11-30T06:30:00Z";
const WITHIN: &str = "2026-11-30T07:10:00Z";
const DUE: &str = "2026-11-30T08:00:00Z";

/// Every mail to many of this service: how many were accepted, of the edition that was published and of the bulletin.
fn accepted(fixture: &Fixture) -> (u64, u64) {
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let of = |kind: &str| {
        status[kind].as_array().unwrap().iter().map(|one| one["deliveries"]["accepted"].as_u64().unwrap()).sum()
    };
    (of("editions"), of("bulletins"))
}

/// The real clock decides here: one that speaks SMTP can't be pretended.
#[test]
fn the_first_mail_of_an_edition_leaves_on_time_although_a_bulletin_is_being_sent() {
    let is_slow = Arc::new(AtomicBool::new(true));
    let slow = Arc::clone(&is_slow);
    let oracle = Oracle::deciding(move |said| {
        if said.line == "DOT" && slow.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(400));
        }
        None
    });
    let fixture = with_connections(oracle.port, 24, 1, "");
    fixture.write(WARNING, WARNING_TEXT);
    let mut run = fixture.spawn(SEND_WARNING, "log");
    until("some of the bulletin has left", || oracle.count() >= 2);
    run.signal("-TERM");
    run.ends();
    let due: DateTime<Utc> = Utc::now() + TimeDelta::seconds(4);
    let schedule = format!(
        "[schedule]\non_closed_day = \"send\"\ntimezone = \"UTC\"\nsend_at = {}\nanchor = {}\n",
        due.format("%H:%M:%S"),
        due.format("%Y-%m-%d")
    );
    fixture.edit("config.toml", "[schedule]\nanchor = 2026-09-07\n", &schedule);
    let _daemon = fixture.spawn(&["run", "--role", "sender"], "daemon.log");
    let before = oracle.count();
    until("a mail leaves", || oracle.count() > before);
    let late = Utc::now() - due;
    until("it is known that it left", || accepted(&fixture) != (0, u64::try_from(before).unwrap()));
    let (of_edition, of_bulletin) = accepted(&fixture);
    assert!(
        of_edition > 0 && of_bulletin == u64::try_from(before).unwrap(),
        "{of_edition} and {of_bulletin} have left"
    );
    assert!(late > TimeDelta::zero() && late < TimeDelta::seconds(10), "{late}");
    is_slow.store(false, Ordering::Relaxed);
    until("the bulletin has gone on", || accepted(&fixture) == (24, 24));
    assert!(oracle.taken().values().all(|hashes| hashes.len() == 2), "one of each for everyone");
}

/// A bulletin for four mailboxes of which some have left.
fn half_sent() -> Fixture {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\nrate_per_second = 1\n{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    let mut run = fixture.spawn(&["--now", EARLY, "bulletin", "warning", "--yes"], "log");
    until("some of it has left", || fixture.mail_count() >= 1);
    run.signal("-TERM");
    run.ends();
    assert!(fixture.mail_count() < 4, "{}", fixture.log());
    fixture
}

#[test]
fn what_is_left_of_it_waits_from_an_hour_before_an_edition_until_that_has_gone_out() {
    let fixture = half_sent();
    let before = fixture.mail_count();
    fixture.at(WITHIN, &["send"]).exits(0).complains("Bulletin warning goes on once edition 7 has gone out");
    assert_eq!(fixture.mail_count(), before);
    let sent = fixture.at(DUE, &["send"]).exits(0);
    let edition = sent.stdout.find("Edition 7: 4 mails").unwrap();
    assert!(sent.stdout.find("Bulletin warning: 4 mails").unwrap() > edition, "{}", sent.stdout);
    assert_eq!(fixture.mail_count(), 8);
}

#[test]
fn send_goes_on_with_it_where_no_daemon_runs() {
    let fixture = half_sent();
    fixture.at(EARLY, &["send", "--edition", "next"]).exits(2);
    assert!(fixture.mail_count() < 4, "an edition was asked for");
    let told = fixture.at(EARLY, &["send", "--json"]).exits(0);
    let line: Value = serde_json::from_str(told.stdout.lines().last().unwrap()).unwrap();
    assert!(line["edition"].is_null() && told.stdout.lines().count() == 1, "{}", told.stdout);
    told.complains("Bulletin warning: 4 mails, 4 accepted");
    assert_eq!(fixture.mail_count(), 4);
}

#[test]
fn send_finishes_it_while_the_library_has_errors() {
    let fixture = half_sent();
    fixture.write("activities/bulletins/other.md", "no front matter");
    fixture.at(EARLY, &["send"]).exits(0).complains("Bulletin warning was published before this went wrong");
    assert_eq!(fixture.mail_count(), 4);
    fixture.at(EARLY, &["send"]).exits(1);
}

#[test]
fn nothing_begins_that_would_not_be_done_an_hour_before_an_edition() {
    let fixture = Fixture::new(&format!("{BASE}\n[mail]\nrate_per_second = 1\n{}", three()));
    fixture.write(WARNING, WARNING_TEXT);
    let now = "2026-11-30T06:59:58Z";
    fixture
        .at(now, &["bulletin", "warning", "--yes"])
        .exits(1)
        .complains("the last mails of bulletin warning would leave");
    assert_eq!(fixture.mail_count(), 0);
    fixture.at(now, &["bulletin", "warning", "--yes", "--beside-edition"]).exits(0);
    assert_eq!(fixture.mail_count(), 4);
}
