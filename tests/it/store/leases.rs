//! Nodes on one database: what one has in hand is its own as long as its lease lasts, and anyone's once it is over.

use std::sync::Arc;
use std::time::Duration;

use fortnightly::domain::delivery::{DeliveryState, ItemId, Outcome, Reply};
use fortnightly::domain::refusal::Refusal;
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::{AttemptResult, Marked, Node, Step, Store, StoreError};

use super::hasher;
use super::samples::{ALL, at, claim, crowd, done, id, mark, record_and_mark, reply, send_out, state};
use crate::support::postgres::{change, fresh};

fn database() -> PostgresSettings {
    fresh().expect("PostgreSQL is installed where this is run")
}

async fn node(settings: &PostgresSettings) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(settings, hasher()).await.unwrap())
}

/// As if nobody had heard of any node for longer than a lease.
fn end_leases(settings: &PostgresSettings) {
    change(settings, "UPDATE nodes SET lease_until = clock_timestamp()");
}

fn accepted(id: ItemId) -> AttemptResult {
    AttemptResult { id, outcome: Outcome::Accepted(reply(250)), at: at(3), retry_at: None }
}

fn is_not_in_hand(marked: &Marked) -> bool {
    matches!(marked, Err(StoreError::Refused(Refusal::NotInHand(_))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_lease_is_over_keeps_results_and_marks_nothing() {
    let settings = database();
    let (one, two) = (node(&settings).await, node(&settings).await);
    send_out(&*one, &crowd(5)).await;
    claim(&*one, 2, 4).await;
    mark(&*one, id(1)).await;
    mark(&*one, id(4)).await;
    assert!(one.is_wanted(id(2)).await.unwrap());
    end_leases(&settings);
    assert!(!one.is_wanted(id(2)).await.unwrap());
    assert!(!record_and_mark(&*one, Some(accepted(id(1))), Some(id(2))).await.unwrap());
    assert_eq!(
        (state(&*one, id(1)).await, state(&*one, id(2)).await),
        (DeliveryState::Accepted, DeliveryState::Queued)
    );
    let anew = claim(&*one, 3, 9).await;
    assert_eq!(anew.iter().map(|claimed| claimed.id).collect::<Vec<_>>(), [id(2), id(5)], "under another number");
    assert!(mark(&*one, id(2)).await && one.is_wanted(id(2)).await.unwrap());
    // What it has under the number before is not marked, but what came of it is recorded, with what is its own now.
    assert_eq!(one.recover(true, at(4)).await.unwrap(), 0, "it is in our own hands");
    assert!(!one.is_wanted(id(4)).await.unwrap());
    assert!(record_and_mark(&*one, Some(accepted(id(4))), Some(id(5))).await.unwrap());
    assert_eq!(two.recover(true, at(4)).await.unwrap(), 1, "what it had under the number before");
    assert!(is_not_in_hand(&record_and_mark(&*one, None, Some(id(3))).await));
    let states = [state(&*one, id(2)).await, state(&*one, id(4)).await, state(&*one, id(5)).await];
    assert_eq!(states, [DeliveryState::InFlight, DeliveryState::Accepted, DeliveryState::InFlight]);
}

/// A run puts back what it had under each of its numbers, and then none of them but the last is kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_abandoned_is_all_that_is_in_our_hands() {
    let settings = database();
    let one = node(&settings).await;
    send_out(&*one, &crowd(3)).await;
    claim(&*one, 2, 2).await;
    end_leases(&settings);
    claim(&*one, 3, 2).await;
    assert_eq!(one.nodes().await.unwrap().len(), 2);
    assert_eq!(one.abandon(true, at(4)).await.unwrap(), 3);
    assert_eq!(one.nodes().await.unwrap().len(), 1);
    assert_eq!(one.abandon(true, at(4)).await.unwrap(), 0);
    assert_eq!(claim(&*one, 5, 9).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_node_took_up_is_not_ours_any_more() {
    let settings = database();
    let (one, two) = (node(&settings).await, node(&settings).await);
    send_out(&*one, &crowd(2)).await;
    claim(&*one, 2, 2).await;
    mark(&*one, id(1)).await;
    end_leases(&settings);
    assert_eq!(two.recover(true, at(3)).await.unwrap(), 2);
    let again = claim(&*two, 4, 9).await;
    assert_eq!(again.iter().map(|one| (one.id, one.repeated)).collect::<Vec<_>>(), [(id(1), true), (id(2), false)]);
    assert!(is_not_in_hand(&record_and_mark(&*one, Some(accepted(id(1))), None).await));
    assert!(is_not_in_hand(&record_and_mark(&*one, None, Some(id(2))).await));
    assert!(!one.is_wanted(id(1)).await.unwrap() && two.is_wanted(id(1)).await.unwrap());
    assert_eq!(state(&*one, id(1)).await, DeliveryState::Claimed);
    assert_eq!(one.abandon(true, at(5)).await.unwrap(), 0);
    assert_eq!(one.recover(true, at(5)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_as_long_as_the_store_is_open() {
    let settings = PostgresSettings { lease: Duration::from_millis(600), ..database() };
    let (one, two) = (node(&settings).await, node(&settings).await);
    send_out(&*one, &crowd(2)).await;
    claim(&*one, 2, 1).await;
    tokio::time::sleep(settings.lease * 3).await;
    assert_eq!(two.recover(true, at(3)).await.unwrap(), 0);
    assert!(mark(&*one, id(1)).await);
}

/// Each page of steps is one of many at once: what they say is stored in few words, and read back whole.
#[tokio::test(flavor = "multi_thread")]
async fn replies_of_a_page_share_their_words() {
    let settings = database();
    let store = node(&settings).await;
    send_out(&*store, &crowd(6)).await;
    claim(&*store, 2, 9).await;
    let said = |number: u64| format!("2.0.0 Ok: queued as 4bJ9Xk2H{number}{}", '\u{fffd}');
    for page in [1..=3, 4..=6] {
        let step = |number| {
            let reply = Reply { code: Some(250), text: said(number).replace('\u{fffd}', "\0") };
            let outcome = Outcome::Accepted(reply);
            [
                Step { result: None, mark: Some(id(number)) },
                Step { result: Some(AttemptResult { outcome, ..accepted(id(number)) }), mark: None },
            ]
        };
        let steps: Vec<Step> = page.flat_map(step).collect();
        assert!(store.record_and_mark(&steps.into()).await.unwrap().iter().all(Result::is_ok));
    }
    let all = super::samples::all_of(&[DeliveryState::Accepted]);
    let listed = store.deliveries(&all, None, ALL).await.unwrap();
    let texts: Vec<String> = listed.into_iter().map(|one| one.last.unwrap().reply.text).collect();
    assert_eq!(texts, (1..=6).map(said).collect::<Vec<_>>());
    change(&settings, "DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM replies); END $$");
    change(&settings, "DO $$ BEGIN ASSERT (SELECT count(*) >= 4 FROM attempts WHERE words IS NOT NULL); END $$");
}

/// What a page decides about a mailbox holds for what follows in the same page.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_suppressed_by_a_step_is_so_for_the_next() {
    use fortnightly::domain::subscriber::SuppressionReason;

    let settings = database();
    let store = node(&settings).await;
    send_out(&*store, &crowd(3)).await;
    claim(&*store, 2, 9).await;
    mark(&*store, id(1)).await;
    let gone = Outcome::Permanent { reply: reply(550), suppress: Some(SuppressionReason::Bounced) };
    let steps = [
        Step { result: Some(AttemptResult { outcome: gone, ..accepted(id(1)) }), mark: Some(id(2)) },
        Step { result: None, mark: Some(id(1)) },
        Step { result: Some(accepted(id(2))), mark: Some(id(3)) },
    ];
    let taken = store.record_and_mark(&steps.into()).await.unwrap();
    assert!(matches!((&taken[0], &taken[2]), (Ok(true), Ok(true))) && is_not_in_hand(&taken[1]), "{taken:?}");
    done(&*store, id(3), Outcome::Accepted(reply(250)), None).await;
    let tally = store.tally(super::samples::SEVEN).await.unwrap();
    assert_eq!((tally.accepted, tally.failed), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_silent_for_too_long_is_another() {
    let settings = PostgresSettings { lease: Duration::from_millis(600), ..database() };
    let (one, two) = (node(&settings).await, node(&settings).await);
    one.sign_on("web").await.unwrap();
    two.sign_on("sender").await.unwrap();
    send_out(&*two, &crowd(2)).await;
    claim(&*two, 2, 1).await;
    let known =
        |nodes: &[Node]| nodes.iter().map(|node| (node.role.clone(), node.gone, node.in_hand)).collect::<Vec<_>>();
    let roles = |nodes: &[Node]| nodes.iter().map(|node| node.role.clone()).collect::<Vec<_>>();
    let (web, sender) = ("web".to_owned(), "sender".to_owned());
    let before = one.nodes().await.unwrap();
    assert_eq!(known(&before), [(web.clone(), false, 0), (sender.clone(), false, 1)]);
    end_leases(&settings);
    tokio::time::sleep(settings.lease * 2).await;
    let mut after = one.nodes().await.unwrap();
    assert!(after.iter().all(|node| node.number != before[0].number), "{after:?}");
    after.sort_by_key(|node| (node.role.clone(), !node.gone));
    assert_eq!(known(&after), [(sender.clone(), true, 1), (sender, false, 0), (web, false, 0)]);
    assert!(!mark(&*two, id(1)).await, "its lease is over");
    let after = one.nodes().await.unwrap();
    assert_eq!((after.len(), after.iter().all(|node| !node.gone && node.in_hand == 0)), (2, true), "{after:?}");
    two.sign_off().await;
    assert_eq!(roles(&one.nodes().await.unwrap()), ["web"]);
    drop(one);
}
