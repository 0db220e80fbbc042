//! What comes to a place while a store is moved there: a daemon that begins, or another move.

use std::time::Duration;

use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::moving::{NewStore, OldStore, Standing};
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{Editions as _, Outbox as _, Store, StoreError};
use tokio::time::timeout;

use super::desk::Desk as _;
use super::samples::{at, crowd, send_out};
use super::{hasher, open};
use crate::support::postgres::cluster::Cluster;
use crate::support::postgres::{change, fresh};

/// A store that came after it was asked what is there stays as it is, and goes on.
async fn is_left_alone<S: Store + 'static>(mut place: Box<dyn NewStore>, come: impl AsyncFn() -> S) {
    assert_eq!(place.standing().await.unwrap(), Standing::Empty);
    let store: Box<dyn Store> = Box::new(come().await);
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    assert!(!place.begin("a store").await.unwrap());
    drop(place);
    store.unsubscribe(&crowd(2)[0].address, SuppressionReason::Unsubscribed, "test", at(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_someone_began_to_use_in_between_is_left_alone() {
    let settings = fresh().unwrap();
    let come = async || PostgresStore::open(&settings, hasher()).await.unwrap();
    is_left_alone(PostgresStore::arrive(&settings).unwrap(), come).await;
}

#[tokio::test]
async fn so_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    is_left_alone(SqliteStore::arrive(&file), async || open(&file)).await;
}

/// Copies of one store have one name, so a second move would take the first one's half for its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_move_waits_for_the_other() {
    let settings = fresh().unwrap();
    let [mut first, mut second] = [(); 2].map(|()| PostgresStore::arrive(&settings).unwrap());
    assert!(first.begin("a store").await.unwrap());
    first.complete().await.unwrap();
    let mut second = tokio::spawn(async move { second.begin("a store").await });
    assert!(timeout(Duration::from_millis(500), &mut second).await.is_err(), "the first is not done");
    drop(first);
    assert!(second.await.unwrap().unwrap());
}

#[tokio::test]
async fn one_move_to_a_file_keeps_others_away() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new.db");
    let [mut first, mut second] = [(); 2].map(|()| SqliteStore::arrive(&file));
    assert!(first.begin("a store").await.unwrap());
    assert!(!second.begin("a store").await.unwrap());
    first.make_live().await.unwrap();
    drop(first);
    assert!(matches!(second.standing().await.unwrap(), Standing::Empty));
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".move")), "{left:?}");
}

/// What a loss left to be done is done before the store goes to a backend that knows nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_doubt_is_so_before_a_move() {
    let settings = fresh().unwrap();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(3)).await;
    change(&settings, "INSERT INTO meta (key, value) VALUES ('restored', '0'), ('doubting', '')");
    store.recover(true, at(2)).await.unwrap();
    change(
        &settings,
        "DO $$ BEGIN ASSERT (SELECT bool_and(repeated) FROM deliveries)
                     AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'doubting'); END $$",
    );
}

/// The store was left, and the database forgets that: the machine that left it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seal_that_is_lost_is_missed() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let mut settings = cluster.settings();
    settings.memory = Some(std::sync::Arc::new(super::set_back::Memory::default()));
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(3)).await;
    drop(store);
    cluster.cut_standby_off();
    let mut old: Box<dyn OldStore> = PostgresStore::leave(&settings).await.unwrap();
    old.seal("elsewhere").await.unwrap();
    drop(old);
    assert!(matches!(PostgresStore::open(&settings, hasher()).await, Err(StoreError::Moved { .. })));
    cluster.kill();
    cluster.promote();
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    assert!(store.restored().await.unwrap().is_some());
}
