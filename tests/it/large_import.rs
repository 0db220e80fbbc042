//! An import of more rows than are written at once: nobody waits for the whole, it can be completed, and it says what it does.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::support::fixture::{BASE, Fixture, Running, entry, three, until};
use crate::support::http::{ask, daemon};

const NOW: &str = "2026-11-25T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";
const HEADER: &str = "name,sector,email,bands,ages,locale,urn\n";
/// How many rows are written at once.
const PART: i64 = 1_000;

/// So many schools with one mailbox each.
fn schools(count: usize) -> String {
    (0..count).fold(HEADER.to_owned(), |mut text, n| {
        writeln!(text, "School {n},school,office@s{n}.example,4-5,,,").unwrap();
        text
    })
}

fn import(fixture: &Fixture, text: &str, more: &[&str]) -> crate::support::fixture::Ran {
    fixture.write("roster.csv", text);
    fixture.at(NOW, &[&["subscribers", "import", "roster.csv"], more].concat())
}

fn start_import(fixture: &Fixture, text: &str) -> Running {
    fixture.write("roster.csv", text);
    fixture.spawn(&["--now", NOW, "subscribers", "import", "roster.csv"], "import.log")
}

/// A connection that only looks.
fn looker(fixture: &Fixture) -> Connection {
    let path = fixture.path("var/fortnightly.db");
    until("a store", || path.exists());
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn imported(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM recipients", [], |row| row.get(0)).unwrap_or_default()
}

fn audit(fixture: &Fixture) -> Vec<String> {
    let status = fixture.at(NOW, &["status", "--audit", "--json"]).exits(0).json();
    let line = |row: &Value| {
        ["actor", "action", "subject", "detail"].map(|key| row[key].as_str().unwrap().to_owned()).join(" ")
    };
    status["audit"].as_array().unwrap().iter().map(line).filter(|line| !line.contains(" begin ")).collect()
}

#[test]
fn an_import_that_changes_nothing_writes_nothing() {
    let fixture = Fixture::new(BASE);
    let rows = schools(2_500);
    import(&fixture, &rows, &[]).exits(0).says("2500 added");
    let figures = "2500 added, 0 updated, 0 unchanged, 0 kept out";
    assert_eq!(audit(&fixture), [format!("import import mailing list {figures}")], "one line for all");
    let before = fs::read(fixture.path("var/fortnightly.db")).unwrap();
    import(&fixture, &rows, &[]).exits(0).says("0 added, 0 updated, 2500 unchanged");
    assert!(fs::read(fixture.path("var/fortnightly.db")).unwrap() == before, "the store was written");
    // Who was there and changed has a line of their own, and they alone.
    let other =
        rows.replacen("office@s7.example,4-5", "office@s7.example,5-7", 1).replacen("School 8,", "School Eight,", 1);
    import(&fixture, &other, &[]).exits(0).says("0 added, 2 updated, 2498 unchanged");
    let expected = [
        "import update recipient 8 bands 5-7",
        "import rename subscriber 9 it was called School 8",
        "import update subscriber 9 School Eight",
        "import import mailing list 0 added, 2 updated, 2498 unchanged, 0 kept out",
    ];
    assert_eq!(audit(&fixture)[1..], expected);
    // Whose choice its bands are is known all the same.
    let held = fixture.at(NOW, &["subscribers", "show", "office@s3.example", "--json"]).exits(0).json();
    assert_eq!(held["mailboxes"][0]["chosen_by"], "import");
}

#[test]
fn leaving_is_answered_while_many_are_imported() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    fixture.at(MONDAY, &["send"]).exits(0);
    let mails = fixture.mails();
    let path = mails.iter().find(|mail| mail.to == "hello@lantern.example").unwrap().path("/u/");
    let (_daemon, port) = daemon(&fixture);
    let conn = looker(&fixture);
    let mut running = start_import(&fixture, &schools(30_000));
    until("the first part", || imported(&conn) > PART);
    let mut answered = 0;
    while running.0.try_wait().unwrap().is_none() {
        let before = imported(&conn);
        let (head, _) = ask(port, "POST", &path, "List-Unsubscribe=One-Click");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        // Whoever waits is let in between two parts, if not always between the next two.
        let parts = (imported(&conn) - before) / PART;
        assert!(parts <= 8, "{parts} parts were written before someone could leave");
        answered += 1;
    }
    assert_eq!(running.ends(), 0);
    assert!(answered > 3, "only {answered} could leave meanwhile");
    assert_eq!(imported(&conn), 30_000 + 4);
}

