//! Two nodes send a bulletin together, and one of them is killed.

use super::{CONNECTIONS, WINDOW, all_end, ended_well, nodes, start_with_short_lease};
use crate::support::fixture::until;
use crate::support::oracle::Oracle;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND_WARNING, WARNING, WARNING_TEXT};

const READERS: usize = 500;

#[test]
fn one_of_two_nodes_is_killed_in_the_middle_of_a_bulletin() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    // Four seconds at least, so that something can happen meanwhile.
    let nodes = nodes(2, &cluster.url(), oracle.port, READERS, "rate_per_second = 125");
    for node in &nodes {
        node.write(WARNING, WARNING_TEXT);
    }
    let mut runs: Vec<_> = nodes.iter().map(|node| start_with_short_lease(node, SEND_WARNING)).collect();
    until("a fifth is sent", || oracle.count() >= READERS / 5);
    runs[0].0.kill().unwrap();
    all_end(&nodes[1..], &mut runs[1..]);
    ended_well(&nodes[1], &oracle, READERS, WINDOW * CONNECTIONS);
    nodes[1].run(SEND_WARNING).exits(0).says("was sent before: 500 mails");
    cluster.holds("NOT EXISTS (SELECT 1 FROM deliveries WHERE claim IS NOT NULL)");
    cluster.holds("(SELECT count(*) = 500 AND count(DISTINCT recipient) = 500 FROM deliveries)");
}
