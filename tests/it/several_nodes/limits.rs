//! Rate, cap and brake of all nodes together.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{LONG, all_end, most_in_a_second, nodes, start};
use crate::support::fixture::{Running, until};
use crate::support::oracle::{Oracle, Said};
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, edition_status};

/// When each final dot came.
type Dots = Arc<Mutex<Vec<Instant>>>;

fn that_notes_dots() -> (Oracle, Dots) {
    let dots = Dots::default();
    let noted = Arc::clone(&dots);
    let oracle = Oracle::deciding(move |said: &Said<'_>| {
        if said.line == "DOT" {
            noted.lock().unwrap().push(Instant::now());
        }
        None
    });
    (oracle, dots)
}

/// The third joins in the middle, and then one leaves: never more in a second than the rate, nor much less.
#[test]
fn a_rate_is_kept_by_all_together() {
    const RATE: usize = 150;
    const ALL: usize = 1_600;
    let Some(cluster) = Cluster::start() else { return };
    let (oracle, dots) = that_notes_dots();
    let nodes = nodes(3, &cluster.url(), oracle.port, ALL, &format!("rate_per_second = {RATE}"));
    let begun = Instant::now();
    let mut runs: Vec<Running> = nodes[..2].iter().map(|node| start(node, SEND)).collect();
    until("two are at work", || oracle.count() >= ALL / 24);
    runs.push(start(&nodes[2], SEND));
    all_end(&nodes, &mut runs);
    assert_eq!((oracle.count(), oracle.taken().len()), (ALL, ALL));
    cluster.holds("(SELECT count(DISTINCT node) = 3 FROM accepted_counts WHERE count > 0)");
    let most = most_in_a_second(&dots.lock().unwrap());
    // A tenth for what was under way for longer than what came after it.
    assert!(most <= RATE + RATE / 10, "{most} in a second");
    // Four times as long as it takes, for a machine that is busy with other tests.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(45), "{took:?} for {ALL} at {RATE} a second");
}

/// Turns that come closer together than the database answers are used all the same, also by a worker that is alone.
#[test]
fn a_rate_that_nobody_reaches_stops_nobody() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let nodes = nodes(1, &cluster.url(), oracle.port, 15, "rate_per_second = 100000");
    nodes[0].edit("config.toml", "connections = 2", "connections = 1");
    assert_eq!(start(&nodes[0], SEND).ends(), 0, "{}", nodes[0].log());
    assert_eq!(oracle.count(), 15);
}

/// Some are refused, so that what the first had in hand was too little: the day's cap is used up all the same, and not exceeded.
#[test]
fn a_daily_cap_is_kept_by_all_together() {
    const CAP: usize = 700;
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::deciding(|said: &Said<'_>| {
        let is_bad = said.line.starts_with("RCPT") && said.line.contains("55@");
        is_bad.then_some("550 5.7.1 not for you")
    });
    let nodes = nodes(3, &cluster.url(), oracle.port, 1_500, &format!("daily_cap = {CAP}\nrate_per_second = 300"));
    let mut runs: Vec<Running> = nodes.iter().map(|node| start(node, SEND)).collect();
    for (node, run) in nodes.iter().zip(&mut runs) {
        assert_eq!(run.ends_within(LONG), 1, "{}", node.log());
        assert!(node.log().contains("daily_cap"), "{}", node.log());
    }
    assert_eq!(oracle.count(), CAP);
    let (failed, state, _) = edition_status(&nodes[0], "failed");
    assert!(failed > 0 && state == "sending", "{failed} failed, {state}");
    nodes[0].run(SEND).exits(1).complains("daily_cap");
    assert_eq!(oracle.count(), CAP, "tomorrow is another day");
    cluster.holds("NOT EXISTS (SELECT 1 FROM deliveries WHERE claim IS NOT NULL)");
}

/// One in ten is refused, of so few on each node that none would stop by itself.
#[test]
fn a_run_stops_when_all_together_are_refused_too_often() {
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::deciding(|said: &Said<'_>| {
        let is_bad = said.line.starts_with("RCPT") && said.line.contains("5@");
        is_bad.then_some("550 5.7.1 not for you")
    });
    let nodes = nodes(4, &cluster.url(), oracle.port, 2_400, "rate_per_second = 60");
    let mut runs: Vec<Running> = nodes.iter().map(|node| start(node, SEND)).collect();
    let codes: Vec<i32> = runs.iter_mut().map(|run| run.ends_within(LONG)).collect();
    assert_eq!(edition_status(&nodes[0], "accepted").1, "held", "{codes:?}");
    assert!(codes.contains(&1), "{codes:?}: {}", nodes[0].log());
    let tried = oracle.asked().len();
    // Alone, each would have gone on to its fiftieth.
    assert!((50..150).contains(&tried), "{tried} were tried");
    cluster.holds("(SELECT count(DISTINCT node) > 1 FROM accepted_counts WHERE count > 0)");
}
