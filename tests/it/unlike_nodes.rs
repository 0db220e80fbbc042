//! Processes on one database that do not fit each other: one is older than the schema, or does not have the others' keys.

use std::fs;

use fortnightly::store::postgres::PostgresSettings;

use crate::support::fixture::{Fixture, until};
use crate::support::http::port;
use crate::support::oracle::Oracle;
use crate::support::postgres::{change, fresh};
use crate::support::sending::{SEND, with_connections};

const RECIPIENTS: usize = 100;

/// A node with a store of its own in the database.
fn node(relay: &Oracle) -> (Fixture, PostgresSettings) {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    let fixture =
        with_connections(relay.port, RECIPIENTS, 2, &format!("rate_per_second = 20\n\n[store]\nurl = \"{url}\"\n"));
    (fixture, settings)
}

/// What the first version with `PostgreSQL` asks every transaction first: only while that is answered can it see that it is too old.
const ASKED_FIRST: &str = "SELECT s.version, s.moved_to, s.copy_of, s.id, l.value AS list, e.value AS editions
                           FROM store s, epochs l, epochs e WHERE l.what = 'list' AND e.what = 'editions'";

/// This program is the older one here, and a higher number stands for what a newer one does to the tables. A real pair would need
/// another build; the first one with `PostgreSQL` knew schema 1, and what it asks is asked here word for word.
#[test]
fn an_older_node_leaves_a_newer_store_alone() {
    let relay = Oracle::start();
    let (node, settings) = node(&relay);
    let mut run = node.spawn(SEND, "log");
    until("it has begun", || relay.count() >= 8);
    change(&settings, "UPDATE store SET version = version + 1");
    assert_ne!(run.ends(), 0);
    let log = node.log();
    assert!(log.contains("another version of Fortnightly brought the store postgres://"), "{log}");
    assert!(log.contains("stop this program and start that version"), "{log}");
    let sent = relay.count();
    assert!(sent < RECIPIENTS, "it stops at once");
    for command in [SEND, &["status"], &["sync"]] {
        let ran = node.run(command);
        assert_ne!(ran.code, 0);
        ran.complains("was made by a newer Fortnightly");
        ran.complains("use that version or a later one");
    }
    assert_eq!(relay.count(), sent);
    change(&settings, ASKED_FIRST);
    change(&settings, "UPDATE store SET version = version - 1");
    node.run(SEND).exits(0);
    assert_eq!(relay.taken().len(), RECIPIENTS);
    let repeats = relay.count() - RECIPIENTS;
    assert!(repeats <= 4, "{repeats} repeats");
}

#[test]
fn a_node_without_the_others_keys_is_told_how_to_get_them() {
    let relay = Oracle::start();
    let (first, _) = node(&relay);
    let other = Fixture::new(&fs::read_to_string(first.path("config.toml")).unwrap());
    let is_refused = |what: &str| {
        for command in [SEND, &["run"], &["sync"]] {
            let ran = other.run(command);
            assert_ne!(ran.code, 0);
            let place = other.path("var/secret").display().to_string();
            ran.complains(&format!("{place}: {what}"));
            ran.complains(&format!("Copy the file that web.secret_file names on a node that works to {place} here"));
            ran.complains("mode 0600");
        }
        assert_eq!(relay.count(), 0);
    };
    is_refused("there is no key file, but the store has one");
    assert!(!other.path("var/secret").exists());

    let stranger = Fixture::shipped();
    stranger.run(&["sync"]).exits(0);
    fs::create_dir_all(other.path("var")).unwrap();
    fs::copy(stranger.path("var/secret"), other.path("var/secret")).unwrap();
    is_refused("this is not the key file that the store was made with");

    fs::copy(first.path("var/secret"), other.path("var/secret")).unwrap();
    other.run(&["sync"]).exits(0);
    let mut daemon = other.spawn(&["run", "--role", "web"], "log");
    port(&other);
    let keys = fs::read_to_string(first.path("var/secret")).unwrap();
    fs::write(first.path("var/secret"), format!("{keys}key 2 {}\n", "5a".repeat(32))).unwrap();
    first.run(&["sync"]).exits(0);
    is_refused("other nodes of the store sign with keys that are not in it (2)");
    assert_eq!(daemon.ends(), 1);
    let log = other.log();
    assert!(log.contains("other nodes of the store sign with keys that are not in it (2)"), "{log}");

    fs::copy(first.path("var/secret"), other.path("var/secret")).unwrap();
    other.run(&["sync"]).exits(0);
}
