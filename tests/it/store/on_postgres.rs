//! What every backend must do, on a real `PostgreSQL`.

use std::sync::Arc;

use fortnightly::domain::edition::{EditionChange, EditionState, HoldReason};
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::{Archive as _, Editions as _, Outbox as _, PublishResult, Store};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::conformance::{conform_all, conform_shared};
use super::desk::Desk as _;
use super::hasher;
use super::samples::{SEVEN, at, change_editions, claim, crowd, held, mark, plan, publication, send_out};
use crate::support::postgres::{change, fresh};

/// Opens handles to one fresh database.
fn database() -> impl Fn() -> Arc<dyn Store> + Sync {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    move || -> Arc<dyn Store> {
        let open = PostgresStore::open(&settings, hasher());
        Arc::new(block_in_place(|| Handle::current().block_on(open)).unwrap())
    }
}

conform_all!(database());
conform_shared!(database());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_set_back_sends_nothing_until_it_is_released() {
    let store = PostgresStore::open(&fresh().unwrap(), hasher()).await.unwrap();
    send_out(&store, &crowd(4)).await;
    let claimed = claim(&store, 2, 2).await;
    mark(&store, claimed[0].id).await;
    store.hold_back(at(1), at(3)).await.unwrap();
    let edition = store.edition(SEVEN).await.unwrap().unwrap();
    assert_eq!((edition.state, edition.hold_reason()), (EditionState::Held, Some(&HoldReason::RestoredStore)));
    assert_eq!(store.restored().await.unwrap(), Some(at(1)));
    assert_eq!(claim(&store, 4, 9).await, []);
    let released = store.release_restored(true, at(5)).await.unwrap();
    assert_eq!((released.editions, released.is_begun, released.is_last), (vec![SEVEN], false, true));
    assert_eq!(store.restored().await.unwrap(), None);
    let again = claim(&store, 6, 9).await;
    assert!(again.len() == 4 && again.iter().all(|claimed| claimed.repeated), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_one_is_released_in_parts() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(1)).await;
    change(
        &settings,
        "INSERT INTO deliveries (mailing, recipient, segment, name_id) SELECT 7, n, 0, 1 FROM generate_series(2, 2300) n;
         UPDATE editions SET mails = 2300",
    );
    store.hold_back(at(1), at(2)).await.unwrap();
    change_editions(&store, &[EditionChange::Hold(SEVEN, held("also by a person"))], at(2)).await;
    for (uncertain, is_begun) in [(1_000, false), (2_000, true)] {
        let part = store.release_restored(false, at(3)).await.unwrap();
        assert_eq!((part.is_last, part.is_begun), (false, is_begun));
        assert_eq!(store.tally(SEVEN).await.unwrap().uncertain, uncertain);
    }
    let last = store.release_restored(false, at(4)).await.unwrap();
    assert_eq!((last.editions, last.is_begun, last.is_last), (vec![], true, true));
    assert_eq!(store.tally(SEVEN).await.unwrap().uncertain, 2_300);
    assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Sent);
    assert!(!store.release_restored(false, at(5)).await.unwrap().is_begun, "once");
}

/// Nothing is left of the try, and the transaction goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_in_no_rendered_segment_keeps_a_look_from_publishing_too() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    change_editions(&store, &[plan(SEVEN)], at(0)).await;
    let look = PostgresStore::snapshot(&settings, hasher()).await.unwrap();
    let mut publication = publication(&look, SEVEN, "4-5").await;
    let segments = std::mem::take(&mut publication.segments);
    assert_eq!(look.publish(&publication).await.unwrap(), PublishResult::Changed);
    publication.segments = segments;
    assert_eq!(look.publish(&publication).await.unwrap(), PublishResult::Published { recipients: 2 });
    assert_eq!(look.tally(SEVEN).await.unwrap().total, 2);
    drop(look);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 0, "it was only looked at");
}

/// What it writes is its own: nobody waits for the counts, the numbers and the editions that everyone needs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_writes_keeps_nobody_waiting() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    change_editions(&store, &[plan(SEVEN)], at(0)).await;
    let look = PostgresStore::snapshot(&settings, hasher()).await.unwrap();
    let before = look.edition(SEVEN).await.unwrap();
    look.subscribe(&crowd(3), at(1)).await.unwrap();
    change_editions(&look, &[EditionChange::Hold(SEVEN, held("only to see"))], at(1)).await;
    assert_eq!(look.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Held);

    let begun = std::time::Instant::now();
    store.subscribe(&crowd(4)[3..], at(2)).await.unwrap();
    change_editions(&store, &[EditionChange::Approve(SEVEN)], at(2)).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "it waited for the look");

    assert_eq!(look.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Held);
    drop(look);
    let after = store.edition(SEVEN).await.unwrap().unwrap();
    assert_eq!((before.unwrap().state, after.state), (EditionState::Planned, EditionState::Approved));
}

/// To publish to millions takes longer than anyone waits for a lock at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_decides_about_editions_waits_for_a_long_publication() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    change_editions(&store, &[plan(SEVEN)], at(0)).await;
    let other = settings.clone();
    let publish = "BEGIN; LOCK TABLE editions IN SHARE ROW EXCLUSIVE MODE; SELECT pg_sleep(11); COMMIT";
    let publishing = tokio::task::spawn_blocking(move || change(&other, publish));
    let has_begun = "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                     WHERE c.relname = 'editions' AND l.mode = 'ShareRowExclusiveLock') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
    block_in_place(|| change(&settings, has_begun));
    change_editions(&store, &[EditionChange::Approve(SEVEN)], at(1)).await;
    publishing.await.unwrap();
    assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().state, EditionState::Approved);
}
