//! Random steps: whatever happens, states add up, and what was accepted stays so (invariants 2 and 3).

use std::collections::BTreeSet;
use std::sync::Arc;

use fortnightly::domain::delivery::listing::{ResolvedPart, RetriedPart};
use fortnightly::domain::delivery::{DeliveryState, ItemId, Outcome, RelayLimit};
use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::SuppressionReason;
use fortnightly::store::{AttemptResult, Store, StoreError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::trials::is_long;

use super::desk::Desk as _;
use super::samples::{ALL, SEVEN, address, all_of, at, crowd, id, record_and_mark, reply, send_out};
use super::whole::Whole as _;

const PEOPLE: u64 = 6;

#[derive(Debug, Clone)]
enum Act {
    Claim(u32),
    Mark(usize),
    Done(usize, Verdict, bool),
    Abandon,
    Leave(u64),
    Expire,
    Postpone,
    Retry,
    Resolve(bool),
    Finish,
    Wait(i64),
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    Accepted,
    Transient,
    Permanent,
    NoSuchMailbox,
    Uncertain,
    Sender,
    Throttled,
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Accepted => Outcome::Accepted(reply(250)),
        Verdict::Transient => Outcome::Transient(reply(451)),
        Verdict::Permanent => Outcome::Permanent { reply: reply(554), suppress: None },
        Verdict::NoSuchMailbox => Outcome::Permanent { reply: reply(550), suppress: Some(SuppressionReason::Bounced) },
        Verdict::Uncertain => Outcome::Uncertain(reply(421)),
        Verdict::Sender => Outcome::SenderRefused(reply(535)),
        Verdict::Throttled => Outcome::Throttled { reply: reply(432), limit: RelayLimit::Pace },
    }
}

fn act() -> impl Strategy<Value = Act> {
    let verdict = prop_oneof![
        Just(Verdict::Accepted),
        Just(Verdict::Transient),
        Just(Verdict::Permanent),
        Just(Verdict::NoSuchMailbox),
        Just(Verdict::Uncertain),
        Just(Verdict::Sender),
        Just(Verdict::Throttled),
    ];
    prop_oneof![
        4 => (1..4_u32).prop_map(Act::Claim),
        3 => (0..6_usize).prop_map(Act::Mark),
        6 => (0..6_usize, verdict, any::<bool>()).prop_map(|(i, v, retry)| Act::Done(i, v, retry)),
        1 => Just(Act::Abandon),
        1 => (0..PEOPLE).prop_map(Act::Leave),
        1 => Just(Act::Expire),
        1 => Just(Act::Postpone),
        1 => Just(Act::Retry),
        1 => any::<bool>().prop_map(Act::Resolve),
        1 => Just(Act::Finish),
        2 => (1..40_i64).prop_map(Act::Wait),
    ]
}

/// What must be true of the store, kept beside it.
#[derive(Default)]
struct Model {
    now: i64,
    in_hand: Vec<ItemId>,
    accepted: BTreeSet<ItemId>,
    doubtful: BTreeSet<ItemId>,
    /// Those of which an operator said that they were not accepted.
    refused: BTreeSet<ItemId>,
    left: BTreeSet<ItemId>,
    /// Those whose mailboxes do not exist.
    gone: BTreeSet<ItemId>,
}

