//! Nodes whose clocks are two hours apart: leases are the database's affair.

use std::fs;
use std::process::Stdio;

use super::{LONG, all_end, ended_well, nodes};
use crate::support::faketime;
use crate::support::fixture::{Fixture, Running, until_within};
use crate::support::oracle::Oracle;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::SEND;
use crate::support::trials::is_long;

#[test]
fn clocks_that_are_hours_apart_change_nothing() {
    let recipients = if is_long() { 50_000 } else { 2_000 };
    let Some(library) = faketime("clocks that are apart") else { return };
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    // A run of several leases, in which the two with a wrong clock begin last.
    let rate = format!("rate_per_second = {}", recipients / 8);
    let nodes = nodes(4, &cluster.url(), oracle.port, recipients, &rate);
    let start = |node: &Fixture, arguments: &[&str], clock: &str| {
        let mut command = node.command(arguments);
        let log = fs::File::create(node.path("log")).unwrap();
        command.env("LD_PRELOAD", &library).env("FAKETIME", clock).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.env("FORTNIGHTLY_LEASE_MILLIS", "2000").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Running(command.spawn().unwrap())
    };
    let mut runs = vec![start(&nodes[0], SEND, "+0")];
    until_within(LONG, "it is being sent", || oracle.count() > 0);
    let status = nodes[0].run(&["status", "--json"]).exits(0).json();
    let editions = status["editions"].as_array().unwrap();
    let number = editions.iter().find(|edition| edition["state"] == "sending").unwrap()["edition"].to_string();
    let that_one = ["send", "--edition", &number, "--yes"];
    for (node, clock) in nodes[1..].iter().zip(["+0", "+1h", "-1h"]) {
        runs.push(start(node, &that_one, clock));
    }
    all_end(&nodes, &mut runs);
    ended_well(&nodes[0], &oracle, recipients, 0);
    cluster.holds("(SELECT count(DISTINCT node) > 2 FROM accepted_counts WHERE count > 0)");
}
