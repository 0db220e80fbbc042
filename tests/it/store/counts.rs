//! Random decisions about a mailing list: what is kept as a count is what counting its rows comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fortnightly::domain::address::Address;
use fortnightly::domain::band::BandName;
use fortnightly::domain::delivery::{TransactionalKind, TransactionalMail};
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::subscriber::{
    MailboxState, Sector, SubscribeRequest, SubscriberCounts, SubscriberId, SuppressionReason,
};
use fortnightly::domain::subscription::confirm::Asked;
use fortnightly::domain::subscription::mailing_list::MailingList;
use fortnightly::domain::subscription::sync::{Entry, plan_sync};
use fortnightly::store::{Scope, Store};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::trials::is_long;

use super::desk::Desk as _;
use super::samples::{address, at, bands, rendered, sender, wish, wish_of};
use super::whole::Whole as _;

const BANDS: [&str; 4] = ["4-5", "5-7", "4-5 14+", "8-10"];
const SERVED: &str = "4-5 5-7 14+";
pub(super) const MAILBOXES: usize = 5;

#[derive(Debug, Clone)]
pub(super) enum Act {
    Subscribe(usize, usize, bool, bool),
    Ask(usize),
    Fulfil,
    EndUnconfirmed,
    Leave(usize, bool),
    Lift(usize),
    Move(usize, usize),
    Erase(usize),
    /// The config names these mailboxes.
    Sync(Vec<usize>, usize),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let who = || 0..MAILBOXES;
    prop_oneof![
        4 => (who(), 0..BANDS.len(), any::<bool>(), any::<bool>()).prop_map(|(i, b, u, c)| Act::Subscribe(i, b, u, c)),
        2 => who().prop_map(Act::Ask),
        2 => Just(Act::Fulfil),
        1 => Just(Act::EndUnconfirmed),
        2 => (who(), any::<bool>()).prop_map(|(i, bounced)| Act::Leave(i, bounced)),
        1 => who().prop_map(Act::Lift),
        1 => (who(), who()).prop_map(|(i, j)| Act::Move(i, j)),
        1 => who().prop_map(Act::Erase),
        2 => (prop::collection::vec(who(), 0..4), 0..BANDS.len()).prop_map(|(all, b)| Act::Sync(all, b)),
    ]
}

pub(super) fn mailbox(i: usize) -> Address {
    address(&format!("m{i}@school.example"))
}

fn request(i: usize, band: usize, shares: bool, is_charity: bool) -> SubscribeRequest {
    let (name, mailbox) = (format!("School {i}"), format!("m{i}@school.example"));
    let mut wish = if shares { wish_of("1", &name, &mailbox, BANDS[band]) } else { wish(&name, &mailbox, BANDS[band]) };
    wish.profile.sector = if is_charity { Sector::Charity } else { Sector::School };
    wish
}

/// Carries it out at this minute; requests that wait are pushed onto `asked`.
pub(super) async fn perform(store: &dyn Store, act: Act, minute: i64, asked: &mut Vec<Asked>) {
    let now = at(minute * 24 * 60);
    let letter = TransactionalMail { kind: TransactionalKind::Confirm, sender: sender(), rendered: rendered("S") };
    match act {
        Act::Subscribe(i, band, shares, is_charity) => {
            store.subscribe(&[request(i, band, shares, is_charity)], now).await.unwrap();
        }
        Act::Ask(i) => asked.push(store.ask_to_subscribe(&request(i, 0, false, false), &letter, now).await.unwrap()),
        Act::Fulfil => {
            if let Some(Asked::Waits(id)) = asked.pop() {
                store.fulfil(id, now).await.unwrap();
            }
        }
        Act::EndUnconfirmed => drop(store.end_unconfirmed(now).await.unwrap()),
        Act::Leave(i, bounced) => {
            let reason = if bounced { SuppressionReason::Bounced } else { SuppressionReason::Unsubscribed };
            store.unsubscribe(&mailbox(i), reason, "test", now).await.unwrap();
        }
        Act::Lift(i) => drop(store.lift_suppression(&mailbox(i), "test", now).await.unwrap()),
        // It may be taken or suppressed; then nothing changes.
        Act::Move(i, j) => drop(store.change_address(&mailbox(i), &mailbox(j), now).await),
        Act::Erase(i) => drop(store.erase(&mailbox(i), now).await.unwrap()),
        Act::Sync(named, band) => {
            let named: BTreeSet<_> = named.into_iter().collect();
            let entries: Vec<Entry> = named.iter().map(|i| entry(*i, band)).collect();
            let addresses: Vec<_> = named.iter().map(|i| mailbox(*i)).collect();
            let stored = store.stored_state(&addresses).await.unwrap();
            store.apply_sync(&plan_sync(&entries, &stored), now).await.unwrap();
        }
    }
}

