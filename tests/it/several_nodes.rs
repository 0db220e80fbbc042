//! Several nodes on one `PostgreSQL`, through the built binary: servers are killed, started again and promoted, nodes are killed and
//! cut off, and what holds for one holds for all of them together. The receiving server's log is the oracle.
//!
//! `FORTNIGHTLY_LONG=1` takes more recipients.

mod bulletin;
mod clocks;
mod cut_off;
mod killed;
mod limits;
mod namespace;
mod noticed;
mod roles;
mod unsubscribed;
mod wire;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fixture::{Fixture, Running, until};
use crate::support::oracle::Oracle;
use crate::support::postgres::bouncer::PgBouncer;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, edition_status, with_connections};
use crate::support::trials::is_long;

/// `mail.window`, its default, and the connections of a node.
pub(crate) const WINDOW: usize = 2;
pub(crate) const CONNECTIONS: usize = 2;

pub(crate) fn recipients() -> usize {
    if is_long() { 5_000 } else { 500 }
}

/// A node whose store is at `url`, with the list imported. A run takes two seconds at least, so that something can happen in it.
pub(crate) fn node(url: &str, oracle: &Oracle, recipients: usize) -> Fixture {
    let rate = recipients / 2;
    let more = format!("rate_per_second = {rate}\n\n[store]\nurl = \"{url}\"\n");
    with_connections(oracle.port, recipients, CONNECTIONS, &more)
}

/// Another node beside `first`: the same configuration and the same keys in a folder of its own.
fn beside(first: &Fixture) -> Fixture {
    let other = Fixture::new(&fs::read_to_string(first.path("config.toml")).unwrap());
    fs::create_dir(other.path("var")).unwrap();
    fs::copy(first.path("var/secret"), other.path("var/secret")).unwrap();
    other
}

/// A folder of its own for each of so many nodes, on one store at `url`, with the list imported and `mail` in the config.
fn nodes(number: usize, url: &str, relay: u16, recipients: usize, mail: &str) -> Vec<Fixture> {
    let more = format!("{mail}\n[store]\nurl = \"{url}\"\n");
    let first = with_connections(relay, recipients, CONNECTIONS, &more);
    let mut all = vec![first];
    while all.len() < number {
        all.push(beside(&all[0]));
    }
    all
}

/// How long the trials of many recipients are waited for.
const LONG: Duration = Duration::from_mins(15);

/// Starts the binary; its log is `log`.
fn start(node: &Fixture, arguments: &[&str]) -> Running {
    spawn(node, node.command(arguments))
}

/// As that, with a lease of three seconds in place of half a minute, where others are to take up what a node leaves. A machine that
/// is busy with other tests may keep a node from renewing it for longer than that.
fn start_with_short_lease(node: &Fixture, arguments: &[&str]) -> Running {
    let mut command = node.command(arguments);
    command.env("FORTNIGHTLY_LEASE_MILLIS", "3000");
    spawn(node, command)
}

