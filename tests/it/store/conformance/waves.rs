//! Waves of bounces, by report and by the relay: what a bounce is judged by, who waits, and what becomes of them.

use std::convert::Infallible;

use fortnightly::domain::delivery::{DeliveryState, Outcome, Reply};
use fortnightly::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use fortnightly::domain::subscription::mailing_list::MailingList;
use fortnightly::domain::subscription::returned::{self, Bounced};
use fortnightly::domain::subscription::wave::{CannotSettle, WaveId, WaveScope, WaveState};
use fortnightly::store::{Scope, decide};

use super::desk::Desk as _;
use super::samples::{Open, SEVEN, at, claim, crowd, delivery, done, id, look_up, mark, send_out, state};
use super::whole::Whole as _;

/// Edition 7 to so many mailboxes, of whom the first `refused` do not exist for the relay.
async fn sent(store: &dyn fortnightly::store::Store, count: u64, refused: u64) {
    send_out(store, &crowd(usize::try_from(count).unwrap())).await;
    claim(store, 2, 99).await;
    for recipient in 1..=count {
        mark(store, id(recipient)).await;
        let reply = Reply { code: Some(550), text: "5.1.1 no such user".to_owned() };
        let outcome = if recipient <= refused {
            Outcome::Permanent { reply, suppress: Some(SuppressionReason::Bounced) }
        } else {
            Outcome::Accepted(reply)
        };
        done(store, id(recipient), outcome, None).await;
    }
}

/// A small wave.
fn whole(wave: u64) -> Scope {
    Scope::Wave(WaveId(wave), RecipientId(0), 99)
}

pub(in crate::store) async fn a_wave_waits_and_is_confirmed(open: Open<'_>) {
    let store = open();
    sent(&*store, 6, 0).await;
    let gone = || "5.1.1".parse().ok();
    for recipient in 1..=3 {
        assert_eq!(store.bounce(delivery(recipient), gone(), at(5)).await.unwrap(), Bounced::Suppressed);
    }
    assert_eq!(store.open_waves().await.unwrap(), []);
    let waits = Bounced::Waits(WaveId(1));
    assert_eq!(store.bounce(delivery(4), gone(), at(6)).await.unwrap(), waits);
    assert_eq!(store.bounce(delivery(4), gone(), at(7)).await.unwrap(), waits, "told twice is told once");
    assert_eq!(store.suppressions().await.unwrap(), [], "those before it wait, too");
    let before = look_up(&*store, "m0@school.example").await.1;
    assert_eq!((before.state, before.subscriptions[0].ended), (MailboxState::Active, None));
    let [open] = &store.open_waves().await.unwrap()[..] else { panic!("one wave") };
    assert_eq!((open.wave.id, open.wave.edition, &open.wave.scope), (WaveId(1), SEVEN, &WaveScope::Edition));
    assert_eq!((open.wave.at, open.waiting, open.bounced, open.tried), (at(6), 4, 4, 6));
    let bounces = store.wave_bounces(WaveId(1)).await.unwrap();
    assert_eq!((bounces.len(), bounces[3].subscriber.as_str()), (4, "School 3"));
    assert!(store.bounce_counts().await.unwrap().iter().all(|count| count.waits));

    store
        .unsubscribe(&"m1@school.example".parse().unwrap(), SuppressionReason::Unsubscribed, "test", at(8))
        .await
        .unwrap();
    assert_eq!(store.open_waves().await.unwrap()[0].waiting, 3);
    let settle = |list: &mut MailingList| returned::confirm(list, "test", None);
    let (settled, _) = decide(&*store, &whole(1), at(9), None, settle).await.unwrap();
    assert_eq!(settled.unwrap().mailboxes, 3);
    assert_eq!(store.suppression_count().await.unwrap(), 4);
    let (again, _) = decide(&*store, &whole(1), at(9), None, settle).await.unwrap();
    assert_eq!(again.unwrap_err(), CannotSettle::Already(WaveState::Confirmed));
    let (unknown, _) = decide(&*store, &whole(2), at(9), None, settle).await.unwrap();
    assert_eq!(unknown.unwrap_err(), CannotSettle::Unknown);
    // Who bounces later is of a wave that was true.
    assert_eq!(store.bounce(delivery(5), gone(), at(9)).await.unwrap(), Bounced::Suppressed);
}

