//! Claims, steps, recovery, expiry, the end of an edition.

use std::collections::HashSet;

use fortnightly::domain::delivery::listing::{DeliveryFilter, ResolvedPart, RetriedPart};
use fortnightly::domain::delivery::{DeliveryState, Outcome, RelayLimit};
use fortnightly::domain::edition::{EditionNumber, EditionState};
use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use fortnightly::store::{AttemptResult, Step, Store, StoreError};

use super::desk::Desk as _;
use super::samples::{
    ALL, Open, SEVEN, address, all_of, at, claim, crowd, delivery, done, greeted, id, look_up, mark, record_and_mark,
    recovered, reply, send_out, state, wish,
};
use super::whole::Whole as _;

fn numbers(claimed: &[fortnightly::store::Claimed]) -> Vec<u64> {
    claimed.iter().map(|claimed| claimed.id.recipient.0).collect()
}

async fn leave(store: &dyn Store, mailbox: &str) {
    store.unsubscribe(&address(mailbox), SuppressionReason::Unsubscribed, "test", at(5)).await.unwrap();
}

pub(in crate::store) async fn each_is_claimed_once_in_order(open: Open<'_>) {
    let store = open();
    assert_eq!(claim(&*store, 0, 9).await, [], "nothing is being sent");
    assert_eq!(send_out(&*store, &crowd(5)).await, 5);
    assert_eq!(claim(&*store, 2, 0).await, []);
    let first = claim(&*store, 2, 3).await;
    assert_eq!(numbers(&first), [1, 2, 3]);
    assert_eq!(first[1].address, address("m1@school.example"));
    assert_eq!((greeted(&first[1]), first[1].attempts, first[1].repeated), ("School 1", 0, false));
    assert_eq!(numbers(&claim(&*store, 2, 9).await), [4, 5]);
    assert_eq!(claim(&*store, 2, 9).await, []);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.sending), (5, 5));
    assert_eq!(store.claim(Some(EditionNumber(8)), at(2), 9).await.unwrap(), []);
}

pub(in crate::store) async fn replies_mean_what_the_contract_says(open: Open<'_>) {
    use DeliveryState::{Accepted, Claimed, Deferred, Expired, Failed, InFlight, Queued, Uncertain};
    let store = open();
    send_out(&*store, &crowd(7)).await;
    claim(&*store, 2, 9).await;
    assert_eq!(state(&*store, id(1)).await, Claimed);
    mark(&*store, id(1)).await;
    assert_eq!(state(&*store, id(1)).await, InFlight);
    let refused = Outcome::Permanent { reply: reply(554), suppress: None };
    let cases = [
        (Outcome::Accepted(reply(250)), None, Accepted),
        (Outcome::Transient(reply(451)), Some(30), Deferred),
        (Outcome::Transient(reply(451)), None, Expired),
        (refused, None, Failed),
        (Outcome::Uncertain(reply(421)), None, Uncertain),
        (Outcome::Uncertain(reply(421)), Some(20), Uncertain),
        (Outcome::SenderRefused(reply(535)), None, Queued),
    ];
    for (recipient, (outcome, retry, expected)) in (1..).zip(cases) {
        done(&*store, id(recipient), outcome, retry).await;
        assert_eq!(state(&*store, id(recipient)).await, expected, "recipient {recipient}");
    }
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.queued, tally.sending, tally.accepted), (7, 1, 0, 1));
    assert_eq!((tally.deferred, tally.uncertain, tally.failed, tally.expired), (1, 2, 1, 1));
    assert_eq!(store.next_retry(SEVEN).await.unwrap(), Some(at(20)));
    assert_eq!(numbers(&claim(&*store, 19, 9).await), [7]);
    let due = claim(&*store, 30, 9).await;
    assert_eq!(numbers(&due), [2, 6], "in the order of recipients, not of due times");
    assert_eq!(due.iter().map(|c| (c.attempts, c.repeated)).collect::<Vec<_>>(), [(1, false), (1, true)]);
    assert_eq!(store.next_retry(SEVEN).await.unwrap(), None);
}

