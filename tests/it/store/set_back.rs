//! A node that lives on while its database loses what it answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::postgres::{PostgresSettings, PostgresStore};
use fortnightly::store::{Editions as _, Epoch, EpochMemory, Nodes as _, Outbox as _, StoreError};
use parking_lot::Mutex;

use super::desk::Desk as _;
use super::hasher;
use super::samples::{SEVEN, at, claim, crowd, done, mark, reply, send_out};
use crate::support::postgres::bouncer::PgBouncer;
use crate::support::postgres::cluster::Cluster;
use crate::support::postgres::fresh;

/// A process that goes on needs no file to know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_lives_on_holds_the_standby_that_took_over() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let store = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    assert!(store.may_lose().await.unwrap());
    send_out(&store, &crowd(4)).await;
    cluster.cut_standby_off();
    let leaving = crowd(1).remove(0).address;
    store.unsubscribe(&leaving, SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    cluster.kill();
    cluster.promote();
    assert_eq!(claim(&store, 3, 9).await, []);
    assert!(store.restored().await.unwrap().is_some());
    assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().state.as_str(), "held");
    store.release_restored(true, at(4)).await.unwrap();
    assert_eq!(store.claim(Some(SEVEN), at(5), 9).await.unwrap().len(), 4, "it is held once");
}

/// No decision is lost, but what was sent: it would be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_and_is_lost_is_missed_too() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let store = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    send_out(&store, &crowd(4)).await;
    cluster.cut_standby_off();
    let claimed = claim(&store, 2, 2).await;
    assert!(mark(&store, claimed[0].id).await);
    done(&store, claimed[0].id, Outcome::Accepted(reply(250)), None).await;
    cluster.kill();
    cluster.promote();
    assert_eq!(claim(&store, 3, 9).await, []);
    assert!(store.restored().await.unwrap().is_some());
    store.release_restored(true, at(4)).await.unwrap();
    let again = store.claim(Some(SEVEN), at(5), 9).await.unwrap();
    assert!(again.len() == 4 && again.iter().all(|claimed| claimed.repeated), "{again:?}");
}

/// A node that has sent something which its database then loses, and tries in vain while it is away: it still knows afterwards.
async fn what_was_sent_before_an_outage_is_missed(
    settings: &PostgresSettings,
    cluster: &Cluster,
    lead_on: impl FnOnce(&Cluster),
) {
    let store = PostgresStore::open(settings, hasher()).await.unwrap();
    send_out(&store, &crowd(4)).await;
    // It has several connections, and each transaction of those leaves a trace of its own.
    let look = || store.edition(SEVEN);
    let _ = tokio::join!(look(), look(), look(), look(), look(), look());
    cluster.cut_standby_off();
    let claimed = claim(&store, 2, 2).await;
    assert!(mark(&store, claimed[0].id).await);
    done(&store, claimed[0].id, Outcome::Accepted(reply(250)), None).await;
    cluster.kill();
    for _ in 0..2 {
        let claim = || store.claim(Some(SEVEN), at(3), 9);
        let (one, two, three) = tokio::join!(claim(), claim(), claim());
        let is_away = |claimed: &_| matches!(claimed, Err(StoreError::Unreachable { .. }));
        assert!([&one, &two, &three].into_iter().all(is_away), "{one:?} {two:?} {three:?}");
    }
    cluster.promote();
    lead_on(cluster);
    assert_eq!(claim(&store, 3, 9).await, []);
    assert!(store.restored().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_a_long_outage_is_missed() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    what_was_sent_before_an_outage_is_missed(&cluster.settings(), &cluster, |_| ()).await;
}

/// A pooler keeps our connections, so that each try gets as far as to begin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_a_long_outage_behind_pgbouncer_is_missed() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let Some(bouncer) = PgBouncer::before(cluster.ports()[0]) else { return };
    let lead_on = |cluster: &Cluster| bouncer.lead_to(cluster.ports()[1]);
    what_was_sent_before_an_outage_is_missed(&bouncer.settings(), &cluster, lead_on).await;
}

