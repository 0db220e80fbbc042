//! A database that has lost what was answered, by a fail-over or because an earlier moment was restored: every node that remembers
//! more holds it back, and says so.

use std::fs;
use std::process::Stdio;

use crate::support::fixture::{Fixture, Running, scheduled, until};
use crate::support::http::port;
use crate::support::postgres::cluster::Cluster;
use crate::support::postgres::fresh;

const SUNDAY: &str = "2026-11-29T12:00:00Z";
const MONDAY: &str = "2026-11-30T08:00:00Z";

/// A node on this database, with three organisations and a list of its own.
fn node(cluster: &Cluster) -> Fixture {
    node_at(SUNDAY, cluster)
}

fn node_at(moment: &str, cluster: &Cluster) -> Fixture {
    let url = cluster.url();
    let fixture = Fixture::new(&format!("{}\n[store]\nurl = \"{url}\"\n", scheduled("")));
    fixture.write("list.csv", "name,sector,email,bands,ages,locale,urn\nSchool,school,s@school.example,4-5,,,\n");
    fixture.at(moment, &["subscribers", "import", "list.csv"]).exits(0);
    fixture
}

/// Another node beside it.
fn beside(first: &Fixture) -> Fixture {
    let second = Fixture::new(&fs::read_to_string(first.path("config.toml")).unwrap());
    fs::create_dir(second.path("var")).unwrap();
    fs::copy(first.path("var/secret"), second.path("var/secret")).unwrap();
    second
}

/// Nothing is sent, and it is said why and what to do; once it was done, everyone gets it who did not leave.
#[track_caller]
fn is_held_until_released(node: &Fixture) {
    let status = node.at(MONDAY, &["status"]).exits(0).stdout;
    assert!(status.contains("has lost its latest changes") && status.contains("fortnightly release"), "{status}");
    node.at(MONDAY, &["send"]).exits(1).complains("fortnightly release");
    assert_eq!(node.mail_count(), 0);
    node.at(MONDAY, &["unsubscribe", "s@school.example"]).exits(0);
    node.at(MONDAY, &["release"]).exits(0);
    node.at(MONDAY, &["send"]).exits(0);
    assert_eq!(node.mail_count(), 4);
    let status = node.at(MONDAY, &["status"]).exits(0).stdout;
    assert!(!status.contains("has lost"), "{status}");
}

/// What the daemon logs at its start.
fn log_of_a_start(node: &Fixture) -> String {
    let mut run = node.spawn(&["--now", SUNDAY, "run", "--role", "web"], "log");
    port(node);
    run.signal("-TERM");
    assert_eq!(run.ends(), 0, "{}", node.log());
    node.log()
}

#[test]
fn a_standby_that_took_over_without_an_unsubscribe_is_held() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let node = node(&cluster);
    let check = node.at(SUNDAY, &["check", "--json"]).json();
    assert!(check.to_string().contains("asynchronous-standby"), "{check}");
    let log = log_of_a_start(&node);
    assert!(log.contains("WARN") && log.contains("before its standby has them"), "{log}");
    cluster.cut_standby_off();
    node.at(SUNDAY, &["unsubscribe", "s@school.example"]).exits(0);
    cluster.kill();
    cluster.promote();
    is_held_until_released(&node);
}

/// The old store is in use again on the standby: this machine knows better, and was warned.
#[test]
fn a_store_that_was_left_and_is_live_again_is_held() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let node = node(&cluster);
    cluster.cut_standby_off();
    let moved = node.at(SUNDAY, &["move", "--to", "sqlite:var/new.db"]).exits(0);
    moved.complains("confirms changes before a standby has them");
    node.at(MONDAY, &["send"]).exits(1).complains("was moved to");
    cluster.kill();
    cluster.promote();
    is_held_until_released(&node);
}