pub(in crate::store) async fn once_uncertain_never_refused(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    for claimed in claim(&*store, 2, 9).await {
        done(&*store, claimed.id, Outcome::Uncertain(reply(421)), Some(10)).await;
    }
    claim(&*store, 10, 9).await;
    done(&*store, id(1), Outcome::Permanent { reply: reply(554), suppress: None }, None).await;
    done(&*store, id(2), Outcome::Transient(reply(451)), None).await;
    done(&*store, id(3), Outcome::Transient(reply(451)), Some(20)).await;
    done(&*store, id(4), Outcome::SenderRefused(reply(535)), None).await;
    done(&*store, id(5), Outcome::Accepted(reply(250)), None).await;
    leave(&*store, "m3@school.example").await;
    assert_eq!(claim(&*store, 11, 9).await, [], "recipient 4 left");
    store.expire(SEVEN, 0, ALL, at(12)).await.unwrap();
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.uncertain, tally.accepted), (5, 4, 1));
}

pub(in crate::store) async fn a_mailbox_that_does_not_exist_is_suppressed(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(1)).await;
    claim(&*store, 2, 1).await;
    let suppress = Some(SuppressionReason::Bounced);
    done(&*store, id(1), Outcome::Permanent { reply: reply(550), suppress }, None).await;
    let (_, mailbox) = look_up(&*store, "m0@school.example").await;
    assert_eq!((mailbox.state, mailbox.suppressed), (MailboxState::Ended, suppress));
    assert_eq!(state(&*store, id(1)).await, DeliveryState::Failed);
    let audit = store.audit().await.unwrap();
    assert!(audit.iter().any(|row| row.action == "suppress" && row.subject == "recipient 1"));
}

pub(in crate::store) async fn who_leaves_after_publishing_is_not_mailed(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(4)).await;
    leave(&*store, "m0@school.example").await;
    leave(&*store, "m1@school.example").await;
    assert_eq!(numbers(&claim(&*store, 6, 1).await), [3], "the limit counts those who can be mailed");
    assert_eq!(state(&*store, id(1)).await, DeliveryState::Suppressed);
    // The second look, just before MAIL.
    leave(&*store, "m2@school.example").await;
    let marked = async |recipient| record_and_mark(&*store, None, Some(id(recipient))).await;
    assert!(!marked(3).await.unwrap());
    assert_eq!(state(&*store, id(3)).await, DeliveryState::Suppressed);
    leave(&*store, "m3@school.example").await;
    assert!(matches!(marked(4).await, Err(StoreError::Refused(_))), "not in our hands");
    assert_eq!(state(&*store, id(4)).await, DeliveryState::Queued);
    assert_eq!(claim(&*store, 7, 9).await, []);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.suppressed), (4, 4));
    assert!(store.finish(SEVEN, at(8)).await.unwrap());
}

pub(in crate::store) async fn a_mark_needs_a_claim(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(2)).await;
    let marked = async |recipient| record_and_mark(&*store, None, Some(id(recipient))).await;
    assert!(matches!(marked(1).await, Err(StoreError::Refused(_))), "nothing was claimed");
    claim(&*store, 2, 1).await;
    assert!(marked(1).await.unwrap());
    assert!(matches!(marked(1).await, Err(StoreError::Refused(_))), "it is marked already");
    assert!(matches!(marked(2).await, Err(StoreError::Refused(_))), "it is queued");
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    assert!(matches!(marked(1).await, Err(StoreError::Refused(_))), "it is done");
    let late = AttemptResult { id: id(1), outcome: Outcome::Transient(reply(451)), at: at(3), retry_at: None };
    let late = record_and_mark(&*store, Some(late), None).await;
    assert!(matches!(late, Err(StoreError::Refused(_))));
    assert_eq!(state(&*store, id(1)).await, DeliveryState::Accepted);
}

pub(in crate::store) async fn a_step_is_both_or_none(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(3)).await;
    claim(&*store, 2, 2).await;
    mark(&*store, id(1)).await;
    let result = || AttemptResult { id: id(1), outcome: Outcome::Accepted(reply(250)), at: at(3), retry_at: None };
    let refused = record_and_mark(&*store, Some(result()), Some(id(3))).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert_eq!(state(&*store, id(1)).await, DeliveryState::InFlight);
    record_and_mark(&*store, Some(result()), Some(id(2))).await.unwrap();
    assert_eq!(state(&*store, id(1)).await, DeliveryState::Accepted);
    assert_eq!(state(&*store, id(2)).await, DeliveryState::InFlight);
    record_and_mark(&*store, None, None).await.unwrap();
}