fn spawn(node: &Fixture, mut command: Command) -> Running {
    let log = fs::File::create(node.path("log")).unwrap();
    Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// All end, and well.
#[track_caller]
fn all_end(nodes: &[Fixture], runs: &mut [Running]) {
    for (node, run) in nodes.iter().zip(runs) {
        assert_eq!(run.ends_within(LONG), 0, "{}", node.log());
    }
}

/// How many of the moments lie in the second that has most of them.
fn most_in_a_second(moments: &[Instant]) -> usize {
    let mut moments = moments.to_vec();
    moments.sort();
    let in_second =
        |from: usize| moments[from..].iter().take_while(|at| **at - moments[from] < Duration::from_secs(1)).count();
    (0..moments.len()).map(in_second).max().unwrap_or(0)
}

/// A run that has handed over a fifth of its mails.
fn midway(node: &Fixture, oracle: &Oracle) -> Running {
    midway_with_lease(node, oracle, 30_000)
}

/// As that, with a lease of so many milliseconds.
pub(crate) fn midway_with_lease(node: &Fixture, oracle: &Oracle, lease: u64) -> Running {
    let mut command = node.command(SEND);
    command.env("FORTNIGHTLY_LEASE_MILLIS", lease.to_string()).stdout(Stdio::null());
    let run = Running(command.stderr(fs::File::create(node.path("log")).unwrap()).spawn().unwrap());
    until("a fifth is sent", || oracle.count() >= recipients() / 5);
    run
}

/// Everyone got it, so many again at most and then the same bytes, and the store says so.
#[track_caller]
pub(crate) fn ended_well(node: &Fixture, oracle: &Oracle, recipients: usize, most_repeats: usize) {
    let log = node.log();
    let taken = oracle.taken();
    assert_eq!(taken.len(), recipients, "someone got nothing:\n{log}");
    let repeats = oracle.count() - taken.len();
    assert!(repeats <= most_repeats, "{repeats} repeats, at most {most_repeats} expected:\n{log}");
    for (mailbox, hashes) in taken {
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{mailbox} got different bytes");
    }
    let (accepted, state, attention) = edition_status(node, "accepted");
    assert_eq!((accepted, state.as_str()), (recipients as u64, "sent"), "{attention}\n{log}");
    let status = node.run(&["status", "--json"]).exits(0).json();
    let all = ["editions", "bulletins"].into_iter().flat_map(|kind| status[kind].as_array().unwrap());
    let begun = all.filter(|one| one["deliveries"]["total"] != 0);
    assert_eq!(begun.count(), 1, "{status}");
}

fn one_node_sends(url: &str) {
    let oracle = Oracle::start();
    let node = node(url, &oracle, recipients());
    node.run(SEND).exits(0);
    ended_well(&node, &oracle, recipients(), 0);
    node.run(SEND);
    assert_eq!(oracle.count(), recipients(), "it is sent once");
}

#[test]
fn one_node_sends_to_everyone_once() {
    let Some(cluster) = Cluster::start() else { return };
    one_node_sends(&cluster.url());
    cluster.holds("(SELECT count(*) FROM attempts) = (SELECT count(*) FROM deliveries WHERE mailing > 0)");
}

#[test]
fn one_node_sends_to_everyone_once_through_pgbouncer() {
    let Some(cluster) = Cluster::start() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    one_node_sends(&bouncer.url());
}

#[test]
fn two_nodes_share_an_edition() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    // More than one of them takes in hand at once.
    let recipients = 3 * recipients();
    let first = node(&cluster.url(), &oracle, recipients);
    let second = beside(&first);
    let codes = thread::scope(|scope| {
        let runs = [&first, &second].map(|node| scope.spawn(|| node.run(SEND)));
        runs.map(|run| run.join().unwrap()).map(|ran| (ran.code, ran.stderr))
    });
    assert!(codes.iter().all(|(code, _)| *code == 0), "{codes:?}");
    ended_well(&first, &oracle, recipients, 0);
    cluster.holds("(SELECT count(DISTINCT node) = 2 FROM accepted_counts WHERE count > 0)");
    cluster.holds("NOT EXISTS (SELECT 1 FROM deliveries WHERE claim IS NOT NULL)");
}

#[test]
fn a_database_that_is_killed_and_started_again_is_waited_for() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let node = node(&cluster.url(), &oracle, recipients());
    let mut run = midway(&node, &oracle);
    cluster.kill();
    // Longer than any transaction is tried again by itself.
    thread::sleep(Duration::from_secs(5));
    cluster.start_again();
    assert_eq!(run.ends(), 0, "{}", node.log());
    ended_well(&node, &oracle, recipients(), WINDOW * CONNECTIONS);
}

#[test]
fn a_standby_that_is_promoted_goes_on_where_the_primary_was_killed() {
    let Some(cluster) = Cluster::with_standby() else { return };
    let oracle = Oracle::start();
    let recipients = 3 * recipients();
    let rate = format!("rate_per_second = {}", recipients / 4);
    let nodes = nodes(2, &cluster.url(), oracle.port, recipients, &rate);
    let mut runs: Vec<Running> = nodes.iter().map(|node| node.spawn(SEND, "log")).collect();
    until("a fifth is sent", || oracle.count() >= recipients / 5);
    cluster.kill();
    thread::sleep(Duration::from_secs(5));
    cluster.promote();
    all_end(&nodes, &mut runs);
    ended_well(&nodes[0], &oracle, recipients, 2 * WINDOW * CONNECTIONS);
    cluster.holds("(SELECT count(DISTINCT node) = 2 FROM accepted_counts WHERE count > 0)");
}