#[test]
fn a_standby_that_commits_wait_for_is_no_risk_and_is_not_held() {
    let Some(cluster) = Cluster::with_standby() else { return };
    let node = node(&cluster);
    let check = node.at(SUNDAY, &["check", "--json"]).json();
    assert!(!check.to_string().contains("asynchronous-standby"), "{check}");
    let log = log_of_a_start(&node);
    assert!(!log.contains("WARN"), "{log}");
    node.at(SUNDAY, &["unsubscribe", "s@school.example"]).exits(0);
    cluster.kill();
    cluster.promote();
    node.at(MONDAY, &["send"]).exits(0);
    assert_eq!(node.mail_count(), 4);
}

/// Nobody is told that it is done, and a person learns what it waits for.
#[test]
fn a_change_waits_for_a_standby_that_is_down_and_says_so() {
    let Some(cluster) = Cluster::with_standby() else { return };
    let node = node(&cluster);
    cluster.cut_standby_off();
    let mut leave = node.command(&["--now", SUNDAY, "unsubscribe", "s@school.example"]);
    leave.env("FORTNIGHTLY_LEASE_MILLIS", "3000").stdout(Stdio::null());
    let log = fs::File::create(node.path("log")).unwrap();
    let mut leave = Running(leave.stderr(log).spawn().unwrap());
    until("it says what it waits for", || node.log().contains("see whether that runs"));
    assert!(leave.0.try_wait().unwrap().is_none(), "{}", node.log());
    cluster.change("ALTER SYSTEM SET synchronous_standby_names = ''");
    cluster.change("SELECT pg_reload_conf()");
    assert_eq!(leave.ends(), 0, "{}", node.log());
    cluster.holds("SELECT count(*) = 1 FROM suppressions");
}

#[test]
fn a_database_that_was_set_back_is_held_once() {
    let Some(cluster) = Cluster::start() else { return };
    let first = node(&cluster);
    let config = fs::read_to_string(first.path("config.toml")).unwrap();
    let second = beside(&first);
    cluster.save();
    first.at(SUNDAY, &["unsubscribe", "s@school.example"]).exits(0);
    second.at(SUNDAY, &["subscribe", "--name", "Other", "--email", "o@other.example", "--bands", "4-5"]).exits(0);
    second.at(SUNDAY, &["backup", "keys"]).exits(0).says("pg_basebackup");
    cluster.set_back();
    is_held_until_released(&first);
    // The other one, which remembers more as well, finds that someone has looked to it.
    let status = second.at(MONDAY, &["status"]).exits(0).stdout;
    assert!(!status.contains("has lost"), "{status}");

    // A machine that remembers nothing knows it from the backup of the keys.
    cluster.set_back();
    let third = Fixture::new(&config);
    fs::copy(second.path("keys"), third.path("keys")).unwrap();
    third.at(SUNDAY, &["status"]).exits(1).complains("key file");
    let restored = third.at(SUNDAY, &["restore", "keys"]).exits(0).stdout;
    assert!(restored.contains("Restored the keys") && restored.contains("has lost"), "{restored}");
    assert_eq!(fs::read(third.path("var/secret")).unwrap(), fs::read(first.path("var/secret")).unwrap());
    is_held_until_released(&third);
}

/// The machine that knows of the lost decision was at rest while others decided more than was lost.
#[test]
fn what_others_decide_hides_no_loss_from_whoever_comes_later() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let first = node(&cluster);
    let second = Fixture::new(&fs::read_to_string(first.path("config.toml")).unwrap());
    fs::create_dir(second.path("var")).unwrap();
    fs::copy(first.path("var/secret"), second.path("var/secret")).unwrap();
    cluster.cut_standby_off();
    first.at(SUNDAY, &["unsubscribe", "s@school.example"]).exits(0);
    cluster.kill();
    cluster.promote();
    for name in ["one", "two", "three", "four"] {
        let email = format!("{name}@other.example");
        second.at(SUNDAY, &["subscribe", "--name", name, "--email", &email, "--bands", "4-5"]).exits(0);
        second.at(SUNDAY, &["unsubscribe", &email]).exits(0);
    }
    let status = second.at(MONDAY, &["status"]).exits(0).stdout;
    assert!(!status.contains("has lost"), "nobody knows: {status}");
    is_held_until_released(&first);
    // It is held once, whoever remembers more.
    first.at(MONDAY, &["sync"]).exits(0);
    let status = second.at(MONDAY, &["status"]).exits(0).stdout;
    assert!(!status.contains("has lost"), "{status}");
}

