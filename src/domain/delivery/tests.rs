//! The state machine against a drawing made by hand, and over random histories.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::subscriber::SuppressionReason;
use DeliveryState::{Accepted, Claimed, Deferred, Expired, Failed, InFlight, Queued, Suppressed, Uncertain};

/// Every event there is, for outcomes that live long enough.
fn events(outcomes: &[Outcome]) -> Vec<Event<'_>> {
    let mut all = vec![Event::Claim, Event::Mark, Event::Postpone, Event::Expire, Event::Suppress, Event::Retry];
    for yes in [false, true] {
        all.push(Event::Crash { resend: yes });
        all.extend(outcomes.iter().map(|outcome| Event::Outcome { outcome, retry: yes }));
    }
    all
}

fn outcomes() -> Vec<Outcome> {
    let reply = Reply::default;
    vec![
        Outcome::Accepted(reply()),
        Outcome::Transient(reply()),
        Outcome::Permanent { reply: reply(), suppress: Some(SuppressionReason::Bounced) },
        Outcome::Uncertain(reply()),
        Outcome::SenderRefused(reply()),
        Outcome::Throttled { reply: reply(), limit: RelayLimit::Pace },
        Outcome::Withheld,
    ]
}

/// Where each state may lead, drawn by hand: once when nothing was perhaps accepted before, once when something was.
fn drawn(repeated: bool) -> BTreeSet<(DeliveryState, DeliveryState)> {
    let mut arrows = BTreeSet::from([
        (Queued, Claimed),
        (Queued, Deferred),
        (Deferred, Claimed),
        (Uncertain, Claimed),
        (Claimed, InFlight),
        (Claimed, Queued),
        (InFlight, Accepted),
        (InFlight, Queued),
        (InFlight, Uncertain),
        (Failed, Queued),
        (Expired, Queued),
        (Uncertain, Queued),
        (Uncertain, Uncertain),
    ]);
    if repeated {
        arrows.extend([Queued, Deferred, Claimed].map(|from| (from, Uncertain)));
    } else {
        arrows.extend([Queued, Deferred, Claimed].map(|from| (from, Suppressed)));
        arrows.extend([Queued, Deferred, Claimed, InFlight].map(|from| (from, Expired)));
        arrows.extend([Claimed, InFlight].into_iter().flat_map(|from| [(from, Failed), (from, Deferred)]));
    }
    arrows
}

#[test]
fn leads_only_where_drawn() {
    let outcomes = outcomes();
    for repeated in [false, true] {
        let found: BTreeSet<_> = DeliveryState::ALL
            .iter()
            .flat_map(|&from| events(&outcomes).into_iter().map(move |event| (from, event)))
            .filter_map(|(from, event)| Some((from, from.on(event, repeated).ok()?)))
            .collect();
        assert_eq!(found, drawn(repeated), "repeated: {repeated}");
    }
}

#[test]
fn a_reply_means_what_the_contract_says() {
    let [accepted, transient, permanent, uncertain, refused, throttled, withheld] = outcomes().try_into().unwrap();
    let after = |outcome, retry, repeated| InFlight.on(Event::Outcome { outcome, retry }, repeated).unwrap();
    assert_eq!(after(&accepted, false, true), Accepted);
    assert_eq!(after(&transient, true, false), Deferred);
    assert_eq!(after(&transient, true, true), Uncertain);
    assert_eq!(after(&transient, false, false), Expired);
    assert_eq!(after(&transient, false, true), Uncertain);
    assert_eq!(after(&permanent, true, false), Failed);
    assert_eq!(after(&permanent, true, true), Uncertain);
    assert_eq!(after(&uncertain, false, false), Uncertain);
    assert_eq!(after(&uncertain, true, false), Uncertain);
    assert_eq!(after(&refused, true, false), Deferred);
    assert_eq!(after(&refused, false, true), Queued);
    assert_eq!(after(&throttled, true, false), Deferred);
    assert_eq!(after(&throttled, false, true), Queued);
    assert_eq!(after(&withheld, false, true), Queued);
}

#[test]
fn only_what_waits_keeps_a_time() {
    let soon = chrono::DateTime::from_timestamp(1_800_000_000, 0);
    let [accepted, transient, permanent, uncertain, refused, throttled, withheld] = outcomes().try_into().unwrap();
    let next = |outcome, repeated| InFlight.after_attempt(outcome, soon, repeated).unwrap().next_at;
    for waits in [&transient, &uncertain, &refused, &throttled] {
        assert_eq!(next(waits, true), soon);
    }
    for ends in [&accepted, &permanent, &withheld] {
        assert_eq!(next(ends, true), None);
    }
    assert!(InFlight.after_attempt(&uncertain, None, false).unwrap().is_final());
    assert!(!InFlight.after_attempt(&uncertain, soon, false).unwrap().is_final());
}

#[test]
fn the_lists_of_states_are_what_they_say() {
    let at = |event| DeliveryState::arrows(event).iter().map(|arrow| arrow.from).collect::<Vec<_>>();
    assert_eq!(at(Event::Crash { resend: true }), DeliveryState::IN_HAND);
    assert_eq!(at(Event::Expire), [DeliveryState::WAITING, &[Uncertain]].concat());
    let ended: BTreeSet<_> = DeliveryState::ENDED.iter().copied().collect();
    assert_eq!(at(Event::Retry).into_iter().collect::<BTreeSet<_>>(), ended);
}

#[test]
fn nothing_is_accepted_or_uncertain_before_the_dot() {
    for outcome in [Outcome::Accepted(Reply::default()), Outcome::Uncertain(Reply::default())] {
        let error = Claimed.on(Event::Outcome { outcome: &outcome, retry: true }, false).unwrap_err();
        assert_eq!(error.to_string(), "a delivery that is Claimed cannot take an outcome");
    }
}

#[test]
fn codes_and_words_are_fixed() {
    let all: Vec<_> = DeliveryState::ALL.iter().map(|s| (s.code(), s.group(), s.is_settled())).collect();
    assert_eq!(
        all,
        [
            (0, "queued", false),
            (1, "sending", false),
            (2, "sending", false),
            (3, "accepted", true),
            (4, "deferred", false),
            (5, "uncertain", true),
            (6, "failed", true),
            (7, "expired", true),
            (8, "suppressed", true),
        ]
    );
    for &state in DeliveryState::ALL {
        assert_eq!(DeliveryState::from_code(state.code()), Some(state));
    }
    assert_eq!(DeliveryState::from_code(9), None);
}

proptest! {
    /// Over any history: accepted is final, and once a 2xx may have gone unseen, the delivery never settles as
    /// anything but accepted or uncertain (invariant 3).
    #[test]
    fn no_2xx_is_forgotten(start in 0_u8..9, steps in prop::collection::vec(0_usize..64, 1..60)) {
        let outcomes = outcomes();
        let events = events(&outcomes);
        let mut state = DeliveryState::from_code(start).unwrap();
        let mut repeated = state == Uncertain;
        for step in steps {
            let event = events[step % events.len()];
            let Ok(next) = state.on(event, repeated) else { continue };
            prop_assert_ne!(state, Accepted);
            repeated = state.repeated_after(event, repeated);
            state = next;
            prop_assert!(!(repeated && state.is_settled()) || matches!(state, Accepted | Uncertain));
            prop_assert!(state != Uncertain || repeated);
        }
    }
}