#[test]
fn an_import_that_was_killed_is_completed_by_the_same_file() {
    let fixture = Fixture::new(BASE);
    let rows = schools(20_000);
    let mut running = start_import(&fixture, &rows);
    let conn = looker(&fixture);
    until("some parts", || imported(&conn) > 2 * PART);
    running.signal("-KILL");
    running.0.wait().unwrap();
    let done = imported(&conn);
    assert!(done < 20_000 && done % PART == 0, "{done}");
    let so_far = format!("import import mailing list {done} added, 0 updated, 0 unchanged, 0 kept out");
    assert_eq!(audit(&fixture), [so_far], "one line, of what is done");
    let waits = "an import of 20000 rows that began on 2026-11-25 at 12:00 UTC did not finish";
    let attention = || fixture.at(NOW, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(attention().contains(waits), "{}", attention());
    // Another file says nothing of it, nor does it take the note away.
    import(&fixture, &format!("{HEADER}Moor,school,office@moor.example,4-5,,,\n"), &[]).exits(0).says("1 added");
    let figures = format!("{} added, 0 updated, {done} unchanged", 20_000 - done);
    let completes = "an import of the same file that began on 2026-11-25 at 12:00 UTC and broke off";
    let look = import(&fixture, &rows, &["--dry-run"]).exits(0);
    look.says(&figures);
    look.says(&format!("This would complete {completes}"));
    let ran = import(&fixture, &rows, &[]).exits(0);
    ran.says(&figures);
    ran.says(&format!("This completes {completes}"));
    assert!(!attention().contains("import"), "{}", attention());
    let again = import(&fixture, &rows, &[]).exits(0);
    again.says("0 added, 0 updated, 20000 unchanged");
    assert!(!again.stdout.contains("complete"), "{}", again.stdout);
}

#[test]
fn a_dry_run_says_what_the_import_does_however_far_apart_its_rows_are() {
    let config = format!("{BASE}{}", entry("Hillside", "school", "\"office@hillside.example\"", "[\"4-5\"]"));
    let fixture = Fixture::new(&config);
    fixture.at(NOW, &["unsubscribe", "office@s1700.example"]).exits(0);
    let two =
        "Vale,school,a@vale.example,4-5,,,\nVale,school,b@vale.example,4-5,,,77\nMoor,school,c@moor.example,4-5,,,77\n";
    import(&fixture, &format!("{HEADER}{two}"), &[]).exits(0).says("3 added");
    // The first of a subscriber's mailboxes renames it; to the second, a part later, that is nothing new.
    let renamed = "Vale Hall,school,b@vale.example,4-5,,,77\n";
    let far = "Vale Hall,charity,c@moor.example,4-5 5-7,,,77\nHillside Hall,school,office@hillside.example,5-7,,,\n\
               School 3,school,office@s3.example,14+,,,\nNew,school,n@moor.example,4-5,,,77\n";
    let rows = format!("{HEADER}{renamed}{}{far}", schools(2_500).strip_prefix(HEADER).unwrap());
    let look = import(&fixture, &rows, &["--dry-run", "--json"]).exits(0);
    let done = import(&fixture, &rows, &["--json"]).exits(0);
    assert_eq!(look.stderr, done.stderr);
    let (mut look, done) = (look.json(), done.json());
    assert_eq!((&look["added"], &look["updated"], &look["left"]), (&2_500.into(), &3.into(), &1.into()), "{look:#}");
    look["applied"] = true.into();
    assert!(look == done, "they differ");
}

#[test]
fn of_two_syncs_at_once_each_subscriber_is_made_once() {
    let entries: String = (0..3_000)
        .map(|n| entry(&format!("School {n}"), "school", &format!("\"office@s{n}.example\""), "[\"4-5\"]"))
        .collect();
    let fixture = Fixture::new(&format!("{BASE}{entries}"));
    fixture.at(NOW, &["unsubscribe", "nobody@s0.example"]).exits(0);
    let sync = || fixture.at(NOW, &["sync"]).exits(0).stdout;
    let told = thread::scope(|scope| [scope.spawn(sync), scope.spawn(sync)].map(|one| one.join().unwrap()).concat());
    assert_eq!(told.lines().filter(|line| line.starts_with("new: ")).count(), 3_000, "each says what it did");
    let status = fixture.at(NOW, &["status", "--json"]).exits(0).json();
    assert_eq!(status["subscribers"]["active"], 3_000);
    let list = fixture.at(NOW, &["subscribers", "list", "--json"]).exits(0).json();
    assert_eq!(list.as_array().unwrap().len(), 3_000);
    let figures = "subscribers: 3000 new, 0 updated; mailboxes: 3000 subscribed, 0 with other bands, 0 ended";
    let lines = audit(&fixture);
    let syncs: Vec<_> = lines.iter().filter(|line| line.contains(" sync ")).collect();
    assert!(syncs.len() == 1 || syncs.len() == 2, "{syncs:?}");
    assert!(lines.len() == syncs.len() + 1 && (syncs.len() == 2 || syncs[0].contains(figures)), "{lines:?}");
    let before = fs::read(fixture.path("var/fortnightly.db")).unwrap();
    fixture.at(NOW, &["sync"]).exits(0).says("nothing to change");
    assert!(fs::read(fixture.path("var/fortnightly.db")).unwrap() == before, "the store was written");
}

/// What is planned is out of date whenever it is about to be carried out: a sync tries a few times, and says so.
#[test]
fn a_sync_whose_list_never_holds_still_gives_up() {
    let fixture = Fixture::new(&format!("{BASE}{}", entry("Hill", "school", "\"office@hill.example\"", "[\"4-5\"]")));
    fixture.at(NOW, &["sync"]).exits(0);
    let (conn, is_over) = (Connection::open(fixture.path("var/fortnightly.db")).unwrap(), &AtomicBool::new(false));
    conn.busy_timeout(Duration::from_secs(20)).unwrap();
    let gave_up = thread::scope(|scope| {
        // Whoever plans meanwhile sees the last number, and whoever then waits for the lock finds the next.
        scope.spawn(move || {
            for number in 0.. {
                conn.execute_batch("BEGIN IMMEDIATE").unwrap();
                thread::sleep(Duration::from_millis(20));
                conn.execute("UPDATE subscribers SET urn = ?1", [number.to_string()]).unwrap();
                conn.execute_batch("COMMIT").unwrap();
                thread::sleep(Duration::from_millis(1));
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        // Where it comes between two of them, it gets through.
        let gave_up = (0..30).any(|_| {
            let ran = fixture.at(NOW, &["sync"]);
            ran.code == 1 && ran.stderr.contains("other programs keep changing the mailing list")
        });
        is_over.store(true, Ordering::SeqCst);
        gave_up
    });
    assert!(gave_up, "it got through every time, or waited for ever");
    fixture.at(NOW, &["sync"]).exits(0).says("updated: Hill");
}

/// A store in which the subscriber of this number cannot be made, as another has it.
fn with_taken(fixture: &Fixture, number: i64) {
    let row = format!("{HEADER}Moor,school,office@moor.example,4-5,,,\n");
    import(fixture, &row, &[]).exits(0);
    let take = format!(
        "INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at)
             SELECT {number}, name_id, sector, locale, origin, created_at FROM subscribers;
         UPDATE sqlite_sequence SET seq = 1 WHERE name = 'subscribers';"
    );
    Connection::open(fixture.path("var/fortnightly.db")).unwrap().execute_batch(&take).unwrap();
}

/// Lets that number be given.
fn give(fixture: &Fixture, number: i64) {
    let conn = Connection::open(fixture.path("var/fortnightly.db")).unwrap();
    assert_eq!(conn.execute("DELETE FROM subscribers WHERE id = ?1", [number]).unwrap(), 1);
}

#[test]
fn an_import_that_fails_in_the_middle_says_how_far_it_came() {
    let fixture = Fixture::new(BASE);
    with_taken(&fixture, 1_500);
    let rows = schools(2_500);
    let broke = import(&fixture, &rows, &["--json"]).exits(1);
    let says =
        "1000 of the 2500 rows of roster.csv were imported before that; import the same file again to complete it";
    broke.complains(says);
    let json = broke.json();
    assert_eq!((&json["added"], json["changes"].as_array().unwrap().len()), (&1_000.into(), 1_000));
    assert!(json["error"].as_str().unwrap().contains(says), "{}", json["error"]);
    let again = import(&fixture, &schools(1_600).replace("@s0.", "@t."), &[]).exits(1);
    again.complains("1000 of the 1600 rows");
    let attention = fixture.at(NOW, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(
        attention.contains("an import of 2500 rows") && attention.contains("an import of 1600 rows"),
        "{attention}"
    );
    give(&fixture, 1_500);
    // As many rows or more, up to the end: whatever broke off before is settled.
    let done = import(&fixture, &rows, &[]).exits(0);
    done.says("1500 added, 0 updated, 1000 unchanged");
    done.says("This completes an import of the same file");
    let attention = fixture.at(NOW, &["status", "--json"]).exits(0).json()["attention"].to_string();
    assert!(!attention.contains("an import of"), "{attention}");
}

#[test]
fn a_sync_that_is_cut_off_leaves_no_subscriber_without_a_mailbox() {
    // Three changes each, so that the thousandth is a subscriber whose mailboxes come after it.
    let mailboxes = |n: usize| format!("[\"a@s{n}.example\", \"b@s{n}.example\"]");
    let entries: String =
        (0..900).map(|n| entry(&format!("School {n}"), "school", &mailboxes(n), "[\"4-5\"]")).collect();
    let fixture = Fixture::new(BASE);
    with_taken(&fixture, 500);
    fixture.write("config.toml", &format!("{BASE}{entries}"));
    fixture.at(NOW, &["sync"]).exits(1);
    let conn = looker(&fixture);
    let number = |query: &str| conn.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM subscribers WHERE origin = 0"), 334);
    assert_eq!(number("SELECT count(*) FROM subscriptions WHERE origin = 0"), 668);
    let lines = audit(&fixture);
    let so_far = "config sync mailing list subscribers: 334 new, 0 updated; mailboxes: 668 subscribed";
    assert!(lines.iter().any(|line| line.starts_with(so_far)), "{lines:?}");
    give(&fixture, 500);
    fixture.at(NOW, &["sync"]).exits(0);
    let status = fixture.at(NOW, &["status", "--json"]).exits(0).json();
    assert_eq!((&status["subscribers"]["active"], number("SELECT count(*) FROM subscribers")), (&901.into(), 901));
}
