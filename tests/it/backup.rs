//! `backup` and `restore`: a copy while mail leaves, and a store that sends nothing until someone says so.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::fixture::{BASE, Fixture, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, edition_status};

const SUNDAY: &str = "2026-11-29T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const TUESDAY: &str = "2026-12-01T08:00:00Z";

/// An empty place with the same configuration, and the backup in it.
fn elsewhere(fixture: &Fixture) -> Fixture {
    let config = fs::read_to_string(fixture.path("config.toml")).unwrap();
    let other = Fixture::new("");
    other.write("config.toml", &config);
    fs::copy(fixture.path("backup.db"), other.path("backup.db")).unwrap();
    other
}

#[test]
fn a_backup_in_the_middle_of_sending_loses_nobody() {
    let relay = Oracle::start();
    let first = behind_relay(relay.port, 400, "rate_per_second = 150\n");
    let mut sending = first.spawn(SEND, "log");
    until("a quarter has left", || relay.count() >= 100);
    first.run(&["backup", "backup.db"]).exits(0).says("holds addresses and keys");
    assert!(relay.count() < 400, "the backup was made after all had left");
    assert_eq!(sending.ends(), 0);
    let mode = fs::metadata(first.path("backup.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = relay.taken();

    let second = elsewhere(&first);
    second.run(&["restore", "backup.db"]).exits(0).says("Nothing is sent until you run `fortnightly release`");
    let (queued, state, attention) = edition_status(&second, "queued");
    assert_eq!(state, "held", "{attention}");
    assert!(queued > 0 && attention.contains("same mail again"), "{attention}");
    let status = second.run(&["status", "--json"]).exits(0).json();
    let held = status["editions"].as_array().unwrap().iter().find(|e| e["deliveries"]["total"] != 0).unwrap();
    let edition = held["edition"].to_string();
    for refused in [vec!["send", "--edition", &edition], vec!["release", &edition], vec!["approve", &edition]] {
        second.run(&refused).exits(1);
    }
    assert_eq!(relay.count(), 400, "a restored store sent something");
    // A person's hold outlasts the release.
    second.run(&["hold", &edition, "--reason", "half of it went out"]).exits(0);
    second.run(&["release"]).exits(0).says("sends again");
    assert_eq!(edition_status(&second, "queued").1, "held");
    second.run(&["release", &edition]).exits(0);
    second.run(&["release"]).exits(0).says("it was neither restored");
    second.run(&["send", "--edition", &edition]).exits(0);
    assert_eq!(edition_status(&second, "accepted").0, 400);
    let after = relay.taken();
    let repeated = after.values().filter(|mails| mails.len() > 1).count() as u64;
    assert_eq!(repeated, queued, "what was accepted before the backup is not sent again");
    for (address, mails) in &after {
        assert!(mails.iter().all(|mail| *mail == before[address][0]), "{address} got something else");
    }
}

#[test]
fn with_hold_what_waited_becomes_uncertain() {
    let relay = Oracle::with(&[("RCPT TO:<s1@", "450 4.2.0 later")]);
    let first = behind_relay(relay.port, 3, "on_uncertain = \"hold\"\n");
    first.run(SEND).exits(1);
    for held_before in [false, true] {
        if held_before {
            let status = first.run(&["status", "--json"]).exits(0).json();
            let all = status["editions"].as_array().unwrap();
            let sending = all.iter().find(|e| e["state"] == "sending").unwrap();
            first.run(&["hold", &sending["edition"].to_string()]).exits(0);
        }
        first.run(&["backup", "backup.db", "--force"]).exits(0);
        let second = elsewhere(&first);
        second.run(&["restore", "backup.db"]).exits(0);
        second.run(&["release"]).exits(0);
        assert_eq!(edition_status(&second, "uncertain").0, 1, "held before: {held_before}");
        assert_eq!(edition_status(&second, "uncertain").1, "sent");
    }
}

#[test]
fn an_edition_that_went_out_after_the_backup_waits_for_the_operator() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SUNDAY, &["sync"]).exits(0);
    fixture.at(SUNDAY, &["backup", "backup.db"]).exits(0);
    fixture.at(SUNDAY, &["backup", "backup.db"]).exits(1).complains("--force");
    for ours in ["var/fortnightly.db", "var/secret", "config.toml"] {
        fixture.at(SUNDAY, &["backup", "--force", ours]).exits(1).complains("in use by this service");
    }
    fixture.at(MONDAY, &["send"]).exits(0);
    let sent = fixture.mails().len();
    fixture.at(MONDAY, &["backup", "later.db"]).exits(0);
    let restored = fixture.at(TUESDAY, &["restore", "backup.db"]).exits(0);
    assert!(restored.stdout.contains("before-restore-"), "{}", restored.stdout);
    // The daemon and a person both find it held, and it stays so.
    fixture.at(TUESDAY, &["send"]).exits(1);
    let status = fixture.at(TUESDAY, &["status"]).exits(0).stdout;
    assert!(status.contains("has fallen due since then") && status.contains("restored store"), "{status}");
    fixture.at(TUESDAY, &["send", "--late"]).exits(1).complains("fortnightly release");
    assert_eq!(fixture.mails().len(), sent);
    let edition = fixture.at(TUESDAY, &["status", "--json"]).json();
    let held = edition["editions"].as_array().unwrap().iter().find(|e| e["state"] == "held").unwrap();
    fixture.at(TUESDAY, &["withdraw", &held["edition"].to_string()]).exits(0);
    fixture.at(TUESDAY, &["release"]).exits(0);
    fixture.at(TUESDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), sent, "everyone got it twice");
    // Back to what was known on Monday: everything was sent, and what was in the way is kept again.
    fixture.at("2026-12-01T09:00:00Z", &["restore", "later.db"]).exits(0);
    fixture.at("2026-12-01T09:00:00Z", &["release"]).exits(0);
    fixture.at("2026-12-01T09:00:00Z", &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), sent);
    let kept = fs::read_dir(fixture.path("var")).unwrap().flatten();
    assert_eq!(kept.filter(|file| file.file_name().to_string_lossy().contains("before-restore")).count(), 2);
}