pub(in crate::store) async fn a_wave_is_dismissed_and_its_mails_may_be_sent_again(open: Open<'_>) {
    let store = open();
    sent(&*store, 8, 3).await;
    assert_eq!(store.open_waves().await.unwrap()[0].waiting, 3, "by the relay");
    for recipient in 4..=5 {
        let bounced = store.bounce(delivery(recipient), "5.1.1".parse().ok(), at(6)).await.unwrap();
        assert_eq!(bounced, if recipient == 4 { Bounced::Suppressed } else { Bounced::Waits(WaveId(1)) });
    }
    let settle = |list: &mut MailingList| returned::dismiss(list, "test", None);
    let (settled, _) = decide(&*store, &whole(1), at(7), None, settle).await.unwrap();
    assert_eq!(settled.unwrap().mailboxes, 4);
    for recipient in 1..=8 {
        let failed = [1, 2, 3, 5].contains(&recipient);
        let expected = if failed { DeliveryState::Failed } else { DeliveryState::Accepted };
        assert_eq!(state(&*store, id(recipient)).await, expected, "{recipient}");
    }
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.accepted, tally.failed), (8, 4, 4));
    let late = store.bounce(delivery(6), "5.1.1".parse().ok(), at(8)).await.unwrap();
    assert_eq!(late, Bounced::Dismissed(WaveId(1)));
    // What stood for itself is taken back with all that were suppressed since then.
    let take_back = |list: &mut MailingList| Ok::<_, Infallible>(returned::take_back_all(list, "test"));
    let scope = |minutes| Scope::Suppressed(SuppressionReason::Bounced, at(minutes), None, 100);
    for (since, taken) in [(7, (0, 0)), (6, (1, 0)), (6, (0, 0))] {
        let (Ok(found), _) = decide(&*store, &scope(since), at(9), None, take_back).await.unwrap();
        assert_eq!(found, taken, "{since}");
    }
    assert_eq!(store.suppression_count().await.unwrap(), 0);
}

pub(in crate::store) async fn a_wave_is_dissolved_and_its_bounces_are_judged_again(open: Open<'_>) {
    let store = open();
    sent(&*store, 7, 4).await;
    assert_eq!(store.open_waves().await.unwrap()[0].waiting, 4);
    let (left, word) = ("m3@school.example".parse().unwrap(), SuppressionReason::Unsubscribed);
    store.unsubscribe(&left, word, "test", at(6)).await.unwrap();
    // By their numbers they are one still, so they make another.
    assert_eq!(store.dissolve_wave(WaveId(1), None, at(7)).await.unwrap(), None);
    let [wave] = &store.open_waves().await.unwrap()[..] else { panic!("one wave") };
    assert_eq!((wave.wave.id, wave.waiting, wave.bounced), (WaveId(2), 3, 4));
    assert_eq!(store.wave_bounces(WaveId(1)).await.unwrap(), []);
    assert!(store.wave_bounces(WaveId(2)).await.unwrap().iter().all(|bounce| bounce.at < at(6)), "as old as they are");
    assert_eq!(store.suppression_count().await.unwrap(), 1);
    // Told twice is told once, and a wave that was settled stays as it is.
    assert_eq!(store.dissolve_wave(WaveId(1), None, at(8)).await.unwrap(), None);
    let settle = |list: &mut MailingList| returned::confirm(list, "test", None);
    let (settled, _) = decide(&*store, &whole(1), at(9), None, settle).await.unwrap();
    assert_eq!(settled.unwrap_err(), CannotSettle::Already(WaveState::Dissolved));
    let (settled, _) = decide(&*store, &whole(2), at(9), None, settle).await.unwrap();
    assert_eq!(settled.unwrap().mailboxes, 3);
    let suppressions = store.suppressions().await.unwrap();
    let bounced = suppressions.iter().filter(|one| one.suppression.reason == SuppressionReason::Bounced);
    assert_eq!((bounced.count(), suppressions.len()), (3, 4), "whoever left has left");
}