fn entry(i: usize, band: usize) -> Entry {
    let request = request(i, band, false, band == 0);
    Entry { profile: request.profile, addresses: vec![request.address], bands: bands(BANDS[band]), line: i + 1 }
}

/// Everyone, with the subscribers that they belong to.
async fn everyone(store: &dyn Store) -> MailingList {
    let all = (0..MAILBOXES).map(mailbox).collect();
    store.mailing_list(&Scope::Addresses(all, vec!["1".to_owned()]), at(0)).await.unwrap()
}

async fn check(store: &dyn Store) {
    let list = everyone(store).await;
    let (mut segments, mut readers) = (BTreeMap::<SegmentKey, u64>::new(), BTreeMap::<BandName, u64>::new());
    let mut best: BTreeMap<SubscriberId, MailboxState> =
        list.organisations().map(|one| (one.id, MailboxState::Ended)).collect();
    for mailbox in list.mailboxes() {
        let owner = list.organisation(mailbox.owner).unwrap();
        let best = best.get_mut(&mailbox.owner).unwrap();
        match (mailbox.state, *best) {
            (MailboxState::Active, _) | (MailboxState::Pending, MailboxState::Ended) => *best = mailbox.state,
            _ => {}
        }
        if mailbox.is_active() && list.suppression_of(mailbox.key).is_none() {
            mailbox.bands.iter().for_each(|band| *readers.entry(band.clone()).or_default() += 1);
            let served = mailbox.bands.iter().filter(|band| bands(SERVED).contains(*band)).cloned().collect();
            let key = SegmentKey { bands: served, sector: owner.profile.sector, locale: owner.profile.locale };
            *segments.entry(key).or_default() += 1;
        }
    }
    segments.retain(|key, _| !key.bands.is_empty());
    let kept = store.audience(&bands(SERVED)).await.unwrap();
    assert_eq!(kept.into_iter().map(|one| (one.key, one.recipients)).collect::<BTreeMap<_, _>>(), segments);
    assert_eq!(store.readers().await.unwrap(), readers);
    let count = |state| best.values().filter(|best| **best == state).count() as u64;
    let [active, pending] = [MailboxState::Active, MailboxState::Pending].map(count);
    let kept = store.subscriber_counts().await.unwrap();
    assert_eq!((kept.active, kept.pending), (active, pending));
    // One whose mailbox was erased, or taken over, is not among those that were read.
    assert!(kept.ended >= count(MailboxState::Ended));
    assert_eq!(
        kept,
        SubscriberCounts { ended: store.subscribers().await.unwrap().len() as u64 - active - pending, ..kept }
    );
    assert_eq!(store.suppression_count().await.unwrap(), store.suppressions().await.unwrap().len() as u64);
}

/// Over any history of a fresh store, which `fresh` opens handles to.
pub(in crate::store) fn what_is_counted_is_what_is_there<O: Fn() -> Arc<dyn Store>>(fresh: impl Fn() -> O) {
    let cases = if is_long() { 200 } else { 24 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let history = |acts: Vec<Act>| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let open = fresh();
            let (store, mut asked) = (open(), Vec::new());
            for (minute, act) in (0..).zip(acts) {
                perform(&*store, act, minute, &mut asked).await;
                check(&*store).await;
            }
        });
        Ok(())
    };
    TestRunner::new(config).run(&prop::collection::vec(act(), 1..40), history).unwrap();
}
