//! What changes many deliveries at once does so in parts, and says so in one line of the audit.

use fortnightly::domain::delivery::listing::{DeliveryFilter, RetriedPart};
use fortnightly::domain::delivery::{DeliveryState, Outcome};
use fortnightly::domain::edition::EditionState;
use fortnightly::store::Store;

use super::deliveries::ended;
use super::samples::{Open, SEVEN, at, claim, crowd, done, id, reply, send_out};
use super::whole::Whole as _;

pub(in crate::store) fn all_of(states: &[DeliveryState]) -> DeliveryFilter {
    DeliveryFilter { edition: Some(SEVEN), states: states.to_vec(), addresses: None, bounced: false }
}

async fn noted(store: &dyn Store, action: &str) -> Vec<String> {
    let all = store.audit().await.unwrap();
    all.into_iter().filter(|row| row.action == action).map(|row| row.detail).collect()
}

pub(in crate::store) async fn what_waits_expires_in_parts(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    claim(&*store, 2, 1).await;
    done(&*store, id(1), Outcome::Transient(reply(451)), Some(30)).await;
    for (before, expired) in [(0, 2), (2, 2), (4, 1), (5, 0)] {
        assert_eq!(store.expire(SEVEN, before, 2, at(3)).await.unwrap(), expired);
        assert_eq!(store.tally(SEVEN).await.unwrap().expired, before + expired);
    }
    assert_eq!(noted(&*store, "expire").await, ["5 deliveries"]);
}

pub(in crate::store) async fn what_is_queued_is_put_off_in_parts(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    for (postponed, queued) in [(2, 3), (2, 1), (1, 0), (0, 0)] {
        assert_eq!(store.postpone(Some(SEVEN), at(25)..at(40), 2).await.unwrap(), postponed);
        assert_eq!(store.tally(SEVEN).await.unwrap().queued, queued);
    }
}

/// Those that stay as they are, because their mailbox is suppressed, are met once.
pub(in crate::store) async fn what_ended_is_taken_up_again_in_parts(open: Open<'_>) {
    use DeliveryState::{Accepted, Expired, Failed, Uncertain};
    let store = open();
    ended(&*store).await;
    let (all, mut part, mut queued) = (all_of(&[Failed, Expired, Uncertain, Accepted]), RetriedPart::default(), vec![]);
    loop {
        part = store.retry(SEVEN, &all, part, 1, at(100)).await.unwrap();
        queued.push(store.tally(SEVEN).await.unwrap().queued);
        assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Sending);
        if part.last.is_none() {
            break;
        }
    }
    assert_eq!((part.retried.ended, part.retried.uncertain, part.retried.suppressed), (2, 1, 1));
    assert_eq!(queued, [1, 2, 3, 3, 3]);
    assert_eq!(noted(&*store, "retry").await, ["3 deliveries"]);
}

pub(in crate::store) async fn what_is_uncertain_is_resolved_in_parts(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(4)).await;
    claim(&*store, 2, 9).await;
    for number in 1..=4 {
        done(&*store, id(number), Outcome::Uncertain(reply(421)), None).await;
    }
    let all = all_of(&[DeliveryState::Uncertain]);
    for (before, resolved) in [(0, 2), (2, 2), (4, 0)] {
        assert_eq!(store.resolve(SEVEN, &all, false, (before, 2), at(9)).await.unwrap(), resolved);
        assert_eq!(store.tally(SEVEN).await.unwrap().failed, before + resolved);
    }
    assert_eq!(noted(&*store, "resolve").await, ["4 deliveries are failed"]);
    assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Sent);
}
