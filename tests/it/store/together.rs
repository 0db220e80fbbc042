//! Nodes on one database: they take turns, and hear of each other's decisions.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use fortnightly::domain::delivery::shared_pace::SharedPace;
use fortnightly::domain::edition::EditionChange;
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::{News, Store};
use tokio::time::timeout;

use super::hasher;
use super::samples::{SEVEN, at, change_editions, crowd, held, send_out};
use crate::support::postgres::{change, fresh};

async fn node(settings: &PostgresSettings) -> Arc<dyn Store> {
    Arc::new(PostgresStore::open(settings, hasher()).await.unwrap())
}

async fn two() -> (PostgresSettings, [Arc<dyn Store>; 2]) {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    let both = [node(&settings).await, node(&settings).await];
    (settings, both)
}

/// How far ahead so many turns of a rate begin.
async fn take(store: &Arc<dyn Store>, per_second: u32, turns: u32) -> TimeDelta {
    store.take_turns(SharedPace::new(per_second).wanted(turns)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_are_given_one_after_the_other() {
    let (settings, [one, two]) = two().await;
    assert!(take(&one, 1, 10).await <= TimeDelta::zero(), "nobody had any");
    // Ten seconds are taken; the others begin where these end.
    let next = take(&two, 1, 5).await;
    assert!(next > TimeDelta::seconds(8) && next <= TimeDelta::seconds(10), "{next}");
    let next = take(&one, 1_000, 5).await;
    assert!(next > TimeDelta::seconds(13) && next <= TimeDelta::seconds(15), "{next}");
    // The clock was set back by a day.
    change(&settings, "UPDATE turns SET next_at = next_at + interval '1 day'");
    let next = take(&one, 1, 1).await;
    assert!(next <= TimeDelta::minutes(5), "{next}");
    // What nobody took is over.
    change(&settings, "UPDATE turns SET next_at = next_at - interval '1 day'");
    let next = take(&one, 1, 1).await;
    assert!(next <= TimeDelta::zero() && next > TimeDelta::seconds(-1), "{next}");
}

async fn is_told(news: &mut News, within: Duration) -> bool {
    timeout(within, news.next()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_decides_the_other_is_told() {
    let (settings, [one, two]) = two().await;
    send_out(&*one, &crowd(2)).await;
    let mut news = two.news();
    // It has begun to listen.
    assert!(is_told(&mut news, Duration::from_secs(5)).await);
    assert!(!is_told(&mut news, Duration::from_millis(700)).await, "nothing was decided");
    change_editions(&*one, &[EditionChange::Hold(SEVEN, held("a test"))], at(3)).await;
    assert!(is_told(&mut news, Duration::from_secs(1)).await, "a hold");
    // What it did not wait for is not lost.
    change_editions(&*one, &[EditionChange::Release(SEVEN)], at(4)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_told(&mut news, Duration::from_millis(1)).await, "a release");
    // A connection that is lost is replaced, and whatever was told meanwhile is told then.
    change(
        &settings,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()",
    );
    assert!(is_told(&mut news, Duration::from_secs(5)).await, "it listens again");
    change_editions(&*one, &[EditionChange::Hold(SEVEN, held("again"))], at(5)).await;
    assert!(is_told(&mut news, Duration::from_secs(1)).await, "another hold");
}