/// Nor does a database beside it: one with the same keys, as a trial has them.
#[test]
fn another_database_is_remembered_beside_the_first() {
    let Some(cluster) = Cluster::start() else { return };
    let first = node(&cluster);
    cluster.save();
    first.at(SUNDAY, &["unsubscribe", "s@school.example"]).exits(0);
    let config = fs::read_to_string(first.path("config.toml")).unwrap();
    let settings = fresh().unwrap();
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    first.write("config.toml", &config.replace(&cluster.url(), &url));
    first.at(SUNDAY, &["sync"]).exits(0);
    first.write("config.toml", &config);
    cluster.set_back();
    is_held_until_released(&first);
}

/// An edition went out after the backup that was restored, and the database knows nothing of it: each node says so, until someone
/// has dealt with it.
#[test]
fn what_fell_due_since_the_restored_moment_is_told() {
    let (before, day, after) = ("2026-10-18T12:00:00Z", "2026-10-19T08:00:00Z", "2026-10-20T08:00:00Z");
    let Some(cluster) = Cluster::start() else { return };
    let first = node_at(before, &cluster);
    first.at(before, &["send"]);
    let second = beside(&first);
    // By the server's clock, which is not pretended.
    cluster.change("UPDATE traces SET at = '2026-10-18 12:00:00+00'");
    cluster.save();
    first.at(day, &["send"]).exits(0);
    let sent = first.mail_count();
    assert_eq!(sent, 5);
    second.at(day, &["unsubscribe", "s@school.example"]).exits(0);
    cluster.set_back();
    let tell = || {
        for node in [&first, &second] {
            let status = node.at(after, &["status"]).exits(0).stdout;
            assert!(
                status.contains("Sunday 18 October 2026") && status.contains("edition 4 has fallen due"),
                "{status}"
            );
        }
    };
    tell();
    first.at(after, &["send"]).exits(1).complains("fortnightly release");
    second.at(after, &["send"]).exits(1).complains("fortnightly release");
    tell();
    first.at(after, &["withdraw", "4"]).exits(0);
    first.at(after, &["release"]).exits(0);
    first.at(after, &["send"]);
    second.at(after, &["send"]);
    assert_eq!((first.mail_count(), second.mail_count()), (sent, 0), "nobody gets it twice");
}

#[test]
fn keys_are_backed_up_and_restored() {
    let Some(cluster) = Cluster::start() else { return };
    let node = node(&cluster);
    node.run(&["backup", "keys"]).exits(0);
    node.run(&["backup", "keys"]).exits(1).complains("--force");
    node.run(&["backup", "keys", "--force"]).exits(0);
    let keys = fs::read_to_string(node.path("var/secret")).unwrap();
    node.run(&["restore", "keys"]).exits(0);
    assert_eq!(fs::read_to_string(node.path("var/secret")).unwrap(), keys);
    let whole = fs::read_to_string(node.path("keys")).unwrap();
    node.write("other", &whole[..whole.len() - 20]);
    node.run(&["restore", "other"]).exits(1).complains("Restore this file from your backup");
    node.run(&["restore", "config.toml"]).exits(1).complains("that `fortnightly backup` wrote");
    let file = Fixture::new(&scheduled(""));
    file.at(SUNDAY, &["sync"]).exits(0);
    file.run(&["backup", "store.db"]).exits(0);
    fs::copy(file.path("store.db"), node.path("store.db")).unwrap();
    node.run(&["restore", "store.db"]).exits(1).complains("fortnightly move --to URL");
    assert_eq!(fs::read_to_string(node.path("var/secret")).unwrap(), keys);
}