pub(in crate::store) async fn a_step_that_is_refused_undoes_no_other(open: Open<'_>) {
    use DeliveryState::{Accepted, InFlight, Queued, Suppressed};

    let store = open();
    send_out(&*store, &crowd(5)).await;
    claim(&*store, 2, 4).await;
    mark(&*store, id(1)).await;
    leave(&*store, "m3@school.example").await;
    let accepted =
        |of: u64| Some(AttemptResult { id: id(of), outcome: Outcome::Accepted(reply(250)), at: at(3), retry_at: None });
    let step = |result: Option<u64>, mark: Option<u64>| Step { result: result.and_then(accepted), mark: mark.map(id) };
    // The second one would record what is in flight and mark what nobody claimed.
    let steps =
        [step(None, Some(2)), step(Some(1), Some(5)), step(None, Some(3)), step(None, Some(4)), step(Some(2), None)];
    let taken = store.record_and_mark(&steps.into()).await.unwrap();
    let told: Vec<_> = taken.iter().map(|marked| marked.as_ref().ok().copied()).collect();
    assert_eq!(told, [Some(true), None, Some(true), Some(false), Some(false)]);
    assert!(matches!(taken[1], Err(StoreError::Refused(Refusal::NotInHand(_)))), "{:?}", taken[1]);
    let mut states = Vec::new();
    for recipient in 1..=5 {
        states.push(state(&*store, id(recipient)).await);
    }
    assert_eq!(states, [InFlight, Accepted, InFlight, Suppressed, Queued]);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.queued, tally.sending, tally.accepted, tally.suppressed), (1, 2, 1, 1));
    assert!(store.record_and_mark(&[].into()).await.unwrap().is_empty());
}

pub(in crate::store) async fn a_clean_stop_puts_back_what_was_not_marked(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(4)).await;
    claim(&*store, 2, 3).await;
    mark(&*store, id(2)).await;
    done(&*store, id(2), Outcome::Accepted(reply(250)), None).await;
    assert_eq!(store.abandon(true, at(2)).await.unwrap(), 2);
    assert_eq!(store.abandon(true, at(2)).await.unwrap(), 0);
    let again = claim(&*store, 2, 9).await;
    assert_eq!(numbers(&again), [1, 3, 4]);
    assert!(again.iter().all(|claimed| claimed.attempts == 0 && !claimed.repeated), "nothing was tried");
    assert_eq!(store.recover(true, at(3)).await.unwrap(), 0, "we are alive");
}

pub(in crate::store) async fn what_waits_expires(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(4)).await;
    claim(&*store, 2, 3).await;
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    done(&*store, id(2), Outcome::Transient(reply(451)), Some(30)).await;
    assert_eq!(store.expire(SEVEN, 0, ALL, at(3)).await.unwrap(), 2);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted, tally.sending, tally.expired), (4, 1, 1, 2));
    assert_eq!(claim(&*store, 60, 9).await, []);
    assert_eq!(store.expire(SEVEN, 0, ALL, at(3)).await.unwrap(), 0);
}

pub(in crate::store) async fn it_is_sent_when_nothing_waits(open: Open<'_>) {
    let store = open();
    assert!(!store.finish(SEVEN, at(0)).await.unwrap(), "there is none");
    send_out(&*store, &crowd(2)).await;
    assert!(!store.finish(SEVEN, at(2)).await.unwrap(), "queued");
    claim(&*store, 2, 9).await;
    assert!(!store.finish(SEVEN, at(2)).await.unwrap(), "in hand");
    done(&*store, id(1), Outcome::Transient(reply(451)), Some(9)).await;
    done(&*store, id(2), Outcome::Uncertain(reply(421)), Some(9)).await;
    assert!(!store.finish(SEVEN, at(2)).await.unwrap(), "deferred");
    claim(&*store, 9, 1).await;
    done(&*store, id(1), Outcome::Accepted(reply(250)), None).await;
    assert!(!store.finish(SEVEN, at(9)).await.unwrap(), "uncertain, and to be tried again");
    claim(&*store, 9, 1).await;
    done(&*store, id(2), Outcome::Uncertain(reply(421)), None).await;
    assert!(store.finish(SEVEN, at(10)).await.unwrap());
    assert!(store.finish(SEVEN, at(11)).await.unwrap());
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.finished_at), (EditionState::Sent, Some(at(10))));
    assert!(store.tally(SEVEN).await.unwrap().is_settled());
}

pub(in crate::store) async fn a_delivery_keeps_the_name_it_was_published_with(open: Open<'_>) {
    let store = open();
    send_out(&*store, &[wish("Old Name", "a@b.example", "4-5")]).await;
    store.subscribe(&[wish("New Name", "a@b.example", "5-7")], at(2)).await.unwrap();
    assert_eq!(greeted(&claim(&*store, 3, 1).await[0]), "Old Name");
}

