//! A store that is removed, replaced or damaged under a running daemon: it says so, keeps nothing that would be lost, and
//! does not let strangers fill its log.

use std::fs;
use std::os::unix::fs::FileExt as _;

use crate::support::fixture::{Fixture, until};
use crate::support::http::{ask, daemon};

const MONDAY: &str = "2026-11-30T08:00:00Z";

/// A service that has sent an edition, and the path of a link to leave.
fn sent() -> (Fixture, String) {
    let fixture = Fixture::shipped();
    fixture.at(MONDAY, &["send"]).exits(0);
    let path = fixture.mails().remove(0).path("/u/");
    (fixture, path)
}

#[test]
fn who_wants_to_leave_is_not_told_so_when_it_would_be_lost() {
    for what in ["removed", "replaced", "the journal removed", "linked elsewhere"] {
        let (fixture, path) = sent();
        let (_daemon, port) = daemon(&fixture);
        let (store, away) = (fixture.path("var/fortnightly.db"), fixture.path("away"));
        match what {
            "removed" => fs::rename(fixture.path("var"), &away).unwrap(),
            "the journal removed" => fs::rename(fixture.path("var/fortnightly.db-wal"), &away).unwrap(),
            "replaced" => {
                fs::copy(&store, &away).unwrap();
                fs::rename(&away, &store).unwrap();
            }
            _ => {
                fs::rename(&store, &away).unwrap();
                std::os::unix::fs::symlink("elsewhere.db", &store).unwrap();
            }
        }
        for form in ["", "List-Unsubscribe=One-Click"] {
            let (head, body) = ask(port, "POST", &path, form);
            assert!(head.starts_with("http/1.1 503"), "{what}: {head}");
            assert!(body.contains("Nothing was changed"), "{what}: {body}");
        }
        let log = fixture.log();
        assert!(log.contains("removed or replaced while it was in use"), "{what}: {log}");
        assert!(log.contains("put the right file back"), "{what}: {log}");
    }
}

#[test]
fn a_store_that_comes_back_is_used_again() {
    let (fixture, path) = sent();
    let (_daemon, port) = daemon(&fixture);
    fs::rename(fixture.path("var"), fixture.path("away")).unwrap();
    assert!(ask(port, "POST", &path, "").0.starts_with("http/1.1 503"));
    until("the old one is back", || {
        let _ = fs::remove_dir_all(fixture.path("var"));
        fs::rename(fixture.path("away"), fixture.path("var")).is_ok()
    });
    assert!(ask(port, "POST", &path, "").0.starts_with("http/1.1 200"));
    let list = fixture.at(MONDAY, &["suppressions", "list"]).exits(0).stdout;
    assert_eq!(list.lines().count(), 1, "{list}");
}

/// Writes over the page in which a table begins.
fn damage(fixture: &Fixture, table: &str) {
    let store = fixture.path("var/fortnightly.db");
    let db = rusqlite::Connection::open(&store).unwrap();
    let number = |sql: &str, of: &[&str]| -> u32 {
        db.query_row(sql, rusqlite::params_from_iter(of), |row| row.get(0)).unwrap()
    };
    let size = u64::from(number("PRAGMA page_size", &[]));
    let page = u64::from(number("SELECT rootpage FROM sqlite_schema WHERE name = ?1", &[table]));
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(db);
    let noise = vec![0xFF; usize::try_from(size).unwrap()];
    fs::File::options().write(true).open(&store).unwrap().write_all_at(&noise, (page - 1) * size).unwrap();
}

#[test]
fn strangers_cannot_fill_the_log() {
    let (fixture, path) = sent();
    damage(&fixture, "edition_texts");
    let (_daemon, port) = daemon(&fixture);
    for _ in 0..50 {
        assert!(ask(port, "GET", "/", "").0.starts_with("http/1.1 503"));
    }
    fs::rename(fixture.path("var"), fixture.path("away")).unwrap();
    for _ in 0..50 {
        assert!(ask(port, "POST", &path, "").0.starts_with("http/1.1 503"));
    }
    let lines = || fixture.log().lines().filter(|line| line.contains("a page could not be answered")).count();
    until("the log says so", || lines() > 0);
    assert!((1..=3).contains(&lines()), "{} lines", lines());
}

#[test]
fn a_daemon_whose_store_another_version_took_over_writes_nothing_more_and_ends() {
    let (fixture, path) = sent();
    let (mut daemon, port) = daemon(&fixture);
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    let ours: i64 = store.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    // What the next version's first command does, and so that whatever would be written finds its table.
    store.pragma_update(None, "user_version", ours + 1).unwrap();
    let (head, body) = ask(port, "POST", &path, "List-Unsubscribe=One-Click");
    assert!(head.starts_with("http/1.1 503") && body.contains("Nothing was changed"), "{head} {body}");
    let says = format!("to its schema {} while this program, which works with schema {ours}", ours + 1);
    // A line of the log is on its way for a moment after the answer.
    until("the log says so", || fixture.log().contains(&says) && fixture.log().contains("start that version"));
    assert_eq!(daemon.ends(), 1, "whoever starts it again starts the new one: {}", fixture.log());
    let left: i64 = store.query_row("SELECT count(*) FROM suppressions", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "it was written by old rules");
}
