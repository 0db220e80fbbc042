//! A mailbox is erased while a relay's answer about it is being recorded: whichever comes first, nothing names it afterwards.

use std::sync::Arc;

use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::{AttemptResult, Outbox as _, StoreError};
use tokio::task::spawn_blocking;

use super::desk::Desk as _;
use super::hasher;
use super::samples::{at, claim, crowd, id, mark, record_and_mark, send_out, state};
use crate::support::postgres::{change, fresh};

/// Holds what was locked until someone waits for it.
const UNTIL_AWAITED: &str = "DO $$ BEGIN
    WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid)
    LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;";

const LOCK: &str = "SELECT 1 FROM deliveries WHERE recipient = 1 FOR UPDATE;";

/// A mail in flight to the first mailbox.
async fn in_flight() -> (PostgresSettings, Arc<PostgresStore>) {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    let store = Arc::new(PostgresStore::open(&settings, hasher()).await.unwrap());
    send_out(&*store, &crowd(2)).await;
    claim(&*store, 2, 2).await;
    assert!(mark(&*store, id(1)).await);
    (settings, store)
}

/// Another process does this in a transaction that ends once someone waits for it.
async fn meanwhile(settings: &PostgresSettings, statements: String) -> tokio::task::JoinHandle<()> {
    let other = settings.clone();
    let doing = spawn_blocking(move || change(&other, &format!("BEGIN; {LOCK} {statements} {UNTIL_AWAITED} COMMIT")));
    let has_begun = settings.clone();
    let locked = "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                  WHERE c.relname = 'deliveries' AND l.mode = 'RowShareLock') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
    spawn_blocking(move || change(&has_begun, locked)).await.unwrap();
    doing
}

fn replies(settings: &PostgresSettings, condition: &str) {
    change(settings, &format!("DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM attempts WHERE {condition}); END $$"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_after_the_erasure_does_not_name_it() {
    let (settings, store) = in_flight().await;
    let erasing = "UPDATE recipients SET address = NULL, state = 0 WHERE id = 1;";
    let erasing = meanwhile(&settings, erasing.to_owned()).await;
    let reply = Reply { code: Some(250), text: "<m0@school.example> is delivered".to_owned() };
    let result = AttemptResult { id: id(1), outcome: Outcome::Accepted(reply), at: at(3), retry_at: None };
    assert!(!record_and_mark(&*store, Some(result), None).await.unwrap());
    erasing.await.unwrap();
    assert_eq!(state(&*store, id(1)).await, DeliveryState::Accepted);
    replies(&settings, "reply = '' AND words IS NULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_before_it_is_erased_with_it() {
    let (settings, store) = in_flight().await;
    let recording = "INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply)
                     VALUES (7, 1, 1, 0, 'a', 250, '<m0@school.example> is delivered');
                     UPDATE deliveries SET state = 3, claim = NULL, attempts = 1 WHERE recipient = 1;";
    let recording = meanwhile(&settings, recording.to_owned()).await;
    store.erase(&"m0@school.example".parse().unwrap(), at(3)).await.unwrap();
    recording.await.unwrap();
    replies(&settings, "reply = ''");
}

/// A value that cannot be read is told, and not waited for as if the database were away.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_value_is_no_outage() {
    let (settings, store) = in_flight().await;
    change(
        &settings,
        "ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check, DROP CONSTRAINT deliveries_check; UPDATE deliveries SET state = 99, claim = NULL",
    );
    let refused = store.item_state(id(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend { .. }) && !refused.is_waited_for(), "{refused:?}");
}