pub(in crate::store) async fn ten_claimers_on_two_handles_share_a_thousand(open: Open<'_>) {
    let handles = [open(), open()];
    assert_eq!(send_out(&*handles[0], &crowd(1000)).await, 1000);
    let claimers: Vec<_> = (0..10)
        .map(|i| {
            let store = std::sync::Arc::clone(&handles[i % 2]);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let some = claim(&*store, 2, 17).await;
                    if some.is_empty() {
                        return mine;
                    }
                    mine.extend(numbers(&some));
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), 1000);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1000, "each exactly once");
    assert_eq!(handles[1].tally(SEVEN).await.unwrap().sending, 1000);
}

pub(in crate::store) async fn what_a_dead_process_held_is_taken_up(open: Open<'_>) {
    let living = open();
    send_out(&*living, &crowd(5)).await;
    claim(&*living, 2, 1).await;
    let dying = open();
    assert_eq!(numbers(&claim(&*dying, 2, 3).await), [2, 3, 4]);
    mark(&*dying, id(3)).await;
    drop(dying);
    assert_eq!(recovered(&*living, true, 3).await, 3);
    assert_eq!(living.recover(true, at(3)).await.unwrap(), 0);
    assert_eq!(state(&*living, id(1)).await, DeliveryState::Claimed, "ours stay ours");
    let again = claim(&*living, 3, 9).await;
    let told: Vec<_> = again.iter().map(|c| (c.id.recipient.0, c.attempts, c.repeated)).collect();
    assert_eq!(told, [(2, 0, false), (3, 1, true), (4, 0, false), (5, 0, false)]);
}

pub(in crate::store) async fn a_living_process_keeps_what_it_holds(open: Open<'_>) {
    let (one, two) = (open(), open());
    send_out(&*one, &crowd(4)).await;
    claim(&*one, 2, 2).await;
    mark(&*one, id(1)).await;
    assert_eq!(numbers(&claim(&*two, 3, 1).await), [3]);
    assert_eq!(two.recover(true, at(3)).await.unwrap(), 0);
    assert_eq!(two.abandon(true, at(3)).await.unwrap(), 1, "its own");
    let stolen = AttemptResult { id: id(1), outcome: Outcome::Accepted(reply(250)), at: at(3), retry_at: None };
    let stolen = record_and_mark(&*two, Some(stolen), None).await;
    assert!(matches!(stolen, Err(StoreError::Refused(Refusal::NotInHand(_)))), "{stolen:?}");
    for left in [false, true] {
        if left {
            leave(&*one, "m1@school.example").await;
        }
        let marked = record_and_mark(&*two, None, Some(id(2))).await;
        assert!(matches!(marked, Err(StoreError::Refused(_))));
        assert_eq!(state(&*one, id(2)).await, DeliveryState::Claimed);
    }
    assert_eq!(numbers(&claim(&*two, 3, 9).await), [3, 4]);
}

pub(in crate::store) async fn holding_back_instead_of_sending_again(open: Open<'_>) {
    let living = open();
    send_out(&*living, &crowd(2)).await;
    let dying = open();
    claim(&*dying, 2, 2).await;
    mark(&*dying, id(1)).await;
    drop(dying);
    assert_eq!(recovered(&*living, false, 3).await, 2);
    assert_eq!(state(&*living, id(1)).await, DeliveryState::Uncertain);
    assert_eq!(state(&*living, id(2)).await, DeliveryState::Queued);
    assert_eq!(living.next_retry(SEVEN).await.unwrap(), None);
}

/// As if it had not been tried: no attempt, its place in the queue or a time of its own, and nobody who left meanwhile.
pub(in crate::store) async fn what_is_refused_for_its_pace_was_not_tried(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(3)).await;
    claim(&*store, 2, 9).await;
    let throttled = || Outcome::Throttled { reply: reply(432), limit: RelayLimit::Pace };
    done(&*store, id(1), throttled(), None).await;
    done(&*store, id(2), throttled(), Some(30)).await;
    mark(&*store, id(3)).await;
    leave(&*store, "m2@school.example").await;
    done(&*store, id(3), throttled(), Some(30)).await;
    let states = [state(&*store, id(1)).await, state(&*store, id(2)).await, state(&*store, id(3)).await];
    assert_eq!(states, [DeliveryState::Queued, DeliveryState::Deferred, DeliveryState::Suppressed]);
    let again = claim(&*store, 30, 9).await;
    let told: Vec<_> = again.iter().map(|c| (c.id.recipient.0, c.attempts, c.repeated, c.first_attempt)).collect();
    assert_eq!(told, [(1, 0, false, None), (2, 0, false, None)]);
}

