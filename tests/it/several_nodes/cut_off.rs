//! A node that is cut off from the database for longer than its lease, and then back.

use super::namespace::Namespace;
use super::wire::Wire;
use super::{CONNECTIONS, LONG, WINDOW, all_end, beside, ended_well, nodes, start_with_short_lease};
use crate::support::fixture::{Fixture, until_within};
use crate::support::oracle::Oracle;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, with_connections};
use crate::support::trials::is_long;

/// Who shares the store, by number.
fn numbers(node: &Fixture) -> Vec<u64> {
    let all = node.run(&["nodes", "--json"]).exits(0).json();
    all.as_array().unwrap().iter().map(|node| node["node"].as_u64().unwrap()).collect()
}

fn recipients() -> usize {
    if is_long() { 50_000 } else { 2_000 }
}

fn rate() -> String {
    format!("rate_per_second = {}\n", if is_long() { 2_000 } else { 150 })
}

/// The second of two nodes is cut off in the middle of a run until another has taken up what it had. What that was at a dot may come
/// twice, and nothing else does.
fn is_cut_off_and_back(nodes: &[Fixture], oracle: &Oracle, cut: impl FnOnce(), mend: impl FnOnce()) {
    let mut runs = vec![start_with_short_lease(&nodes[0], SEND)];
    until_within(LONG, "one is at work", || oracle.count() > recipients() / 20);
    let one = numbers(&nodes[0]);
    assert_eq!(one.len(), 1, "{}", nodes[0].log());
    runs.push(start_with_short_lease(&nodes[1], SEND));
    until_within(LONG, "both are at work", || numbers(&nodes[0]).len() == 2 && oracle.count() > recipients() / 5);
    cut();
    until_within(LONG, "what it had in hand is taken up", || numbers(&nodes[0]) == one);
    mend();
    all_end(nodes, &mut runs);
    let repeats = oracle.count() - oracle.taken().len();
    eprintln!("a node was cut off and back: {repeats} repeats");
    ended_well(&nodes[0], oracle, recipients(), WINDOW * CONNECTIONS);
}

/// Nobody is told: what is sent is taken, and goes nowhere.
#[test]
fn a_node_whose_wire_is_cut_repeats_only_what_was_at_a_dot() {
    let Some(cluster) = Cluster::start() else { return };
    let port = cluster.ports()[0];
    let wire = Wire::to(port);
    let oracle = Oracle::start();
    let nodes = nodes(2, &cluster.url(), oracle.port, recipients(), &rate());
    nodes[1].edit("config.toml", &format!("127.0.0.1:{port}/"), &format!("127.0.0.1:{}/", wire.port));
    is_cut_off_and_back(&nodes, &oracle, || wire.cut(), || wire.mend());
}

/// On another machine, as far as the network can tell, and with TLS.
#[test]
fn a_node_whose_network_is_gone_repeats_only_what_was_at_a_dot() {
    let Some(namespace) = Namespace::with_database() else { return };
    let oracle = Oracle::start();
    let (far, near) = (namespace.store(1), namespace.store(2));
    let first = with_connections(oracle.port, recipients(), CONNECTIONS, &format!("{}{near}", rate()));
    let nodes = [beside(&first), beside(&first)];
    nodes[1].edit("config.toml", &near, &far);
    is_cut_off_and_back(&nodes, &oracle, || namespace.set_wire(1, "down"), || namespace.set_wire(1, "up"));
}
