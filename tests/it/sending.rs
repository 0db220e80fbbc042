//! When a run stops by itself, how fast it goes, and what a relay's oddities come to. The relay's own log is the oracle.

use std::time::Instant;

use crate::support::oracle::{Oracle, Script};
use crate::support::sending::{SEND, behind_relay, edition_status};

#[test]
fn a_relay_that_refuses_us_stops_the_run_and_the_edition_is_held() {
    const REFUSALS: [Script; 4] = [
        &[("EHLO", "550 5.7.1 not you")],
        &[("MAIL", "550 5.7.1 not you")],
        &[("RCPT", "550 5.1.8 bad sender")],
        &[("DOT", "554 5.1.7 bad sender")],
    ];
    for script in REFUSALS {
        let relay = Oracle::with(script);
        let fixture = behind_relay(relay.port, 30, "");
        fixture.run(SEND).exits(1).complains("refuses this sender");
        let (queued, state, attention) = edition_status(&fixture, "queued");
        assert_eq!((queued, state.as_str()), (30, "held"), "{script:?}");
        assert!(attention.contains("is held: the run stopped itself"), "{attention}");
        // Nothing leaves until someone says so.
        fixture.run(&["send"]).exits(1);
        assert_eq!(relay.count(), 0);
    }
}

#[test]
fn a_run_in_which_one_in_twenty_is_refused_stops() {
    // s7, s17, s70 to s79 and s170 to s179: 22 of 400 are refused.
    let relay = Oracle::with(&[("RCPT TO:<s7", "550 5.7.1 no"), ("RCPT TO:<s17", "550 5.7.1 no")]);
    let fixture = behind_relay(relay.port, 400, "");
    fixture.run(SEND).exits(1).complains("refused for good");
    let (failed, state, attention) = edition_status(&fixture, "failed");
    assert_eq!(state, "held", "{attention}");
    assert!((3..30).contains(&failed) && relay.count() < 400, "{failed} failed");
    assert!(attention.contains("refused for good"), "{attention}");
}

#[test]
fn without_a_relay_everything_waits_and_nothing_counts_as_tried() {
    let closed = crate::support::ports::free_port();
    let fixture = behind_relay(closed, 40, "");
    fixture.run(SEND).exits(1).complains("cannot be reached");
    let (deferred, state, _) = edition_status(&fixture, "deferred");
    assert_eq!((deferred, state.as_str()), (40, "sending"));
}

#[test]
fn a_cap_ends_the_day_and_the_rest_waits() {
    let relay = Oracle::start();
    let fixture = behind_relay(relay.port, 30, "daily_cap = 12\n");
    fixture.run(SEND).exits(1).complains("daily_cap");
    assert_eq!(relay.count(), 12);
    fixture.run(SEND).exits(1);
    assert_eq!(relay.count(), 12, "the cap begins anew with every run");
    assert_eq!(edition_status(&fixture, "queued").0, 18);
}

#[test]
fn a_rate_is_kept() {
    let relay = Oracle::start();
    let fixture = behind_relay(relay.port, 60, "rate_per_second = 40\n");
    let begun = Instant::now();
    fixture.run(SEND).exits(0);
    // 60 mails at 40 a second take one and a half seconds; a slow machine only takes longer.
    assert!(begun.elapsed().as_millis() >= 1_400, "{:?}", begun.elapsed());
    assert_eq!(relay.count(), 60);
}

#[test]
fn an_answer_before_its_question_is_never_taken_for_acceptance() {
    // Along with the 354 comes what looks like the answer to the dot.
    let relay = Oracle::with(&[("DATA", "354 go on\r\n250 2.0.0 taken")]);
    let fixture = behind_relay(relay.port, 3, "");
    fixture.run(SEND).exits(1);
    assert_eq!(edition_status(&fixture, "accepted").0, 0);
    assert_eq!(edition_status(&fixture, "deferred").0, 3);
}

#[test]
fn a_refused_recipient_gets_no_content_although_data_is_taken() {
    let relay = Oracle::with(&[("RCPT TO:<s1@", "550 5.1.1 no such user")]);
    let fixture = behind_relay(relay.port, 3, "");
    fixture.run(SEND).exits(1);
    assert_eq!(edition_status(&fixture, "failed").0, 1);
    let taken = relay.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(!taken.contains_key("s1@school.example"));
    fixture.run(&["suppressions", "list"]).exits(0).says("s1@school.example");
}

#[test]
fn only_a_2xx_at_the_dot_counts() {
    for odd in [&[("DOT", "354 more")] as Script, &[("DOT", "999 what")], &[("DOT", "no number")]] {
        let relay = Oracle::with(odd);
        let fixture = behind_relay(relay.port, 2, "on_uncertain = \"hold\"\n");
        fixture.run(SEND).exits(1);
        assert_eq!(edition_status(&fixture, "uncertain").0, 2, "{odd:?}");
    }
}