/// Three resends in all, whether the answer or the process was lost; taken up by a person, it has three anew.
pub(in crate::store) async fn what_is_lost_at_its_dot_again_and_again_waits_for_a_person(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(1)).await;
    for begun in [10, 20] {
        for lost in 0..4 {
            let now = begun + i64::from(lost);
            let claimed = claim(&*store, now, 9).await;
            assert_eq!(claimed.iter().map(|c| c.uncertain).collect::<Vec<_>>(), [lost]);
            mark(&*store, id(1)).await;
            if lost == 1 {
                let (outcome, retry_at) = (Outcome::Uncertain(reply(421)), Some(at(now + 1)));
                let result = AttemptResult { id: id(1), outcome, at: at(now), retry_at };
                record_and_mark(&*store, Some(result), None).await.unwrap();
            } else {
                assert_eq!(store.abandon(true, at(now)).await.unwrap(), 1);
            }
            let waits = if matches!(lost, 1 | 3) { DeliveryState::Uncertain } else { DeliveryState::Queued };
            assert_eq!(state(&*store, id(1)).await, waits, "lost {lost} times before");
        }
        assert_eq!((claim(&*store, 9_999, 9).await, store.next_retry(SEVEN).await.unwrap()), (vec![], None));
        assert!(store.finish(SEVEN, at(begun + 5)).await.unwrap());
        let uncertain = filter(&[DeliveryState::Uncertain], None);
        assert_eq!(
            store.retry(SEVEN, &uncertain, RetriedPart::default(), ALL, at(begun + 6)).await.unwrap().retried.uncertain,
            1
        );
    }
}

fn filter(states: &[DeliveryState], addresses: Option<&[&str]>) -> DeliveryFilter {
    let addresses = addresses.map(|all| all.iter().map(|one| address(one)).collect());
    DeliveryFilter { addresses, ..all_of(states) }
}

/// Five deliveries: failed, expired, uncertain, accepted, and failed with its mailbox suppressed.
pub(super) async fn ended(store: &dyn Store) {
    send_out(store, &crowd(5)).await;
    claim(store, 2, 9).await;
    let refused = |suppress| Outcome::Permanent { reply: reply(550), suppress };
    done(store, id(1), refused(None), None).await;
    done(store, id(2), Outcome::Transient(reply(451)), None).await;
    done(store, id(3), Outcome::Uncertain(reply(421)), None).await;
    done(store, id(4), Outcome::Accepted(reply(250)), None).await;
    done(store, id(5), refused(Some(SuppressionReason::Bounced)), None).await;
    assert!(store.finish(SEVEN, at(3)).await.unwrap());
}

pub(in crate::store) async fn what_ended_is_taken_up_again_with_its_full_time(open: Open<'_>) {
    use DeliveryState::{Accepted, Expired, Failed, Queued, Uncertain};
    let store = open();
    ended(&*store).await;
    let page = store.deliveries(&filter(DeliveryState::ALL, None), Some(delivery(3)), 9).await.unwrap();
    assert_eq!(page.iter().map(|record| record.state).collect::<Vec<_>>(), [Accepted, Failed]);
    assert_eq!(page[1].last.as_ref().and_then(|last| last.reply.code), Some(550));
    assert_eq!(store.deliveries(&filter(&[], None), None, 9).await.unwrap(), [], "no state is none");
    assert_eq!(store.deliveries(&filter(DeliveryState::ALL, Some(&[])), None, 9).await.unwrap(), [], "nobody is none");
    let unknown = store
        .retry(SEVEN, &filter(&[Failed], Some(&["nobody@school.example"])), RetriedPart::default(), ALL, at(9))
        .await;
    assert!(matches!(unknown, Err(StoreError::UnknownMailbox(_))));
    let all = filter(&[Failed, Expired, Uncertain, Accepted], None);
    let retried = store.retry(SEVEN, &all, RetriedPart::default(), ALL, at(100)).await.unwrap().retried;
    assert_eq!((retried.ended, retried.uncertain, retried.suppressed), (2, 1, 1));
    assert_eq!(state(&*store, id(4)).await, Accepted, "what was accepted stays so");
    let claimed = claim(&*store, 101, 9).await;
    let told: Vec<_> = claimed.iter().map(|c| (c.id.recipient.0, c.first_attempt, c.repeated)).collect();
    assert_eq!(told, [(1, None, false), (2, None, false), (3, None, true)], "the time counts anew");
    done(&*store, id(3), Outcome::Permanent { reply: reply(550), suppress: None }, None).await;
    assert_eq!(state(&*store, id(3)).await, Uncertain, "an earlier attempt may have been accepted");
    let later =
        AttemptResult { id: id(1), outcome: Outcome::Transient(reply(451)), at: at(110), retry_at: Some(at(130)) };
    record_and_mark(&*store, Some(later), None).await.unwrap();
    let again = claim(&*store, 130, 9).await;
    assert_eq!(again[0].first_attempt, Some(at(110)), "what was tried before the retry does not count");
    assert_ne!(state(&*store, id(2)).await, Queued);
}

