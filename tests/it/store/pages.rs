//! A page of steps as one statement, by what a node remembers of the items that it has in hand. What the older way needs is taken away
//! here, so that it can't be what succeeds.

use std::sync::Arc;

use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};
use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::{AttemptResult, Outbox as _, Step};

use super::desk::Desk as _;
use super::hasher;
use super::samples::{SEVEN, address, at, claim, crowd, id, send_out, state};
use crate::support::postgres::{change, fresh};

/// A store with so many mails in hand.
async fn in_hand(number: usize) -> (PostgresSettings, PostgresStore) {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(number)).await;
    assert_eq!(claim(&store, 2, 9).await.len(), number);
    (settings, store)
}

fn step(result: Option<u64>, marked: Option<u64>) -> Step {
    // It has no words that others may be told, too.
    let accepted = Outcome::Accepted(Reply { code: Some(250), text: String::new() });
    let accepted = |number| AttemptResult { id: id(number), outcome: accepted.clone(), at: at(3), retry_at: None };
    Step { result: result.map(accepted), mark: marked.map(id) }
}

async fn take(store: &PostgresStore, steps: &[Step]) -> Vec<bool> {
    let steps: Arc<[Step]> = steps.into();
    store.record_and_mark(&steps).await.unwrap().into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_and_results_need_not_be_read_first() {
    let (settings, store) = in_hand(4).await;
    change(&settings, "ALTER FUNCTION items_in_hand RENAME TO not_to_be_had");
    assert_eq!(take(&store, &[step(None, Some(1)), step(None, Some(2))]).await, [true, true]);
    assert_eq!(take(&store, &[step(Some(1), Some(3)), step(Some(2), Some(4))]).await, [true, true]);
    assert_eq!(take(&store, &[step(Some(3), None), step(Some(4), None)]).await, [false, false]);
    assert_eq!(store.tally(SEVEN).await.unwrap().accepted, 4);
    change(&settings, "DO $$ BEGIN ASSERT (SELECT count(*) = 4 AND sum(number) = 4 FROM attempts); END $$");
}

/// Nothing was decided since the claim, so nothing else is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_wanted_is_so_until_something_is_decided() {
    let (settings, store) = in_hand(2).await;
    change(&settings, "ALTER FUNCTION are_wanted RENAME TO not_to_be_had");
    assert!(store.is_wanted(id(1)).await.unwrap());
    change(&settings, "ALTER FUNCTION not_to_be_had RENAME TO are_wanted");
    store.unsubscribe(&address("m0@school.example"), SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    assert!(!store.is_wanted(id(1)).await.unwrap() && store.is_wanted(id(2)).await.unwrap());
    assert_eq!(take(&store, &[step(None, Some(1)), step(None, Some(2))]).await, [false, true]);
    assert_eq!(state(&store, id(1)).await, DeliveryState::Suppressed);
}

/// Of a claim that a standby had not heard of when it was promoted, nothing is sent, however little was decided since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_in_hand_any_more_is_not_wanted() {
    let (settings, store) = in_hand(2).await;
    change(&settings, "UPDATE deliveries SET state = 0, claim = NULL WHERE recipient = 1");
    assert!(!store.is_wanted(id(1)).await.unwrap() && store.is_wanted(id(2)).await.unwrap());
}

/// A statement that is not answered, and comes only after it was asked what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_comes_too_late_is_not_written() {
    let (settings, store) = in_hand(1).await;
    let page = "write_page(
        (SELECT version FROM store), 0, 0, 0, 0, 5, 77, (SELECT claim FROM deliveries WHERE recipient = 1), '', 'sending',
        '{7}', '{1}', '{1}', '{0}', '{f}', '{2}', '{0}', '{NULL}', '{f}', '{t}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
    change(&settings, "DO $$ BEGIN ASSERT NOT is_left(5, 77); END $$");
    let refused = format!(
        "DO $$ BEGIN PERFORM * FROM {page}; RAISE 'it was written'; EXCEPTION WHEN SQLSTATE 'FN001' THEN NULL; END $$"
    );
    change(&settings, &refused);
    assert_eq!(state(&store, id(1)).await, DeliveryState::Claimed);
    // The same page in time.
    let written = page.replace("5, 77", "6, 78");
    change(&settings, &format!("DO $$ BEGIN PERFORM * FROM {written}; ASSERT is_left(6, 78); END $$"));
    assert_eq!(state(&store, id(1)).await, DeliveryState::InFlight);
}
