//! A store or key file that cannot be used: a clear error before anything is written or sent.

use std::fs;

use rusqlite::Connection;

use crate::world::World;

const MONDAY: &str = "2026-11-30T08:00:00Z";
const STORE: &str = "var/fortnightly.db";

/// A world whose store knows four mailboxes and has sent nothing.
fn synced() -> World {
    let world = World::shipped();
    world.at("2026-11-25T12:00:00Z", &["sync"]).exits(0);
    world
}

/// Every command that reads or changes the store fails, names the file and what to do, and changes nothing.
#[track_caller]
fn refused(world: &World, place: &str, says: &str, todo: &str) {
    let before = world.fingerprint();
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
        let ran = world.at(MONDAY, command).exits(1);
        for text in [place, says, todo] {
            assert!(ran.stderr.contains(text), "{command:?}: “{text}” is not in:\n{}", ran.stderr);
        }
        assert!(!world.path("var/mail").exists(), "{command:?} made a mail folder");
        assert_eq!(changed(world, &before), Vec::<String>::new(), "{command:?}");
    }
}

/// Files and folders that are not what they were.
fn changed(
    world: &World,
    before: &std::collections::BTreeMap<std::path::PathBuf, (Vec<u8>, std::time::SystemTime)>,
) -> Vec<String> {
    let after = world.fingerprint();
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
    let world = synced();
    let other = Connection::open(world.path(STORE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Who only looks does not wait for a writer.
    world.at(MONDAY, &["status"]).exits(0);
    let ran = world.at(MONDAY, &["send"]).exits(1);
    ran.complains(STORE);
    ran.complains("is locked by another program: wait for it to finish");
    assert!(!world.path("var/mail").exists());
    other.execute_batch("ROLLBACK").unwrap();
    world.at(MONDAY, &["send"]).exits(0);
    assert_eq!(world.bands_by_mailbox().len(), 4);
}

#[test]
fn a_newer_store_is_not_touched() {
    let world = synced();
    Connection::open(world.path(STORE)).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    refused(&world, STORE, "newer Fortnightly (schema 999", "use that version or a later one");
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let world = synced();
    fs::remove_file(world.path(STORE)).unwrap();
    let other = Connection::open(world.path(STORE)).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')").unwrap();
    drop(other);
    refused(&world, STORE, "it belongs to another program", "restore a backup or move the file away");
}

#[test]
fn a_text_file_is_no_store() {
    let world = synced();
    world.write(STORE, &"Dear diary, this is not a database at all.\n".repeat(100));
    refused(&world, STORE, "not a Fortnightly database", "restore a backup or move the file away");
}

#[test]
fn a_store_that_was_cut_short_is_noticed() {
    let world = synced();
    let whole = fs::read(world.path(STORE)).unwrap();
    for kept in [whole.len() / 2, 4096 + 100, 60] {
        fs::write(world.path(STORE), &whole[..kept]).unwrap();
        refused(&world, STORE, "damaged", "restore a backup or move the file away");
    }
}

#[test]
fn a_folder_is_no_store() {
    let world = synced();
    fs::remove_file(world.path(STORE)).unwrap();
    fs::create_dir(world.path(STORE)).unwrap();
    refused(&world, STORE, "it is a folder", "move the file away");
}

#[test]
fn a_store_without_its_keys_sends_nothing() {
    let world = synced();
    fs::remove_file(world.path("var/secret")).unwrap();
    let before = world.fingerprint();
    for command in [&["send"][..], &["sync"], &["run", "--role", "sender"], &["unsubscribe", "office@hillside.example"]]
    {
        let ran = world.at(MONDAY, command).exits(1);
        ran.complains("var/secret");
        ran.complains("Restore this file from your backup");
        assert_eq!(changed(&world, &before), Vec::<String>::new(), "{command:?}");
    }
}

#[test]
fn a_key_file_that_is_none_sends_nothing() {
    let world = synced();
    for text in ["", "not a keyring\n", "1 aaaa\n"] {
        world.write("var/secret", text);
        let ran = world.at(MONDAY, &["send"]).exits(1);
        ran.complains("var/secret");
        ran.complains("Restore this file from your backup");
        assert!(!world.path("var/mail").exists());
    }
}
