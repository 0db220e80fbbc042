//! People leave by the pages of four nodes while these send: nobody is mailed after the answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::roles::{leave, way_out};
use super::{LONG, nodes, start};
use crate::support::fixture::{until, until_within};
use crate::support::http::port;
use crate::support::oracle::{Oracle, Said};
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, edition_status};
use crate::support::trials::is_long;

/// When a transaction for a mailbox was begun, by its address.
type Begun = Arc<Mutex<BTreeMap<String, Instant>>>;

#[test]
fn nobody_who_left_is_mailed_after_the_answer() {
    let (recipients, leaving) = if is_long() { (50_000, 1_000) } else { (2_400, 100) };
    let Some(cluster) = Cluster::start() else { return };
    let begun = Begun::default();
    let noted = Arc::clone(&begun);
    let oracle = Oracle::deciding(move |said: &Said<'_>| {
        if let Some(to) = said.line.strip_prefix("RCPT TO:<").and_then(|line| line.split('>').next()) {
            noted.lock().unwrap().insert(to.to_owned(), Instant::now());
        }
        None
    });
    let rate = format!("rate_per_second = {}", if is_long() { 500 } else { 200 });
    let nodes = nodes(5, &cluster.url(), oracle.port, recipients, &rate);
    let mut daemons: Vec<_> = nodes[..4].iter().map(|node| start(node, &["-v", "run"])).collect();
    let ports: Vec<u16> = nodes[..4].iter().map(port).collect();
    let mut send = start(&nodes[4], SEND);
    until("it is being sent", || oracle.count() > 0);
    // Evenly over the list, each node a quarter: some leave before they are mailed, and some after.
    let each = recipients / leaving;
    let answers: Vec<(usize, Instant)> = thread::scope(|scope| {
        let clicks = ports.iter().enumerate().map(|(at, port)| {
            let node = &nodes[at];
            scope.spawn(move || {
                let those = (at..leaving).step_by(4).map(|one| recipients - one * each);
                let click = |recipient: usize| {
                    leave(*port, &way_out(node, u64::try_from(recipient).unwrap()));
                    let answered = Instant::now();
                    thread::sleep(Duration::from_millis(100));
                    (recipient, answered)
                };
                those.map(click).collect::<Vec<_>>()
            })
        });
        let clicks: Vec<_> = clicks.collect();
        clicks.into_iter().flat_map(|clicks| clicks.join().unwrap()).collect()
    });
    assert_eq!(send.ends_within(LONG), 0, "{}", nodes[4].log());
    until_within(LONG, "all is sent", || edition_status(&nodes[4], "accepted").1 == "sent");
    let begun = begun.lock().unwrap();
    let (mut before, mut never) = (0, 0);
    for (recipient, answered) in &answers {
        match begun.get(&format!("s{}@school.example", recipient - 1)) {
            None => never += 1,
            Some(at) if at < answered => before += 1,
            Some(at) => panic!("number {recipient} was mailed {:?} after the answer", *at - *answered),
        }
    }
    eprintln!("{} left while four nodes sent: {before} had been mailed, {never} were not", answers.len());
    assert_eq!(answers.len(), leaving);
    assert!(never >= leaving / 4, "{never} were not mailed: too few to show anything");
    for (daemon, node) in daemons.iter_mut().zip(&nodes) {
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), 0, "{}", node.log());
    }
}
