//! Requests that wait for a click, and the confirmations and good-byes that go with them through the one outbox.

use fortnightly::domain::delivery::{DeliveryState, EnqueuedMail, Outcome, TransactionalKind, TransactionalMail};
use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use fortnightly::domain::subscription::confirm::{Asked, Clicked, Question};
use fortnightly::domain::subscription::request::RequestKind;
use fortnightly::store::{AttemptResult, Claimed, ClaimedContent, Store, StoreError};

use super::desk::Desk as _;
use super::samples::{
    ALL, Open, SEVEN, address, at, bands, change_editions, crowd, done, look_up, mark, record_and_mark, recovered,
    rendered, reply, send_out, sender, state, wish,
};

fn letter(subject: &str) -> TransactionalMail {
    TransactionalMail { kind: TransactionalKind::Confirm, sender: sender(), rendered: rendered(subject) }
}

async fn ask(store: &dyn Store, mailbox: &str, minutes: i64) -> Asked {
    store.ask_to_subscribe(&wish("Hill", mailbox, "4-5"), &letter(mailbox), at(minutes)).await.unwrap()
}

async fn claim(store: &dyn Store, minutes: i64) -> Option<Claimed> {
    store.claim(None, at(minutes), 1).await.unwrap().pop()
}

fn content(claimed: &Claimed) -> &EnqueuedMail {
    match &claimed.content {
        ClaimedContent::Transactional(mail) => mail,
        ClaimedContent::Digest { .. } => panic!("it is no edition"),
    }
}

async fn subjects(store: &dyn Store, minutes: i64) -> Vec<String> {
    let claimed = store.claim(None, at(minutes), 99).await.unwrap();
    claimed.iter().map(|claimed| content(claimed).mail.rendered.subject.clone()).collect()
}

pub(in crate::store) async fn each_is_claimed_once_and_settled(open: Open<'_>) {
    let (one, two) = (open(), open());
    for mailbox in ["a@b.example", "c@b.example", "d@b.example"] {
        assert!(matches!(ask(&*one, mailbox, 0).await, Asked::Waits(_)));
    }
    for (most, counted) in [(1, 1), (2, 2), (9, 3)] {
        assert_eq!(two.waiting(None, at(1), most).await.unwrap(), counted);
    }
    let (first, second) = (claim(&*one, 1).await.unwrap(), claim(&*two, 1).await.unwrap());
    assert_eq!((first.address.as_str(), second.address.as_str()), ("a@b.example", "c@b.example"));
    assert_eq!((content(&first).at, &content(&first).mail, first.attempts), (at(0), &letter("a@b.example"), 0));
    let stolen = record_and_mark(&*two, None, Some(first.id)).await;
    assert!(matches!(stolen, Err(StoreError::Refused(Refusal::NotInHand(_)))), "another process has it in hand");
    done(&*one, first.id, Outcome::Accepted(reply(250)), None).await;
    done(&*two, second.id, Outcome::Transient(reply(451)), Some(30)).await;
    let again = AttemptResult { id: second.id, outcome: Outcome::Accepted(reply(250)), at: at(2), retry_at: None };
    assert!(record_and_mark(&*two, Some(again), None).await.is_err());
    assert_eq!(subjects(&*one, 3).await, ["d@b.example"]);
    let again = claim(&*two, 30).await.unwrap();
    assert_eq!((&content(&again).mail, again.attempts), (&letter("c@b.example"), 1), "the same words on every attempt");
    assert_eq!(again.first_attempt, Some(at(2)));
    assert_eq!(one.waiting(None, at(99), 9).await.unwrap(), 0);
    let held = one.subject_data(first.id.recipient).await.unwrap().letters;
    assert_eq!((held[0].state, held[0].code), ("accepted", Some(250)));
}

