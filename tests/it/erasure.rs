//! Erasing a person and forgetting what is old, through the binary; the bytes of the files are the witness.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::fixture::{BASE, Fixture, entry, three, until};
use crate::support::oracle::Oracle;
use crate::support::sending::SEND;

const SUNDAY: &str = "2026-11-29T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const JANE: &str = "Jane.Miller@Home.example";

/// The files below `var/` (and a backup) that have one of these words, in any mixture of capitals.
fn traces(fixture: &Fixture, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["fortnightly.db", "fortnightly.db-wal", "fortnightly.db-shm", "../backup.db", "../log"] {
        let bytes = fs::read(fixture.path("var").join(name)).unwrap_or_default().to_ascii_lowercase();
        for word in words {
            if memchr::memmem::find(&bytes, word.to_ascii_lowercase().as_bytes()).is_some() {
                found.push(format!("{name} has {word}"));
            }
        }
    }
    found
}

/// A fixture in which Jane is among so many, and the relay names everyone in what it says.
fn crowd(relay: &Oracle, others: usize) -> Fixture {
    let mail = format!("\n[mail]\ntransport = \"smtp://127.0.0.1:{}\"\ntls = \"none\"\n", relay.port);
    let fixture = Fixture::new(&format!("{BASE}{mail}"));
    let rows: String = (0..others).map(|n| format!("School {n},school,s{n}@school.example,4-5,,,\n")).collect();
    fixture.write(
        "list.csv",
        &format!("name,sector,email,bands,ages,locale,urn\nJane the Childminder,other,{JANE},4-5,,,\n{rows}"),
    );
    fixture.run(&["subscribers", "import", "list.csv"]).exits(0);
    fixture
}

fn reader(path: &Path) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("BEGIN; SELECT count(*) FROM meta;").unwrap();
    conn.query_row("SELECT count(*) FROM recipients", [], |row| row.get::<_, i64>(0)).unwrap();
    conn
}

#[test]
fn nothing_of_an_erased_person_is_left_in_store_journal_log_or_backup() {
    let relay = Oracle::with(&[("RCPT TO:<Jane", "450 4.2.0 <Jane.Miller@home.example> is greylisted, try later")]);
    let fixture = crowd(&relay, 300);
    fixture.run(SEND).exits(1);
    let words = ["jane.miller", "home.example", "Jane the Childminder"];
    fixture.run(&["backup", "backup.db"]).exits(0);
    assert!(traces(&fixture, &words).len() >= 6, "the control: {:?}", traces(&fixture, &words));
    let mut daemon = fixture.spawn(&["-vv", "run"], "log");
    let log = || fixture.log();
    until("the daemon runs", || log().contains("listening"));
    let ran = fixture.run(&["subscribers", "erase", "JANE.miller@home.EXAMPLE", "--yes"]).exits(0);
    ran.says("1 subscription, which ends");
    ran.says("1 reply of the mail server");
    ran.says("1 name of a subscriber that had no other mailbox");
    ran.says("the relay's logs and queue");
    assert!(!ran.stdout.contains("old pages"), "{}", ran.stdout);
    fs::remove_file(fixture.path("backup.db")).unwrap();
    fixture.run(&["backup", "backup.db"]).exits(0);
    assert_eq!(traces(&fixture, &words), Vec::<String>::new(), "while the daemon runs");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(traces(&fixture, &words), Vec::<String>::new(), "and when it has ended");
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let sent = status["editions"].as_array().unwrap().iter().find(|e| e["deliveries"]["total"] == 301).unwrap();
    let counts = &sent["deliveries"];
    assert_eq!((&counts["accepted"], &counts["suppressed"]), (&json!(300), &json!(1)), "{counts}");
    assert_eq!(relay.taken().len(), 300);
}

