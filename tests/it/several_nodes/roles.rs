//! `run --role`: a sender shows no pages, a web node sends nothing, and together they do what one does alone.

use std::fs;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::subscriber::RecipientId;
use fortnightly::domain::token::{Keyring, Purpose, TokenPayload};

use super::{LONG, nodes, start, start_with_short_lease};
use crate::support::fixture::{Fixture, until, until_within};
use crate::support::http::{ask, port};
use crate::support::oracle::Oracle;
use crate::support::ports::free_port;
use crate::support::postgres::cluster::Cluster;
use crate::support::sending::{SEND, edition_status};

/// The path of the link by which a mailbox leaves, as it stands in its mail; mailboxes are numbered as they were imported, from 1.
pub(super) fn way_out(node: &Fixture, recipient: u64) -> String {
    let keyring = Keyring::from_text(&fs::read_to_string(node.path("var/secret")).unwrap()).unwrap();
    let signer = keyring.signer(keyring.current()).unwrap();
    let claim =
        TokenPayload { purpose: Purpose::Unsubscribe, edition: EditionNumber(7), recipient: RecipientId(recipient) };
    format!("/u/{}", signer.sign(&claim))
}

/// Leaves by one click (RFC 8058).
#[track_caller]
pub(super) fn leave(port: u16, way_out: &str) {
    let (head, body) = ask(port, "POST", way_out, "List-Unsubscribe=One-Click");
    assert!(head.starts_with("http/1.1 200"), "{head}\n{body}");
}

#[test]
fn a_web_node_shows_pages_and_a_sender_sends() {
    const ALL: usize = 200;
    let Some(cluster) = Cluster::start() else { return };
    let oracle = Oracle::start();
    let nodes = nodes(3, &cluster.url(), oracle.port, ALL, "rate_per_second = 40");
    let pages = free_port();
    for node in &nodes[..1] {
        node.edit(
            "config.toml",
            "listen = \"127.0.0.1:0\"\nconsole",
            &format!("listen = \"127.0.0.1:{pages}\"\nconsole"),
        );
    }
    let mut web = start(&nodes[1], &["-v", "run", "--role", "web"]);
    let port = port(&nodes[1]);
    // A command begins the run and is killed: what is left is not the web node's business.
    let mut send = start_with_short_lease(&nodes[2], SEND);
    until("it has begun", || oracle.count() >= 10);
    send.0.kill().unwrap();
    send.0.wait().unwrap();
    let begun = oracle.count();
    // Longer than the lease of the killed one.
    thread::sleep(Duration::from_secs(5));
    assert_eq!(oracle.count(), begun, "a web node sent something");
    let mut sender = start(&nodes[0], &["-v", "run", "--role", "sender"]);
    until("the sender sends", || oracle.count() > begun + 5);
    let late = u64::try_from(ALL).unwrap();
    let to = |recipient: u64| format!("s{}@school.example", recipient - 1);
    leave(port, &way_out(&nodes[1], late));
    leave(port, &way_out(&nodes[1], late - 1));
    assert!(TcpStream::connect(("127.0.0.1", pages)).is_err(), "a sender shows pages");
    until_within(LONG, "all is sent", || edition_status(&nodes[1], "accepted").1 == "sent");
    let taken = oracle.taken();
    assert!(!taken.contains_key(&to(late)) && !taken.contains_key(&to(late - 1)), "someone who left was mailed");
    assert_eq!(taken.len(), ALL - 2);
    assert_eq!(edition_status(&nodes[1], "suppressed").0, 2);
    for (daemon, node) in [(&mut web, &nodes[1]), (&mut sender, &nodes[0])] {
        daemon.signal("-TERM");
        assert_eq!(daemon.ends(), 0, "{}", node.log());
    }
}