/// What is decided next raises the same counter as the decision that is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_decision_hides_no_loss() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let store = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    send_out(&store, &crowd(4)).await;
    cluster.cut_standby_off();
    let leaving: Vec<_> = crowd(2).into_iter().map(|reader| reader.address).collect();
    store.unsubscribe(&leaving[0], SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    cluster.kill();
    cluster.promote();
    store.unsubscribe(&leaving[1], SuppressionReason::Unsubscribed, "test", at(3)).await.unwrap();
    assert!(store.restored().await.unwrap().is_some());
}

/// The first question that a promoted server is asked may be whether a mail is wanted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wanted_by_a_database_that_has_lost_something() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let store = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    let readers = crowd(4);
    send_out(&store, &readers).await;
    let claimed = claim(&store, 2, 2).await;
    assert!(mark(&store, claimed[0].id).await && store.is_wanted(claimed[0].id).await.unwrap());
    cluster.cut_standby_off();
    store.unsubscribe(&claimed[0].address, SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    cluster.kill();
    cluster.promote();
    assert!(!store.is_wanted(claimed[0].id).await.unwrap());
}

/// Two nodes lose something; when the second one notices, a person has dealt with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_dealt_with_is_not_held_again() {
    let Some(cluster) = Cluster::with_asynchronous_standby() else { return };
    let one = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    let two = PostgresStore::open(&cluster.settings(), hasher()).await.unwrap();
    send_out(&one, &crowd(6)).await;
    cluster.cut_standby_off();
    let claimed = [claim(&one, 2, 2).await, claim(&two, 2, 2).await].map(|mut claimed| claimed.remove(0));
    assert!(mark(&one, claimed[0].id).await && mark(&two, claimed[1].id).await);
    cluster.kill();
    cluster.promote();
    assert_eq!(claim(&one, 3, 9).await, []);
    one.release_restored(true, at(4)).await.unwrap();
    assert_eq!(two.claim(Some(SEVEN), at(5), 9).await.unwrap().len(), 6);
    assert!(two.restored().await.unwrap().is_none());
}

/// What a machine remembers, without a file.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Option<Epoch>>);

impl Memory {
    pub(super) fn is(&self, epoch: Option<Epoch>) -> bool {
        *self.0.lock() == epoch
    }
}

impl EpochMemory for Memory {
    fn known(&self) -> Vec<Epoch> {
        self.0.lock().iter().copied().collect()
    }

    fn remember(&self, epoch: Epoch) -> Option<Epoch> {
        let mut known = self.0.lock();
        let before = *known;
        *known = Some(before.map_or(epoch, |before| epoch.or_higher(before)));
        before
    }
}

/// Waits until it is so, for some seconds.
pub(super) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Also the last decision of several is remembered while the process goes on, and what another process of the machine remembered of a
/// decision that is lost is not overtaken by what is decided after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_decided_is_remembered_at_once_and_hides_nothing_that_was() {
    let memory = Arc::new(Memory::default());
    let mut settings = fresh().unwrap();
    settings.memory = Some(memory.clone());
    let store = PostgresStore::open(&settings, hasher()).await.unwrap();
    send_out(&store, &crowd(4)).await;
    let addresses: Vec<_> = crowd(4).into_iter().map(|reader| reader.address).collect();
    let leave = async |number: usize| {
        let address = &addresses[number];
        store.unsubscribe(address, SuppressionReason::Unsubscribed, "test", at(2)).await.unwrap();
    };
    leave(0).await;
    leave(1).await;
    let shown = store.epoch().await.unwrap();
    until("the last is remembered", async || memory.is(shown)).await;

    let lost = shown.map(|shown| Epoch { list: shown.list + 1, ..shown });
    *memory.0.lock() = lost;
    while store.epoch().await.unwrap().unwrap().list <= lost.unwrap().list {
        leave(2).await;
    }
    leave(3).await;
    until("the loss is noticed", async || store.restored().await.unwrap().is_some()).await;
    store.release_restored(true, at(4)).await.unwrap();
    store.unsubscribe(&addresses[0], SuppressionReason::Complained, "test", at(5)).await.unwrap();
    let shown = store.epoch().await.unwrap();
    until("it goes on", async || memory.is(shown)).await;
    assert!(store.restored().await.unwrap().is_none(), "it is held once");
}