#[test]
fn what_is_no_whole_backup_of_ours_is_refused_and_nothing_changes() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.run(&["backup", "backup.db"]).exits(1).complains("nothing to back up");
    fixture.at(MONDAY, &["send"]).exits(0);
    fixture.run(&["backup", "backup.db"]).exits(0);
    let whole = fs::read(fixture.path("backup.db")).unwrap();
    fs::write(fixture.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    fixture.write(
        "text.db",
        "not a database at all, but long enough to be looked at as one, one would think. ".repeat(20).as_str(),
    );
    fixture.write("empty.db", "");
    fs::copy(fixture.path("var/fortnightly.db"), fixture.path("plain.db")).unwrap();
    fs::write(fixture.path("newer.db"), &whole).unwrap();
    rusqlite::Connection::open(fixture.path("newer.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let before = fixture.fingerprint();
    for (file, why) in [
        ("cut.db", "damaged"),
        ("text.db", "not a Fortnightly database"),
        ("empty.db", "not a Fortnightly database"),
        ("plain.db", "no backup"),
        ("newer.db", "newer Fortnightly"),
        ("missing.db", "no such file"),
    ] {
        fixture.at(MONDAY, &["restore", file]).exits(1).complains(why);
    }
    assert_eq!(fixture.fingerprint(), before);
    fixture.run(&["backup", "missing/backup.db"]).exits(1).complains("missing/backup.db");
}

#[test]
fn a_store_in_use_is_not_replaced() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SUNDAY, &["sync"]).exits(0);
    fixture.run(&["backup", "backup.db"]).exits(0);
    let mut daemon = fixture.spawn(&["-v", "--now", SUNDAY, "run"], "log");
    until("the daemon runs", || fixture.log().contains("listening"));
    fixture.at(SUNDAY, &["restore", "backup.db"]).exits(1).complains("is in use");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    fixture.at(SUNDAY, &["restore", "backup.db"]).exits(0);
    let shown = fixture.at(SUNDAY, &["status", "--json"]).exits(0).json();
    assert_eq!(shown["subscribers"]["active"], 3);
}

#[test]
fn a_journal_that_was_left_behind_spoils_nothing() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(SUNDAY, &["sync"]).exits(0);
    fixture.run(&["backup", "backup.db"]).exits(0);
    // The store was removed by hand, and its journal, with something newer in it, forgotten.
    let db = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    db.execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE meta SET value = 'spoilt'").unwrap();
    fs::copy(fixture.path("var/fortnightly.db-wal"), fixture.path("wal")).unwrap();
    drop(db);
    fs::remove_file(fixture.path("var/fortnightly.db")).unwrap();
    fs::copy(fixture.path("wal"), fixture.path("var/fortnightly.db-wal")).unwrap();
    fixture.at(SUNDAY, &["restore", "backup.db"]).exits(0);
    fixture.at(SUNDAY, &["release"]).exits(0);
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
}
