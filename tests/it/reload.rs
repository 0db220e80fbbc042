//! A running daemon and its files: what is right takes force, what is wrong is reported and changes nothing.

use std::fs;

use crate::support::fixture::{Fixture, Running, entry, until};

fn config(fixture: &Fixture) -> String {
    fs::read_to_string(fixture.path("config.toml")).unwrap()
}

/// Started well before the next edition; the time of sending is what a reload moves.
fn daemon(fixture: &Fixture) -> Running {
    let daemon = fixture.spawn(&["--now", "2026-11-30T07:00:00Z", "run"], "log");
    until("the daemon runs", || fixture.log().contains("listening"));
    daemon
}

fn read_again(fixture: &Fixture) -> usize {
    fixture.log().matches("were read again").count()
}

#[test]
fn a_changed_config_takes_force_without_a_restart() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    let newcomer = entry("Newcomer", "school", "\"new@newcomer.example\"", "[\"4-5\"]");
    let earlier = config(&fixture).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    fixture.write("config.toml", &format!("{earlier}{newcomer}"));
    until("all five mails are there", || fixture.mail_count() == 5);
    assert!(fixture.log().contains("were read again"), "{}", fixture.log());
    assert!(!fixture.log().contains("newcomer.example"), "an address is in the log");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_wrong_file_is_reported_once_and_the_old_ones_stay_in_force() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    let right = config(&fixture);
    fixture.write("config.toml", &right.replace("anchor", "anchr"));
    until("it is reported", || fixture.log().contains("anchr"));
    assert!(fixture.log().contains("the old ones stay in force"), "{}", fixture.log());
    daemon.signal("-HUP");
    until("told again, it says it again", || fixture.log().matches("the old ones stay in force").count() == 2);
    let theme = "activities/kindness/theme.md";
    let text = fs::read_to_string(fixture.path(theme)).unwrap();
    fixture.write("config.toml", &right);
    fixture.write(theme, "no front matter");
    until("the library is reported", || fixture.log().contains("kindness/theme.md"));
    // Mended, it is in force again.
    fixture.write(theme, &text);
    fixture.write("config.toml", &right.replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n"));
    until("the mails are there", || fixture.mail_count() == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_hangup_reads_the_files_again_and_ends_nothing() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    daemon.signal("-HUP");
    until("they were read again", || read_again(&fixture) == 1);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_file_that_is_being_written_is_no_error() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    let whole = config(&fixture).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    // A slow writer: every state in between is broken.
    let mut written = 0;
    until("the config is written", || {
        written = (written + 12).min(whole.len());
        fixture.write("config.toml", &whole[..written]);
        written == whole.len()
    });
    until("the mails are there", || fixture.mail_count() == 4);
    let log = fixture.log();
    assert!(!log.contains("wrong"), "{log}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn what_only_a_restart_can_change_is_named_and_kept() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    let moved = config(&fixture)
        .replace("[schedule]\n", "[store]\nurl = \"sqlite:other.db\"\n\n[schedule]\nsend_at = 07:00:00\n");
    fixture.write("config.toml", &moved);
    until("the mails are there", || fixture.mail_count() == 4);
    assert!(fixture.log().contains("store.url was changed"), "{}", fixture.log());
    assert!(!fixture.path("other.db").exists());
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_wrong_reload_logs_no_address() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    let right = config(&fixture);
    let twice = entry("Again", "school", "\"office@hillside.example\"", "[\"4-5\"]");
    let slip = entry("Slip", "school", "\"Jane Doe <jane@hillside.example>\"", "[\"4-5\"]");
    fixture.write("config.toml", &format!("{right}{twice}{slip}{slip}"));
    until("it is reported", || fixture.log().contains("the old ones stay in force"));
    until("every finding is there", || fixture.log().contains("config.toml:"));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    for secret in ["hillside.example", "Jane", "office@"] {
        assert!(!fixture.log().contains(secret), "the log names {secret}: {}", fixture.log());
    }
}

#[test]
fn a_store_that_is_locked_during_a_reload_is_waited_for() {
    let fixture = Fixture::shipped();
    let mut daemon = daemon(&fixture);
    until("the store is there", || fixture.path("var/fortnightly.db").exists());
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    let newcomer = entry("Newcomer", "school", "\"new@newcomer.example\"", "[\"4-5\"]");
    let earlier = config(&fixture).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    fixture.write("config.toml", &format!("{earlier}{newcomer}"));
    until("it says that it waits", || fixture.log().contains("later: "));
    assert!(!fixture.log().contains("are wrong"), "{}", fixture.log());
    store.execute_batch("ROLLBACK").unwrap();
    until("all five mails are there", || fixture.mail_count() == 5);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}
