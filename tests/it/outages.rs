//! A database that is away, stands still, or is another host by now; through the built binary.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::several_nodes::{CONNECTIONS, WINDOW, ended_well, midway_with_lease, node, recipients};
use crate::support::fixture::until;
use crate::support::oracle::Oracle;
use crate::support::postgres::cluster::Cluster;
use crate::support::postgres::{change, fresh};
use crate::support::sending::SEND;

/// Long enough that a lease of this length is over while the database is away for twice as long.
const LEASE: u64 = 1_500;

#[test]
fn a_run_goes_on_after_the_database_was_away_for_longer_than_its_lease() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let node = node(&cluster.url(), &oracle, recipients());
    let mut run = midway_with_lease(&node, &oracle, LEASE);
    cluster.kill();
    // The outage: longer than any transaction is tried again by itself, and than the lease.
    thread::sleep(Duration::from_secs(5));
    cluster.start_again();
    assert_eq!(run.ends(), 0, "{}", node.log());
    assert!(node.log().contains("the lease of this node on the store is over"), "{}", node.log());
    ended_well(&node, &oracle, recipients(), WINDOW * CONNECTIONS);
}

/// A disk may have room again when someone has looked to it, and a run waits for that, whoever meets it first.
#[test]
fn a_claim_waits_for_a_database_whose_disk_is_full() {
    let settings = fresh().unwrap();
    let url = format!("postgres://{}@127.0.0.1:{}/{}", settings.user, settings.hosts[0].1, settings.database);
    let oracle = Oracle::start();
    let node = node(&url, &oracle, 20);
    change(
        &settings,
        "CREATE SEQUENCE tries;
         CREATE FUNCTION is_full() RETURNS TRIGGER LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END IF;
             RETURN NULL;
         END
         $$;
         CREATE TRIGGER full_disk AFTER UPDATE ON deliveries FOR EACH STATEMENT EXECUTE FUNCTION is_full()",
    );
    let ran = node.run(SEND).exits(0);
    ran.complains("the disk is full");
    ended_well(&node, &oracle, 20, 0);
}

/// What it knows of its mails when the database stands still is kept, whatever became of the commits.
#[test]
fn a_run_goes_on_after_the_database_stood_still_for_longer_than_its_lease() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let node = node(&cluster.url(), &oracle, recipients());
    let mut run = midway_with_lease(&node, &oracle, LEASE);
    cluster.freeze();
    thread::sleep(Duration::from_secs(5));
    cluster.thaw();
    assert_eq!(run.ends(), 0, "{}", node.log());
    ended_well(&node, &oracle, recipients(), WINDOW * CONNECTIONS);
}

/// A host that accepts connections and never answers.
fn silent_host() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    (listener, place)
}

#[test]
fn a_host_that_never_answers_is_passed_over() {
    let Some(cluster) = Cluster::start() else { return };
    let (_listener, silent) = silent_host();
    let oracle = Oracle::start();
    let url = cluster.url().replace('@', &format!("@{silent},"));
    let node = node(&url, &oracle, recipients());
    node.run(SEND).exits(0);
    ended_well(&node, &oracle, recipients(), 0);
}

#[test]
fn what_each_host_said_is_told() {
    let (_listener, silent) = silent_host();
    let Some(cluster) = Cluster::with_standby() else { return };
    let standby = cluster.ports()[1];
    let node = crate::support::fixture::Fixture::new(&format!(
        "{}\n[store]\nurl = \"postgres://fortnightly@{silent},127.0.0.1:{standby}/fortnightly\"\n",
        crate::support::fixture::BASE
    ));
    let ran = node.run(&["status"]);
    assert_ne!(ran.code, 0);
    ran.complains(&format!("{silent}: it did not answer within 5 s"));
    ran.complains(&format!("127.0.0.1:{standby}: it takes no writes now, as a standby does"));
}

#[test]
fn a_primary_that_stands_still_is_left_for_the_promoted_standby() {
    let Some(cluster) = Cluster::with_standby() else { return };
    let oracle = Oracle::start();
    let node = node(&cluster.url(), &oracle, recipients());
    let mut run = midway_with_lease(&node, &oracle, 6_000);
    cluster.freeze();
    cluster.promote();
    until("it goes on", || oracle.taken().len() == recipients());
    assert_eq!(run.ends(), 0, "{}", node.log());
    ended_well(&node, &oracle, recipients(), WINDOW * CONNECTIONS);
}
