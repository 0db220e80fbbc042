//! Four nodes, of which two are killed, or the database is; directly and through `PgBouncer`.

use std::thread;
use std::time::Duration;

use super::{CONNECTIONS, LONG, WINDOW, all_end, ended_well, nodes, start_with_short_lease};
use crate::support::fixture::{Fixture, Running, until_within};
use crate::support::oracle::Oracle;
use crate::support::postgres::bouncer::PgBouncer;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::SEND;
use crate::support::trials::is_long;

fn recipients() -> usize {
    if is_long() { 50_000 } else { 2_000 }
}

/// Four nodes that have sent a fifth together.
fn four_midway(url: &str, oracle: &Oracle, start: impl Fn(&Fixture) -> Running) -> (Vec<Fixture>, Vec<Running>) {
    // Four seconds at least, so that something can happen meanwhile.
    let rate = format!("rate_per_second = {}", recipients() / 4);
    let nodes = nodes(4, url, oracle.port, recipients(), &rate);
    let runs = nodes.iter().map(start).collect();
    until_within(LONG, "a fifth is sent", || oracle.count() >= recipients() / 5);
    (nodes, runs)
}

fn all_share(cluster: &Cluster, url: &str) {
    let oracle = Oracle::start();
    let (nodes, mut runs) = four_midway(url, &oracle, |node| node.spawn(SEND, "log"));
    all_end(&nodes, &mut runs);
    ended_well(&nodes[0], &oracle, recipients(), 0);
    cluster.holds("NOT EXISTS (SELECT 1 FROM deliveries WHERE claim IS NOT NULL)");
    cluster.holds("(SELECT count(DISTINCT node) > 1 FROM accepted_counts WHERE count > 0)");
}

fn two_are_killed(url: &str) {
    let oracle = Oracle::start();
    let (nodes, mut runs) = four_midway(url, &oracle, |node| start_with_short_lease(node, SEND));
    for run in &mut runs[..2] {
        run.0.kill().unwrap();
    }
    all_end(&nodes[2..], &mut runs[2..]);
    let repeats = oracle.count() - oracle.taken().len();
    eprintln!("two of four were killed: {repeats} repeats");
    ended_well(&nodes[2], &oracle, recipients(), 2 * WINDOW * CONNECTIONS);
}

fn the_database_is_killed(cluster: &Cluster, url: &str) {
    let oracle = Oracle::start();
    let (nodes, mut runs) = four_midway(url, &oracle, |node| node.spawn(SEND, "log"));
    cluster.kill();
    thread::sleep(Duration::from_secs(2));
    cluster.start_again();
    all_end(&nodes, &mut runs);
    let repeats = oracle.count() - oracle.taken().len();
    eprintln!("the database was killed and started again: {repeats} repeats");
    ended_well(&nodes[0], &oracle, recipients(), 4 * WINDOW * CONNECTIONS);
}

#[test]
fn four_nodes_share_an_edition() {
    let Some(cluster) = Cluster::start() else { return };
    all_share(&cluster, &cluster.url());
}

#[test]
fn four_nodes_share_an_edition_through_pgbouncer() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    all_share(&cluster, &bouncer.url());
}

#[test]
fn two_of_four_nodes_are_killed() {
    let Some(cluster) = Cluster::start() else { return };
    two_are_killed(&cluster.url());
}

#[test]
fn two_of_four_nodes_are_killed_behind_pgbouncer() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    two_are_killed(&bouncer.url());
}

#[test]
fn four_nodes_wait_for_a_database_that_is_started_again() {
    let Some(cluster) = Cluster::start() else { return };
    the_database_is_killed(&cluster, &cluster.url());
}

#[test]
fn four_nodes_wait_for_a_database_behind_pgbouncer() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    the_database_is_killed(&cluster, &bouncer.url());
}
