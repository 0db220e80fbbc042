//! A database with something foreign in its schema does not become the store, nor go on as one.

use std::fs;

use rusqlite::Connection;

use crate::support::fixture::Fixture;

const SUNDAY: &str = "2026-11-29T12:00:00Z";

/// What someone may have put into a database, and what it is called there.
const FOREIGN: &[(&str, &str)] = &[
    ("CREATE TRIGGER undo AFTER INSERT ON suppressions BEGIN DELETE FROM suppressions; END", "trigger undo"),
    ("CREATE TRIGGER undo AFTER DELETE ON meta BEGIN DELETE FROM suppressions; END", "trigger undo"),
    ("CREATE VIEW mine AS SELECT * FROM recipients", "view mine"),
    ("CREATE TABLE mine (x)", "table mine"),
    ("CREATE INDEX mine ON recipients (id)", "index mine"),
    ("DROP INDEX audit_subject", "index audit_subject"),
    ("ALTER TABLE audit ADD COLUMN mine TEXT", "table audit"),
    (
        "ALTER TABLE suppressions RENAME TO s; CREATE VIEW suppressions AS SELECT * FROM s WHERE 0",
        "index suppressions_listed",
    ),
    (
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'meta'",
        "table meta",
    ),
];

fn backed_up() -> Fixture {
    let fixture = Fixture::shipped();
    fixture.at(SUNDAY, &["sync"]).exits(0);
    fixture.at(SUNDAY, &["suppressions", "add", "office@hillside.example"]).exits(0);
    fixture.at(SUNDAY, &["backup", "backup.db"]).exits(0);
    fixture
}

fn change(fixture: &Fixture, file: &str, sql: &str) {
    Connection::open(fixture.path(file)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_backup_with_a_foreign_schema_is_refused_and_nothing_changes() {
    let fixture = backed_up();
    let whole = fs::read(fixture.path("backup.db")).unwrap();
    for (sql, name) in FOREIGN {
        fs::write(fixture.path("foreign.db"), &whole).unwrap();
        change(&fixture, "foreign.db", sql);
        let before = fixture.fingerprint();
        let ran = fixture.at(SUNDAY, &["restore", "foreign.db"]).exits(1);
        ran.complains(name);
        ran.complains("foreign.db");
        assert_eq!(fixture.fingerprint(), before, "{sql}");
    }
    // ANALYZE leaves tables of SQLite's own.
    change(&fixture, "backup.db", "ANALYZE");
    fixture.at(SUNDAY, &["restore", "backup.db"]).exits(0);
    fixture.at(SUNDAY, &["suppressions", "list"]).exits(0).says("office@hillside.example");
}

#[test]
fn a_store_with_a_foreign_trigger_is_not_used() {
    let fixture = backed_up();
    change(&fixture, "var/fortnightly.db", FOREIGN[0].0);
    for command in [&["send"][..], &["run"], &["status"], &["unsubscribe", "x@y.example"], &["backup", "more.db"]] {
        let ran = fixture.at(SUNDAY, command).exits(1);
        ran.complains("trigger undo");
        ran.complains("var/fortnightly.db");
    }
    change(&fixture, "var/fortnightly.db", "DROP TRIGGER undo");
    fixture.at(SUNDAY, &["suppressions", "list"]).exits(0).says("office@hillside.example");
}
