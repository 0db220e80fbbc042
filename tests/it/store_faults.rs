//! A store or key file that cannot be used: a clear error before anything is written or sent.

use std::fs;

use rusqlite::Connection;

use crate::support::fixture::Fixture;

const MONDAY: &str = "2026-11-30T08:00:00Z";
const STORE: &str = "var/fortnightly.db";

/// A fixture whose store knows four mailboxes and has sent nothing.
fn synced() -> Fixture {
    let fixture = Fixture::shipped();
    fixture.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    fixture
}

/// Every command that reads or changes the store fails, names the file and what to do, and changes nothing.
#[track_caller]
fn refused(fixture: &Fixture, place: &str, says: &str, todo: &str) {
    let before = fixture.fingerprint();
    let commands: [&[&str]; 7] = [
        &["send"],
        &["sync"],
        &["run", "--role", "sender"],
        &["unsubscribe", "office@hillside.example"],
        &["status"],
        &["plan"],
        &["send", "--dry-run"],
    ];
    for command in commands {
        let ran = fixture.at(MONDAY, command).exits(1);
        for text in [place, says, todo] {
            assert!(ran.stderr.contains(text), "{command:?}: “{text}” is not in:\n{}", ran.stderr);
        }
        assert!(!fixture.path("var/mail").exists(), "{command:?} made a mail folder");
        assert_eq!(changed(fixture, &before), Vec::<String>::new(), "{command:?}");
    }
}

/// Files and folders that are not what they were.
fn changed(
    fixture: &Fixture,
    before: &std::collections::BTreeMap<std::path::PathBuf, (Vec<u8>, std::time::SystemTime)>,
) -> Vec<String> {
    let after = fixture.fingerprint();
    let all = before.keys().chain(after.keys()).filter(|path| {
        let bytes = |all: &std::collections::BTreeMap<std::path::PathBuf, (Vec<u8>, _)>| {
            all.get(*path).map(|(bytes, _)| bytes.clone())
        };
        bytes(before) != bytes(&after)
    });
    all.map(|path| path.display().to_string()).collect()
}

#[test]
fn a_locked_store_is_waited_for_and_then_left_alone() {
    let fixture = synced();
    let other = Connection::open(fixture.path(STORE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Who only looks does not wait for a writer.
    fixture.at(MONDAY, &["status"]).exits(0);
    let ran = fixture.at(MONDAY, &["send"]).exits(1);
    ran.complains(STORE);
    ran.complains("is locked by another program: wait for it to finish");
    assert!(!fixture.path("var/mail").exists());
    other.execute_batch("ROLLBACK").unwrap();
    fixture.at(MONDAY, &["send"]).exits(0);
    assert_eq!(fixture.bands_by_mailbox().len(), 4);
}

#[test]
fn a_newer_store_is_not_touched() {
    let fixture = synced();
    Connection::open(fixture.path(STORE)).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    refused(&fixture, STORE, "newer Fortnightly (schema 999", "use that version or a later one");
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let fixture = synced();
    fs::remove_file(fixture.path(STORE)).unwrap();
    let other = Connection::open(fixture.path(STORE)).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')").unwrap();
    drop(other);
    refused(&fixture, STORE, "it belongs to another program", "restore a backup or move the file away");
}

#[test]
fn a_text_file_is_no_store() {
    let fixture = synced();
    fixture.write(STORE, &"Dear diary, this is not a database at all.\n".repeat(100));
    refused(&fixture, STORE, "not a Fortnightly database", "restore a backup or move the file away");
}

#[test]
fn a_store_that_was_cut_short_is_noticed() {
    let fixture = synced();
    let whole = fs::read(fixture.path(STORE)).unwrap();
    for kept in [whole.len() / 2, 4096 + 100, 60] {
        fs::write(fixture.path(STORE), &whole[..kept]).unwrap();
        refused(&fixture, STORE, "damaged", "restore a backup or move the file away");
    }
}

#[test]
fn a_folder_is_no_store() {
    let fixture = synced();
    fs::remove_file(fixture.path(STORE)).unwrap();
    fs::create_dir(fixture.path(STORE)).unwrap();
    refused(&fixture, STORE, "it is a folder", "move the file away");
}

#[test]
fn a_store_without_its_keys_sends_nothing() {
    let fixture = synced();
    fs::remove_file(fixture.path("var/secret")).unwrap();
    let before = fixture.fingerprint();
    for command in [&["send"][..], &["sync"], &["run", "--role", "sender"], &["unsubscribe", "office@hillside.example"]]
    {
        let ran = fixture.at(MONDAY, command).exits(1);
        ran.complains("var/secret");
        ran.complains("Restore this file from your backup");
        assert_eq!(changed(&fixture, &before), Vec::<String>::new(), "{command:?}");
    }
}

#[test]
fn a_key_file_that_is_none_sends_nothing() {
    let fixture = synced();
    for text in ["", "not a keyring\n", "1 aaaa\n"] {
        fixture.write("var/secret", text);
        let ran = fixture.at(MONDAY, &["send"]).exits(1);
        ran.complains("var/secret");
        ran.complains("Restore this file from your backup");
        assert!(!fixture.path("var/mail").exists());
    }
}