pub(in crate::store) async fn what_is_uncertain_is_resolved_and_nothing_else(open: Open<'_>) {
    let store = open();
    ended(&*store).await;
    let all = filter(&[DeliveryState::Uncertain], None);
    assert_eq!(store.resolve(SEVEN, &all, true, ResolvedPart::default(), ALL, at(9)).await.unwrap().resolved, 1);
    assert_eq!(store.resolve(SEVEN, &all, false, ResolvedPart::default(), ALL, at(9)).await.unwrap().resolved, 0);
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted, tally.failed, tally.expired), (5, 2, 2, 1));
    let unknown = store.resolve(EditionNumber(8), &all, true, ResolvedPart::default(), ALL, at(9)).await;
    assert!(matches!(unknown, Err(StoreError::Refused(Refusal::NotPublished(EditionNumber(8))))), "{unknown:?}");
}

pub(in crate::store) async fn whoever_holds_the_number_leaves_and_may_be_let_back(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(2)).await;
    let (one, reason) = (RecipientId(1), SuppressionReason::Unsubscribed);
    assert_eq!(store.subscribed_name(one).await.unwrap().as_deref(), Some("School 0"));
    assert!(store.is_wanted(id(1)).await.unwrap());
    assert_eq!(store.leave(one, reason, "test", at(2)).await.unwrap().as_deref(), Some("School 0"));
    assert_eq!(store.leave(one, reason, "test", at(3)).await.unwrap(), None, "once");
    assert_eq!(store.leave(RecipientId(99), reason, "test", at(3)).await.unwrap(), None);
    assert_eq!(store.subscribed_name(one).await.unwrap(), None);
    assert!(!store.is_wanted(id(1)).await.unwrap() && store.is_wanted(id(2)).await.unwrap());
    let who = address("M0@school.example");
    assert_eq!(store.suppression(&who).await.unwrap(), Some(reason));
    let all = store.suppressions().await.unwrap();
    assert_eq!((all.len(), all[0].suppression.since), (1, at(2)));
    assert_eq!(store.lift_suppression(&who, "test", at(4)).await.unwrap(), Some(reason));
    assert_eq!(store.lift_suppression(&who, "test", at(4)).await.unwrap(), None);
    assert_eq!(store.subscribed_name(one).await.unwrap(), None, "lifting begins no subscription");
    assert_eq!(store.stored_state(std::slice::from_ref(&who)).await.unwrap().kept_out.get(&who), Some(&reason));
}

pub(in crate::store) async fn without_a_relay_all_wait_and_none_was_tried(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(50)).await;
    assert_eq!(store.postpone(Some(SEVEN), at(25)..at(40), ALL).await.unwrap(), 50);
    let next = store.next_retry(SEVEN).await.unwrap().unwrap();
    assert!((at(25)..at(40)).contains(&next), "{next}");
    assert_eq!(claim(&*store, 24, 99).await, []);
    let later = claim(&*store, 40, 99).await;
    assert!(later.len() == 50 && later.iter().all(|claimed| claimed.attempts == 0));
    for claimed in &later[..3] {
        done(&*store, claimed.id, Outcome::Accepted(reply(250)), None).await;
    }
    done(&*store, later[3].id, Outcome::Uncertain(reply(421)), None).await;
    done(&*store, later[4].id, Outcome::Transient(reply(451)), Some(99)).await;
    assert_eq!(store.handed_over_since(at(0)).await.unwrap(), 4, "what may have been accepted counts");
    assert_eq!(store.handed_over_since(at(1_000)).await.unwrap(), 0);
    assert_eq!(store.restored().await.unwrap(), None);
    assert_eq!(store.release_restored(true, at(50)).await.unwrap().editions, []);
}