#[test]
fn whom_a_reader_keeps_in_the_journal_the_next_run_removes() {
    let relay = Oracle::start();
    let fixture = crowd(&relay, 5);
    let words = ["jane.miller", "Childminder"];
    let held = reader(&fixture.path("var/fortnightly.db"));
    fixture.run(&["subscribers", "erase", JANE, "--yes"]).exits(0).says("Other programs were at work on the store");
    assert!(!traces(&fixture, &words).is_empty(), "the reader still sees it");
    // Whoever closes a store as the last one empties its journal, too: here someone still has it open.
    let idle = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    idle.query_row("SELECT count(*) FROM meta", [], |row| row.get::<_, i64>(0)).unwrap();
    drop(held);
    assert!(!traces(&fixture, &words).is_empty(), "nobody has emptied the journal");
    // The daemon finishes it by itself.
    let mut daemon = fixture.spawn(&["run"], "log");
    until("the daemon has emptied the journal", || traces(&fixture, &words).is_empty());
    until("the daemon runs", || fixture.log().contains("listening"));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    fixture.run(&["subscribers", "erase", JANE]).exits(0).says("was erased before");
    assert_eq!(traces(&fixture, &words), Vec::<String>::new());
}

#[test]
fn what_an_older_version_left_in_free_pages_goes_too() {
    let relay = Oracle::start();
    let fixture = crowd(&relay, 50);
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    store.execute_batch("PRAGMA secure_delete = OFF").unwrap();
    for _ in 0..500 {
        let insert = "INSERT INTO audit (at, actor, action, subject, detail) VALUES (0, 'x', 'x', 'gone', ?1)";
        store.execute(insert, [JANE]).unwrap();
    }
    store.execute_batch("DELETE FROM audit WHERE subject = 'gone'; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    // The file is rebuilt for that, and mail on its way would have to wait.
    let sending = "INSERT INTO editions (number, state, date, due_at, theme, theme_reason)
                   VALUES (1, 'sending', '2026-09-07', 1, '', 'never-used')";
    store.execute(sending, []).unwrap();
    drop(store);
    fixture.run(&["subscribers", "erase", JANE, "--yes"]).exits(0).says("no edition is being sent");
    assert!(!traces(&fixture, &["jane.miller"]).is_empty(), "not while an edition is being sent");
    let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    store.execute("DELETE FROM editions WHERE number = 1", []).unwrap();
    drop(store);
    let mut daemon = fixture.spawn(&["run"], "log");
    until("the daemon has rebuilt the store", || traces(&fixture, &["jane.miller"]).is_empty());
    until("the daemon runs", || fixture.log().contains("listening"));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    assert_eq!(traces(&fixture, &["jane.miller"]), Vec::<String>::new());
}

#[test]
fn erasing_asks_says_what_stays_and_is_for_good() {
    let jane = entry("Jane the Childminder", "other", &format!("\"{JANE}\""), "[\"4-5\"]");
    let fixture = Fixture::new(&format!("{BASE}{}{jane}", three()));
    let line = fs::read_to_string(fixture.path("config.toml")).unwrap();
    let line = 1 + line.lines().position(|l| l.contains("Childminder")).unwrap() - 1;
    let named = format!("config.toml:{line} still names it: remove it there");
    let unknown = fixture.at(SUNDAY, &["subscribers", "erase", JANE, "--yes"]).exits(1);
    unknown.complains("nothing is known of");
    unknown.complains(&named);
    assert!(!fixture.path("var").exists(), "something was written");
    fixture.at(SUNDAY, &["sync"]).exits(0);
    let before = fixture.fingerprint();
    fixture.at(SUNDAY, &["subscribers", "erase", JANE, "--dry-run"]).exits(0).complains("1 subscription, which ends");
    assert_eq!(fixture.fingerprint(), before);
    let answer = fixture.at(SUNDAY, &["subscribers", "erase", JANE, "--yes", "--json"]).exits(0).json();
    assert_eq!(
        (&answer["mailbox"], &answer["before"], &answer["gone_from_disk"]),
        (&json!(true), &json!(false), &json!(true))
    );
    assert_eq!((&answer["removed"]["subscriptions"], &answer["removed"]["names"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!(answer["named_in_config"], json!(line));
    assert!(answer["stays"].as_str().unwrap().contains("keyed hash"));
    let again = fixture.at(SUNDAY, &["subscribers", "erase", JANE, "--json"]).exits(0).json();
    assert_eq!((&again["mailbox"], &again["before"]), (&json!(false), &json!(true)));
    // Neither the file nor a list nor the command line brings her back; each says so.
    let synced = fixture.at(SUNDAY, &["sync"]).exits(0);
    synced.says(&format!("not brought back: {JANE} (unsubscribed): remove it in config.toml:{line}"));
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\nJane,other,{JANE},4-5,,,\n"));
    fixture.at(SUNDAY, &["subscribers", "import", "list.csv"]).exits(0).says("1 kept out");
    fixture.at(SUNDAY, &["subscribe", "--name", "Jane", "--email", JANE, "--bands", "4-5"]).exits(1);
    assert_eq!(traces(&fixture, &["jane.miller", "Childminder"]), Vec::<String>::new());
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.mails().len(), 4);
    let suppressions = fixture.at(SUNDAY, &["suppressions", "list", "--json"]).exits(0).json();
    assert_eq!((&suppressions[0]["address"], &suppressions[0]["reason"]), (&json!(null), &json!("unsubscribed")));
    fixture.at(SUNDAY, &["subscribers", "show", JANE]).exits(1).complains("all that is held is a keyed hash");
    fixture.at(SUNDAY, &["subscribers", "show", "nobody@home.example"]).exits(1);
    fixture.at(SUNDAY, &["suppressions", "add", "x@home.example"]).exits(0);
    fixture
        .at(SUNDAY, &["subscribers", "show", "x@home.example"])
        .exits(0)
        .says("never mailed (operator), since 2026-11-29");
    fixture.at(SUNDAY, &["subscribers", "erase", "x@home.example", "--yes"]).exits(0);
    assert_eq!(traces(&fixture, &["x@home.example"]), Vec::<String>::new());
}

#[test]
fn retention_is_what_the_config_says() {
    // The mails leave on 30 November, and Jane's entry is gone on the day after.
    let jane = entry("Jane the Childminder", "other", &format!("\"{JANE}\""), "[\"4-5\"]");
    let retention = "\n[retention]\nattempts = \"30d\"\nended = \"10d\"\n";
    for (now, attempts, known) in [
        ("2026-12-11T07:58:00Z", 1, true),
        ("2026-12-11T08:00:01Z", 1, false),
        ("2026-12-30T07:58:00Z", 1, false),
        ("2026-12-30T08:00:01Z", 0, false),
    ] {
        let fixture = Fixture::new(&format!("{BASE}{retention}{}{jane}", three()));
        fixture.at(MONDAY, &["send"]).exits(0);
        fixture.write("config.toml", &format!("{BASE}{retention}{}", three()));
        fixture.at("2026-12-01T08:00:00Z", &["sync"]).exits(0);
        let mut daemon = fixture.spawn(&["--now", now, "run", "--role", "sender"], "log");
        let tidied = || {
            let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
            let query = "SELECT count(*) FROM meta WHERE key = 'tidied' AND value > '1796200000000'";
            store.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() > 0
        };
        until("the daemon has tidied", tidied);
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), 0);
        let shown = fixture.at(now, &["subscribers", "show", "office@hillside.example", "--json"]).exits(0).json();
        let kept = shown["mailboxes"][0]["held"]["deliveries"][0]["attempts"].as_array().unwrap().len();
        assert_eq!(kept, attempts, "{now}");
        assert_eq!(
            traces(&fixture, &["jane.miller"]).is_empty(),
            !known,
            "{now}: {:?}",
            traces(&fixture, &["jane.miller"])
        );
        let status = fixture.at(now, &["status", "--edition", "7", "--json"]).exits(0).json();
        let counts = &status["editions"][0]["deliveries"];
        assert_eq!((&counts["total"], &counts["accepted"]), (&json!(5), &json!(5)));
    }
}

#[test]
fn where_no_daemon_runs_sending_forgets_what_is_old() {
    let fixture = Fixture::new(&format!("{BASE}\n[retention]\nattempts = \"1d\"\n{}", three()));
    let attempts = || {
        let store = rusqlite::Connection::open(fixture.path("var/fortnightly.db")).unwrap();
        let query = "SELECT coalesce(group_concat(DISTINCT mailing), '') FROM attempts";
        store.query_row(query, [], |row| row.get::<_, String>(0)).unwrap()
    };
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(attempts(), "7");
    fixture.at("2026-12-14T08:00:00Z", &["send"]).exits(0);
    assert_eq!(attempts(), "8", "those of today stay");
}
