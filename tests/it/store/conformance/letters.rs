//! Requests that wait for a click, and the letters that ask for it.

use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use fortnightly::domain::subscription::confirm::{Asked, Clicked, Question};
use fortnightly::domain::subscription::request::RequestKind;
use fortnightly::store::{ClaimedLetter, LetterKind, NewLetter, Store};

use super::desk::Desk as _;
use super::samples::{Open, address, at, bands, look_up, rendered, reply, sender, wish};

fn letter(subject: &str) -> NewLetter {
    NewLetter { kind: LetterKind::Confirm, sender: sender(), rendered: rendered(subject) }
}

async fn ask(store: &dyn Store, mailbox: &str, minutes: i64) -> Asked {
    store.ask_to_subscribe(&wish("Hill", mailbox, "4-5"), &letter(mailbox), at(minutes)).await.unwrap()
}

async fn claim(store: &dyn Store, minutes: i64) -> Option<ClaimedLetter> {
    store.claim_letter(at(minutes)).await.unwrap()
}

async fn subjects(store: &dyn Store, minutes: i64) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(claimed) = claim(store, minutes).await {
        found.push(claimed.letter.rendered.subject);
    }
    found
}

pub(in crate::store) async fn each_letter_is_claimed_once_and_settled(open: Open<'_>) {
    let (one, two) = (open(), open());
    for mailbox in ["a@b.example", "c@b.example", "d@b.example"] {
        assert!(matches!(ask(&*one, mailbox, 0).await, Asked::Waits(_)));
    }
    assert!(two.has_letters(at(1)).await.unwrap());
    let (first, second) = (claim(&*one, 1).await.unwrap(), claim(&*two, 1).await.unwrap());
    assert_eq!((first.address.as_str(), second.address.as_str()), ("a@b.example", "c@b.example"));
    assert_eq!((first.at, first.letter, first.attempts), (at(0), letter("a@b.example"), 0));
    assert!(!two.mark_letter(first.id).await.unwrap(), "another process has it in hand");
    assert!(one.mark_letter(first.id).await.unwrap());
    assert!(two.mark_letter(second.id).await.unwrap());
    one.letter_done(first.id, &Outcome::Accepted(reply(250)), at(2), None).await.unwrap();
    two.letter_done(second.id, &Outcome::Transient(reply(451)), at(2), Some(at(30))).await.unwrap();
    assert!(two.letter_done(second.id, &Outcome::Accepted(reply(250)), at(2), None).await.is_err());
    assert_eq!(subjects(&*one, 3).await, ["d@b.example"]);
    let again = claim(&*two, 30).await.unwrap();
    assert_eq!((again.letter, again.attempts), (letter("c@b.example"), 1), "the same words on every attempt");
    assert!(!one.has_letters(at(99)).await.unwrap());
}

pub(in crate::store) async fn a_dead_process_s_letters_are_taken_up(open: Open<'_>) {
    for (resend, expected) in [(true, vec!["a@b.example", "c@b.example"]), (false, vec!["c@b.example"])] {
        let (living, dying) = (open(), open());
        for mailbox in ["a@b.example", "c@b.example"] {
            ask(&*living, mailbox, 0).await;
            // Once for each turn of the loop: a pending mailbox may be asked again.
        }
        let first = claim(&*dying, 1).await.unwrap();
        assert!(dying.mark_letter(first.id).await.unwrap());
        claim(&*dying, 1).await.unwrap();
        assert_eq!(claim(&*living, 1).await, None);
        drop(dying);
        living.recover(resend, at(2)).await.unwrap();
        assert_eq!(subjects(&*living, 3).await, expected);
        // What the first turn left would be in the second's way.
        for _ in 0..2 {
            living.put_letters_back(false, at(1_000_000)).await.unwrap();
        }
    }
}

pub(in crate::store) async fn who_bounced_gets_no_letter_and_who_left_does(open: Open<'_>) {
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
    let late = claim(&*store, 3).await.unwrap();
    assert_eq!(late.address.as_str(), "later@b.example");
    bounce("later@b.example").await;
    assert!(!store.mark_letter(late.id).await.unwrap());
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

pub(in crate::store) async fn nobody_is_asked_too_often_and_neither_is_everybody(open: Open<'_>) {
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
