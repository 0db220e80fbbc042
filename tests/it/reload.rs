//! A running daemon and its files: what is right takes force, what is wrong is reported and changes nothing.

use std::fs;

use crate::world::{Running, World, entry, until};

fn log(world: &World) -> String {
    fs::read_to_string(world.path("log")).unwrap_or_default()
}

fn mails(world: &World) -> usize {
    fs::read_dir(world.path("var/mail/new")).map_or(0, Iterator::count)
}

fn config(world: &World) -> String {
    fs::read_to_string(world.path("config.toml")).unwrap()
}

/// Started well before the next edition; the time of sending is what a reload moves.
fn daemon(world: &World) -> Running {
    let daemon = world.spawn(&["--now", "2026-11-30T07:00:00Z", "run"], "log");
    until("the daemon runs", || log(world).contains("listening"));
    daemon
}

fn read_again(world: &World) -> usize {
    log(world).matches("were read again").count()
}

#[test]
fn a_changed_config_takes_force_without_a_restart() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    let newcomer = entry("Newcomer", "school", "\"new@newcomer.example\"", "[\"4-5\"]");
    let earlier = config(&world).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    world.write("config.toml", &format!("{earlier}{newcomer}"));
    until("all five mails are there", || mails(&world) == 5);
    assert!(log(&world).contains("were read again"), "{}", log(&world));
    assert!(!log(&world).contains("newcomer.example"), "an address is in the log");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_wrong_file_is_reported_once_and_the_old_ones_stay_in_force() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    let right = config(&world);
    world.write("config.toml", &right.replace("anchor", "anchr"));
    until("it is reported", || log(&world).contains("anchr"));
    assert!(log(&world).contains("the old ones stay in force"), "{}", log(&world));
    daemon.signal("-HUP");
    until("told again, it says it again", || log(&world).matches("the old ones stay in force").count() == 2);
    let theme = "activities/kindness/theme.md";
    let text = fs::read_to_string(world.path(theme)).unwrap();
    world.write("config.toml", &right);
    world.write(theme, "no front matter");
    until("the library is reported", || log(&world).contains("kindness/theme.md"));
    // Mended, it is in force again.
    world.write(theme, &text);
    world.write("config.toml", &right.replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n"));
    until("the mails are there", || mails(&world) == 4);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_hangup_reads_the_files_again_and_ends_nothing() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    daemon.signal("-HUP");
    until("they were read again", || read_again(&world) == 1);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_file_that_is_being_written_is_no_error() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    let whole = config(&world).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    // A slow writer: every state in between is broken.
    let mut written = 0;
    until("the config is written", || {
        written = (written + 12).min(whole.len());
        world.write("config.toml", &whole[..written]);
        written == whole.len()
    });
    until("the mails are there", || mails(&world) == 4);
    let log = log(&world);
    assert!(!log.contains("wrong"), "{log}");
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn what_only_a_restart_can_change_is_named_and_kept() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    let moved = config(&world)
        .replace("[schedule]\n", "[store]\nurl = \"sqlite:other.db\"\n\n[schedule]\nsend_at = 07:00:00\n");
    world.write("config.toml", &moved);
    until("the mails are there", || mails(&world) == 4);
    assert!(log(&world).contains("store.url was changed"), "{}", log(&world));
    assert!(!world.path("other.db").exists());
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}

#[test]
fn a_wrong_reload_logs_no_address() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    let right = config(&world);
    let twice = entry("Again", "school", "\"office@hillside.example\"", "[\"4-5\"]");
    let slip = entry("Slip", "school", "\"Jane Doe <jane@hillside.example>\"", "[\"4-5\"]");
    world.write("config.toml", &format!("{right}{twice}{slip}{slip}"));
    until("it is reported", || log(&world).contains("the old ones stay in force"));
    until("every finding is there", || log(&world).contains("config.toml:"));
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
    for secret in ["hillside.example", "Jane", "office@"] {
        assert!(!log(&world).contains(secret), "the log names {secret}: {}", log(&world));
    }
}

#[test]
fn a_store_that_is_locked_during_a_reload_is_waited_for() {
    let world = World::shipped();
    let mut daemon = daemon(&world);
    until("the store is there", || world.path("var/fortnightly.db").exists());
    let store = rusqlite::Connection::open(world.path("var/fortnightly.db")).unwrap();
    store.execute_batch("BEGIN IMMEDIATE").unwrap();
    let newcomer = entry("Newcomer", "school", "\"new@newcomer.example\"", "[\"4-5\"]");
    let earlier = config(&world).replace("[schedule]\n", "[schedule]\nsend_at = 07:00:00\n");
    world.write("config.toml", &format!("{earlier}{newcomer}"));
    until("it says that it waits", || log(&world).contains("later: "));
    assert!(!log(&world).contains("are wrong"), "{}", log(&world));
    store.execute_batch("ROLLBACK").unwrap();
    until("all five mails are there", || mails(&world) == 5);
    daemon.signal("-TERM");
    assert_eq!(daemon.ends(), 0);
}
