//! A relay that takes a mail and whose answer never comes: a few copies at growing intervals, a run that stops itself, and
//! then a person decides.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::fixture::Fixture;
use crate::support::oracle::Oracle;
use crate::support::sending::{SEND, behind_relay, edition_status, send_after, with_connections};

/// Whether the edition is held because nothing was answered, and for how many mails.
fn held_for(fixture: &Fixture) -> Option<String> {
    let (_, state, attention) = edition_status(fixture, "total");
    (state == "held").then_some(attention)
}

#[test]
fn a_run_in_which_no_mail_is_answered_stops_itself() {
    for connections in [1, 2, 8] {
        let relay = Oracle::with(&[("DOT", "!drop")]);
        let fixture = with_connections(relay.port, 3, connections, "");
        fixture.nothing_due();
        fixture.run(SEND).exits(1).complains("deliveries resolve");
        let attention = held_for(&fixture).unwrap_or_else(|| panic!("{connections} connections: it is not held"));
        assert!(attention.contains("no answer") && attention.contains("deliveries"), "{attention}");
        assert_eq!((relay.asked().len(), edition_status(&fixture, "uncertain").0), (3, 3));
        // Nothing leaves until someone says so.
        fixture.run(&["send"]).exits(1);
        assert_eq!(relay.asked().len(), 3);
    }
}

#[test]
fn a_relay_that_never_answers_gets_no_more_than_a_few_mails() {
    for (connections, most) in [(2, 10 + 2), (8, 16 + 8)] {
        let relay = Oracle::with(&[("DOT", "!drop")]);
        let fixture = with_connections(relay.port, 200, connections, "");
        fixture.run(SEND).exits(1);
        assert!(held_for(&fixture).is_some());
        assert!((10..=most).contains(&relay.asked().len()), "{} of 200 were handed over", relay.asked().len());
    }
}

/// One answer in between is enough: it is the mail, and not the relay.
#[test]
fn a_relay_that_answers_some_goes_on() {
    let relay = Oracle::deciding(|said| (said.line == "DOT" && !said.to.starts_with("s7")).then_some("!drop"));
    let fixture = behind_relay(relay.port, 9, "");
    fixture.run(SEND).exits(1);
    assert_eq!(held_for(&fixture), None);
    assert_eq!((edition_status(&fixture, "accepted").0, edition_status(&fixture, "uncertain").0), (1, 8));
}

/// A mail that is refused at the dot was answered, too.
#[test]
fn an_answer_ends_the_row_whatever_it_says() {
    let dots = AtomicUsize::new(0);
    let relay = Oracle::deciding(move |said| {
        let asked = said.line == "DOT";
        asked.then(|| if dots.fetch_add(1, Ordering::SeqCst) % 5 == 4 { "451 4.3.0 try later" } else { "!drop" })
    });
    let fixture = behind_relay(relay.port, 30, "");
    fixture.run(SEND).exits(1);
    assert_eq!(held_for(&fixture), None);
    assert_eq!((edition_status(&fixture, "deferred").0, edition_status(&fixture, "uncertain").0), (6, 24));
}

/// All connections at once, as when a relay is started anew: that is one event, and the rest leaves.
#[test]
fn a_relay_that_is_started_anew_stops_nothing() {
    let relay = Oracle::deciding(|said| {
        let first = said.connection < 4 && said.line == "DOT" && said.mails > 0;
        first.then_some("!drop")
    });
    let fixture = with_connections(relay.port, 60, 4, "");
    fixture.run(SEND).exits(1);
    assert_eq!(held_for(&fixture), None);
    assert_eq!(edition_status(&fixture, "accepted").0 + edition_status(&fixture, "uncertain").0, 60);
}

/// Half an hour, an hour, two hours; then it is left to a person, and the edition is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_sent_again_three_times_at_most() {
    let relay = Oracle::with(&[("DOT", "!drop")]);
    // With one mailbox there is no row of unanswered mails that could stop a run.
    let fixture = behind_relay(relay.port, 1, "");
    let mut copies = Vec::new();
    for minutes in [0, 20, 40, 70, 120, 180, 280, 600, 3_000, 8_000, 18_000] {
        send_after(&fixture, minutes).await;
        copies.push(relay.asked().len());
        let (_, state, _) = edition_status(&fixture, "total");
        assert_eq!(state, if copies.last() < Some(&4) { "sending" } else { "sent" }, "after {minutes} minutes");
    }
    assert_eq!(copies, [1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4]);
    let (uncertain, _, attention) = edition_status(&fixture, "uncertain");
    assert_eq!(uncertain, 1);
    assert!(attention.contains("may or may not have arrived"), "{attention}");
}

#[test]
fn nothing_is_sent_again_where_a_person_is_to_decide() {
    let relay = Oracle::with(&[("DOT", "!drop")]);
    let fixture = behind_relay(relay.port, 3, "on_uncertain = \"hold\"\n");
    fixture.run(SEND).exits(1);
    // There is nothing left that a hold could hold back.
    assert_eq!(edition_status(&fixture, "uncertain").1, "sent");
    assert_eq!(relay.asked().len(), 3);
}

/// A person looked, and lets the rest go on; what is known to have arrived is not sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_settles_what_is_uncertain_and_lets_the_rest_go() {
    let relay = Oracle::with(&[("DOT", "!drop")]);
    let fixture = behind_relay(relay.port, 3, "");
    send_after(&fixture, 0).await;
    assert!(held_for(&fixture).is_some());
    let now = "2026-11-30T10:00:00Z";
    let edition = "7";
    let resolve = ["deliveries", "resolve", "--accepted", "s0@school.example", "--edition", edition];
    fixture.at(now, &resolve).exits(0);
    fixture.at(now, &["release", edition]).exits(0);
    let kind = Oracle::start();
    let config = std::fs::read_to_string(fixture.path("config.toml")).unwrap();
    fixture.write("config.toml", &config.replace(&format!(":{}\"", relay.port), &format!(":{}\"", kind.port)));
    send_after(&fixture, 120).await;
    assert_eq!(kind.taken().keys().collect::<Vec<_>>(), ["s1@school.example", "s2@school.example"]);
    let (accepted, state, _) = edition_status(&fixture, "accepted");
    assert_eq!((accepted, state.as_str()), (3, "sent"));
}