async fn perform(store: &dyn Store, model: &mut Model, act: Act) {
    match act {
        Act::Claim(limit) => {
            for claimed in store.claim(Some(SEVEN), at(model.now), limit).await.unwrap() {
                assert!(!model.accepted.contains(&claimed.id), "accepted twice");
                assert!(!model.left.contains(&claimed.id), "mailed after leaving");
                assert!(!model.gone.contains(&claimed.id), "mailed again without a person");
                assert_eq!(claimed.repeated, model.doubtful.contains(&claimed.id));
                assert!(!model.in_hand.contains(&claimed.id), "claimed twice");
                model.in_hand.push(claimed.id);
            }
        }
        Act::Mark(i) => {
            if let Some(id) = model.in_hand.get(i).copied() {
                let free = store.item_state(id).await.unwrap() == Some(DeliveryState::Claimed);
                match record_and_mark(store, None, Some(id)).await {
                    Ok(marked) => {
                        assert_eq!((free, marked), (true, !model.left.contains(&id)));
                        model.in_hand.retain(|held| marked || *held != id);
                    }
                    Err(error) => assert!(!free, "{error}"),
                }
            }
        }
        Act::Done(i, verdict, retry) if i < model.in_hand.len() => {
            let id = model.in_hand[i];
            let retry_at = retry.then(|| at(model.now + 30));
            let done = AttemptResult { id, outcome: outcome(verdict), at: at(model.now), retry_at };
            let marked = store.item_state(id).await.unwrap() == Some(DeliveryState::InFlight);
            let recorded = record_and_mark(store, Some(done), None).await;
            if !marked && matches!(verdict, Verdict::Accepted | Verdict::Uncertain) {
                assert!(
                    matches!(recorded, Err(StoreError::Refused(Refusal::Impossible(..)))),
                    "accepted before the dot"
                );
                return;
            }
            recorded.unwrap();
            model.in_hand.remove(i);
            match verdict {
                Verdict::Accepted => drop(model.accepted.insert(id)),
                Verdict::Uncertain => drop(model.doubtful.insert(id)),
                Verdict::NoSuchMailbox => drop(model.gone.insert(id)),
                _ => {}
            }
        }
        Act::Done(..) => {}
        Act::Abandon => {
            for id in std::mem::take(&mut model.in_hand) {
                if store.item_state(id).await.unwrap() == Some(DeliveryState::InFlight) {
                    model.doubtful.insert(id);
                }
            }
            store.abandon(true, at(model.now)).await.unwrap();
        }
        Act::Leave(i) => {
            let mailbox = address(&format!("m{i}@school.example"));
            store.unsubscribe(&mailbox, SuppressionReason::Unsubscribed, "test", at(model.now)).await.unwrap();
            model.left.insert(id(i + 1));
        }
        Act::Expire => drop(store.expire(SEVEN, 0, ALL, at(model.now)).await.unwrap()),
        Act::Postpone => drop(store.postpone(Some(SEVEN), at(model.now)..at(model.now + 30), ALL).await.unwrap()),
        Act::Retry => {
            store
                .retry(SEVEN, &all_of(DeliveryState::ENDED), RetriedPart::default(), ALL, at(model.now))
                .await
                .unwrap();
            // Three or more of six are a wave, which suppresses nobody.
            let listed = store.suppressions().await.unwrap().into_iter();
            let suppressed: BTreeSet<_> = listed.filter_map(|one| one.suppression.address).collect();
            let mailbox = |id: &ItemId| address(&format!("m{}@school.example", id.recipient.0 - 1));
            model.gone.retain(|id| suppressed.contains(&mailbox(id)));
        }
        Act::Resolve(accepted) => {
            let mut uncertain = Vec::new();
            for id in (1..=PEOPLE).map(id) {
                if store.item_state(id).await.unwrap() == Some(DeliveryState::Uncertain) {
                    uncertain.push(id);
                }
            }
            let of = all_of(&[DeliveryState::Uncertain]);
            let part = store.resolve(SEVEN, &of, accepted, ResolvedPart::default(), ALL, at(model.now)).await.unwrap();
            assert_eq!(part.resolved, uncertain.len() as u64);
            (if accepted { &mut model.accepted } else { &mut model.refused }).extend(uncertain);
        }
        Act::Finish => {
            let open = store.next_retry(SEVEN).await.unwrap().is_some();
            let settled = store.tally(SEVEN).await.unwrap().is_settled() && !open;
            assert_eq!(store.finish(SEVEN, at(model.now)).await.unwrap(), settled);
        }
        Act::Wait(minutes) => model.now += minutes,
    }
}

/// Deliveries by state, each asked for, in the order of a tally.
async fn counted(store: &dyn Store) -> [u64; 8] {
    let mut counted = [0; 8];
    for recipient in 1..=PEOPLE {
        let place = match store.item_state(id(recipient)).await.unwrap().unwrap() {
            DeliveryState::Queued => 0,
            DeliveryState::Claimed | DeliveryState::InFlight => 1,
            DeliveryState::Accepted => 2,
            DeliveryState::Deferred => 3,
            DeliveryState::Uncertain => 4,
            DeliveryState::Failed => 5,
            DeliveryState::Expired => 6,
            DeliveryState::Suppressed => 7,
        };
        counted[place] += 1;
    }
    counted
}

async fn check(store: &dyn Store, model: &Model) {
    let t = store.tally(SEVEN).await.unwrap();
    assert_eq!(t.total, PEOPLE);
    let sum = t.queued + t.sending + t.accepted + t.deferred + t.uncertain + t.failed + t.expired + t.suppressed;
    assert_eq!(sum, PEOPLE, "states add up");
    let counted = counted(store).await;
    let kept = [t.queued, t.sending, t.accepted, t.deferred, t.uncertain, t.failed, t.expired, t.suppressed];
    assert_eq!(kept, counted, "a tally is what counting the deliveries comes to");
    assert_eq!(usize::try_from(t.sending).unwrap(), model.in_hand.len());
    assert_eq!(usize::try_from(t.accepted).unwrap(), model.accepted.len());
    for id in &model.accepted {
        assert_eq!(store.item_state(*id).await.unwrap(), Some(DeliveryState::Accepted));
    }
    for id in model.doubtful.difference(&model.refused) {
        let state = store.item_state(*id).await.unwrap().unwrap();
        let lost = [DeliveryState::Failed, DeliveryState::Expired, DeliveryState::Suppressed];
        assert!(!lost.contains(&state), "{state:?} after it may have been accepted");
    }
}

/// Over any history of a fresh store, which `fresh` opens handles to.
pub(in crate::store) fn steps_never_lose_or_repeat<O: Fn() -> Arc<dyn Store>>(fresh: impl Fn() -> O) {
    let cases = if is_long() { 200 } else { 24 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let histories = prop::collection::vec(act(), 1..60);
    let history = |acts: Vec<Act>| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let open = fresh();
            let store = open();
            send_out(&*store, &crowd(6)).await;
            let mut model = Model { now: 2, ..Model::default() };
            for act in acts {
                perform(&*store, &mut model, act).await;
                check(&*store, &model).await;
            }
        });
        Ok(())
    };
    TestRunner::new(config).run(&histories, history).unwrap();
}