pub(in crate::store) async fn a_dead_process_s_mails_are_taken_up(open: Open<'_>) {
    for (resend, expected) in [(true, vec!["a@b.example", "c@b.example"]), (false, vec!["c@b.example"])] {
        let (living, dying) = (open(), open());
        for mailbox in ["a@b.example", "c@b.example"] {
            // Once for each turn of the loop: a pending mailbox may be asked again.
            ask(&*living, mailbox, 0).await;
        }
        let first = claim(&*dying, 1).await.unwrap();
        assert!(mark(&*dying, first.id).await);
        claim(&*dying, 1).await.unwrap();
        assert_eq!(claim(&*living, 1).await, None);
        drop(dying);
        assert_eq!(recovered(&*living, resend, 2).await, 2);
        let claimed = living.claim(None, at(3), 99).await.unwrap();
        let subjects: Vec<_> = claimed.iter().map(|one| content(one).mail.rendered.subject.as_str()).collect();
        assert_eq!(subjects, expected);
        // What the first turn left would be in the second's way.
        for claimed in claimed {
            done(&*living, claimed.id, Outcome::Accepted(reply(250)), None).await;
        }
    }
}

pub(in crate::store) async fn what_belongs_to_no_edition_goes_first_and_ignores_its_hold(open: Open<'_>) {
    use fortnightly::domain::edition::{EditionChange, HoldReason};
    let store = open();
    assert_eq!(send_out(&*store, &crowd(3)).await, 3);
    ask(&*store, "a@b.example", 2).await;
    let claimed = store.claim(Some(SEVEN), at(3), 2).await.unwrap();
    let mailings: Vec<_> = claimed.iter().map(|claimed| claimed.id.mailing.number()).collect();
    assert_eq!(mailings, [None, Some(SEVEN)]);
    let hold = EditionChange::Hold(SEVEN, HoldReason::Operator { why: None });
    assert_eq!(change_editions(&*store, &[hold], at(3)).await, 1);
    assert!(store.is_wanted(claimed[0].id).await.unwrap() && !store.is_wanted(claimed[1].id).await.unwrap());
    assert!(mark(&*store, claimed[0].id).await, "no hold stops it");
    assert!(!mark(&*store, claimed[1].id).await);
    done(&*store, claimed[0].id, Outcome::Uncertain(reply(421)), None).await;
    assert_eq!(store.handed_over_since(at(0)).await.unwrap(), 0, "it counts towards no cap");
    ask(&*store, "c@b.example", 3).await;
    assert_eq!(store.postpone(Some(SEVEN), at(50)..at(50), ALL).await.unwrap(), 3);
    assert_eq!(subjects(&*store, 4).await, ["c@b.example"], "an edition's mails are put off alone");
    store.abandon(true, at(4)).await.unwrap();
    assert_eq!(store.postpone(None, at(14)..at(14), ALL).await.unwrap(), 1);
    assert_eq!(store.waiting(None, at(13), 9).await.unwrap(), 0);
    assert_eq!(store.waiting(None, at(14), 9).await.unwrap(), 1);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 3, "it is none of the edition's mails");
}

pub(in crate::store) async fn who_bounced_gets_none_and_who_left_does(open: Open<'_>) {
    let store = open();
    for mailbox in ["left@b.example", "bounced@b.example", "later@b.example"] {
        store.subscribe(&[wish("Hill", mailbox, "4-5")], at(0)).await.unwrap();
        let (_, record) = look_up(&*store, mailbox).await;
        store.leave_with_undo(record.recipient, &letter(mailbox), at(1)).await.unwrap();
    }
    let bounce = |mailbox: &'static str| {
        let store = &store;
        async move {
            store.lift_suppression(&address(mailbox), "test", at(2)).await.unwrap();
            store.unsubscribe(&address(mailbox), SuppressionReason::Bounced, "test", at(2)).await.unwrap();
        }
    };
    bounce("bounced@b.example").await;
    let claimed = claim(&*store, 3).await.unwrap();
    assert_eq!(claimed.address.as_str(), "left@b.example");
    assert!(store.is_wanted(claimed.id).await.unwrap());
    let late = claim(&*store, 3).await.unwrap();
    assert_eq!(late.address.as_str(), "later@b.example");
    bounce("later@b.example").await;
    assert!(!store.is_wanted(late.id).await.unwrap());
    assert!(!mark(&*store, late.id).await);
    assert_eq!(state(&*store, late.id).await, DeliveryState::Suppressed);
    assert_eq!(claim(&*store, 9).await, None);
}

pub(in crate::store) async fn a_request_is_fulfilled_once_and_in_time(open: Open<'_>) {
    let store = open();
    let Asked::Waits(old) = ask(&*store, "a@b.example", 0).await else { panic!("it is new") };
    let Asked::Waits(new) = ask(&*store, "a@b.example", 1).await else { panic!("it is pending") };
    let Question::Open(found, name) = store.question(new, at(1)).await else { panic!("it is open") };
    assert_eq!((found.kind, name.as_str(), found.bands), (RequestKind::Subscribe, "Hill", bands("4-5")));
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Pending);
    assert_eq!(store.fulfil(old, at(2)).await.unwrap(), Clicked::Over);
    assert!(matches!(store.fulfil(new, at(2)).await.unwrap(), Clicked::Done(_)));
    assert!(matches!(store.fulfil(new, at(3)).await.unwrap(), Clicked::Before(_)));
    assert_eq!(look_up(&*store, "a@b.example").await.1.state, MailboxState::Active);
    assert_eq!(ask(&*store, "a@b.example", 4).await, Asked::Already);
    let week = 7 * 24 * 60;
    let Asked::Waits(late) = ask(&*store, "c@b.example", 5).await else { panic!("it is new") };
    assert_eq!(store.end_unconfirmed(at(week + 4)).await.unwrap(), 0);
    assert_eq!(store.fulfil(late, at(week + 5)).await.unwrap(), Clicked::Over);
    assert_eq!(store.end_unconfirmed(at(week + 5)).await.unwrap(), 1);
    assert_eq!(look_up(&*store, "c@b.example").await.1.state, MailboxState::Ended);
}

pub(in crate::store) async fn leaving_closes_what_was_asked_and_undo_opens_what_was_closed(open: Open<'_>) {
    let store = open();
    store.subscribe(&[wish("Hill", "a@b.example", "4-5")], at(0)).await.unwrap();
    let me = look_up(&*store, "a@b.example").await.1.recipient;
    let Asked::Waits(other) = store.ask_for_bands(me, &bands("5-7"), &letter("x"), at(1)).await.unwrap() else {
        panic!("other bands")
    };
    assert_eq!(store.ask_for_bands(me, &bands("4-5"), &letter("x"), at(1)).await.unwrap(), Asked::Already);
    assert_eq!(store.ask_for_bands(RecipientId(99), &bands("4-5"), &letter("x"), at(1)).await.unwrap(), Asked::Nobody);
    assert_eq!(store.leave_with_undo(me, &letter("bye"), at(2)).await.unwrap().as_deref(), Some("Hill"));
    assert_eq!(store.leave_with_undo(me, &letter("bye"), at(3)).await.unwrap(), None);
    assert_eq!(store.fulfil(other, at(4)).await.unwrap(), Clicked::Over, "who left gets no other bands");
    assert_eq!(subjects(&*store, 5).await, ["bye"], "one good-bye, and no question whose link is dead");
    let undo = fortnightly::domain::subscription::request::RequestId(other.0 + 1);
    assert!(matches!(store.fulfil(undo, at(6)).await.unwrap(), Clicked::Done(_)));
    let (_, back) = look_up(&*store, "a@b.example").await;
    assert_eq!((back.state, back.suppressed, back.bands), (MailboxState::Active, None, bands("4-5")));
}

pub(in crate::store) async fn nobody_is_asked_too_often_and_neither_is_everyone(open: Open<'_>) {
    let store = open();
    for minutes in 0..3 {
        assert!(matches!(ask(&*store, "a@b.example", minutes).await, Asked::Waits(_)));
    }
    assert_eq!(ask(&*store, "A@b.example", 4).await, Asked::TooOften);
    for n in 3..500 {
        assert!(matches!(ask(&*store, &format!("m{n}@b.example"), 5).await, Asked::Waits(_)), "{n}");
    }
    assert_eq!(ask(&*store, "one-more@b.example", 6).await, Asked::TooOften);
    assert!(matches!(ask(&*store, "one-more@b.example", 66).await, Asked::Waits(_)), "an hour later");
    assert_eq!(ask(&*store, "a@b.example", 67).await, Asked::TooOften);
    let day = 24 * 60;
    assert!(matches!(ask(&*store, "a@b.example", day + 1).await, Asked::Waits(_)), "a day later");
}
