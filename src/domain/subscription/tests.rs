//! Decisions one after the other on a list in memory.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::bounce::{Meaning, PastDelivery};
use super::confirm::{Asked, Clicked, ask_for_bands, ask_to_subscribe, end_unconfirmed, fulfil};
use super::forget::{Ended, Erasure, erase, retire};
use super::mailing_list::MailingList;
use super::request::RequestId;
use super::returned::{Bounced, bounce, take_back_all};
use super::rows::{DeliveryHistory, Numbers, Rows};
use super::subscribe::{NoBand, Subscribed, subscribe};
use super::suppression::AddressHasher;
use super::sync::{Entry, StoredState, SyncPart, apply, apply_part, choices, plan_sync};
use super::unsubscribe::{
    CannotMove, change_address, leave, leave_with_undo, lift_suppression, refuse_for_good, unsubscribe,
};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::delivery::{DeliveryId, DeliveryState};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{
    Locale, MailboxState, Origin, Profile, RecipientId, Sector, SubscribeRequest, SuppressionReason,
};

const ONE: RecipientId = RecipientId(1);
const DAY: i64 = 24 * 60;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn rows() -> Rows {
    Rows { next: Numbers { subscriber: 1, recipient: 1, request: 1, wave: 1 }, ..Rows::default() }
}

fn empty() -> MailingList {
    MailingList::new(rows(), AddressHasher::new(&[7; 32]), at(0))
}

fn address(name: &str) -> Address {
    format!("{name}@x.example").parse().unwrap()
}

fn bands(names: &str) -> BandSet {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), sector: Sector::School, locale: Locale::EnGb, urn: None }
}

fn wish(name: &str, mailbox: &str, names: &str) -> SubscribeRequest {
    SubscribeRequest { profile: profile(name), address: address(mailbox), bands: bands(names), origin: Origin::Cli }
}

fn entry(name: &str, mailboxes: &str, names: &str) -> Entry {
    let addresses = mailboxes.split_whitespace().map(address).collect();
    Entry { profile: profile(name), addresses, bands: bands(names), line: 1 }
}

fn sync(list: &mut MailingList, entries: &[Entry]) {
    let wished: Vec<_> = entries.iter().flat_map(|entry| entry.addresses.clone()).collect();
    let plan = plan_sync(entries, &StoredState::of(list, &wished));
    apply(list, &plan).unwrap();
}

/// What a sync of these entries would do, as one part.
fn planned(list: &MailingList, entries: &[Entry]) -> SyncPart {
    let wished: Vec<_> = entries.iter().flat_map(|entry| entry.addresses.clone()).collect();
    let plan = plan_sync(entries, &StoredState::of(list, &wished));
    let changes = 0..plan.changes.len();
    SyncPart { plan: plan.into(), changes, choices: choices(list).into(), syncs: list.syncs(), before: None }
}

#[test]
fn a_choice_that_is_made_while_a_sync_is_under_way_stays() {
    let mut list = empty();
    sync(&mut list, &[entry("Hill", "a", "4-5"), entry("Dale", "b", "4-5")]);
    let chosen = |list: &MailingList, name: &str| list.find(&address(name)).unwrap().chosen.clone();
    for name in ["a", "b"] {
        subscribe(&mut list, &wish("Other", name, "14+")).unwrap();
    }
    let mut list = list.later(at(1));
    let part = planned(&list, &[entry("Hill", "a", "5-7"), entry("Dale", "b", "5-7")]);
    subscribe(&mut list, &wish("Other", "a", "8-10")).unwrap();
    assert!(apply_part(&mut list, &part).unwrap().is_some());
    assert_eq!((chosen(&list, "a"), chosen(&list, "b")), (Some(bands("8-10")), None), "an older choice gives way");
}

#[test]
fn what_a_sync_planned_on_other_rows_is_not_applied() {
    let mut list = empty();
    sync(&mut list, &[entry("Hill", "a", "4-5"), entry("Gone", "b", "4-5")]);
    sync(&mut list, &[entry("Hill", "a", "4-5")]);
    let list = list.later(at(1));
    let stale = |part: &SyncPart, meanwhile: &dyn Fn(&mut MailingList)| {
        let mut list = list.clone();
        meanwhile(&mut list);
        let before = list.clone();
        let applied = apply_part(&mut list, part).unwrap();
        assert!(applied.is_some() || list.changes() == before.changes(), "half of it was applied");
        applied.is_none()
    };
    let back = planned(&list, &[entry("Hill", "a", "5-7"), entry("New Name", "b", "4-5")]);
    assert!(!stale(&back, &|_| {}));
    // Without an entry, an operator may give it another name.
    assert!(stale(&back, &|list| drop(subscribe(list, &wish("Newer Name", "b", "4-5")))));
    assert!(stale(&back, &|list| drop(unsubscribe(list, &address("a"), SuppressionReason::Unsubscribed, "test"))));
    assert!(stale(&back, &|list| change_address(list, &address("a"), &address("c")).unwrap()));
    assert!(stale(&back, &|list| sync(list, &[entry("Hill", "a", "8-10")])));
    let ends = planned(&list, &[]);
    assert!(stale(&ends, &|list| drop(unsubscribe(list, &address("a"), SuppressionReason::Unsubscribed, "test"))));
}

/// A list with this mailbox, subscribed at minute 0 and read again at minute 1.
fn with(mailbox: &str) -> MailingList {
    let mut list = empty();
    assert_eq!(subscribe(&mut list, &wish("Hill", mailbox, "4-5")), Ok(Subscribed::Added));
    list.later(at(1))
}

fn state(list: &MailingList, mailbox: &str) -> Option<MailboxState> {
    list.find(&address(mailbox)).map(|mailbox| mailbox.state)
}

fn asked(list: &mut MailingList, mailbox: &str) -> RequestId {
    match ask_to_subscribe(list, &wish("Hill", mailbox, "4-5")) {
        Ok(Asked::Waits(request)) => request,
        other => panic!("not asked: {other:?}"),
    }
}

#[test]
fn nothing_is_changed_by_a_wish_without_a_band() {
    let mut list = empty();
    assert_eq!(subscribe(&mut list, &wish("Hill", "a", "")), Err(NoBand));
    assert_eq!(ask_to_subscribe(&mut list, &wish("Hill", "a", "")), Err(NoBand));
    assert_eq!(*list.changes(), super::rows::Changes::default());
}

#[test]
fn a_complaint_or_bounce_counts_for_more_than_leaving_and_nothing_for_more_than_those() {
    use SuppressionReason::{Bounced, Complained, Operator, Unsubscribed};
    for (first, then, kept) in [
        (Unsubscribed, Bounced, Bounced),
        (Unsubscribed, Complained, Complained),
        (Unsubscribed, Operator, Unsubscribed),
        (Bounced, Complained, Bounced),
        (Complained, Unsubscribed, Complained),
        (Operator, Complained, Operator),
    ] {
        let mut list = with("a");
        assert_eq!(unsubscribe(&mut list, &address("a"), first, "test").as_deref(), Some("Hill"));
        assert_eq!(unsubscribe(&mut list, &address("a"), then, "test"), None);
        assert_eq!(list.suppression(&address("a")), Some(kept), "{first}, then {then}");
    }
}

#[test]
fn who_left_comes_back_by_their_own_click_and_nothing_else() {
    let mut list = with("a");
    leave(&mut list, ONE, SuppressionReason::Unsubscribed, "test");
    let mut list = list.later(at(2));
    let left = Ok(Subscribed::Left(SuppressionReason::Unsubscribed));
    assert_eq!(subscribe(&mut list, &wish("Hill", "a", "4-5")), left);
    sync(&mut list, &[entry("Hill", "a", "4-5")]);
    assert_eq!(state(&list, "a"), Some(MailboxState::Ended));
    let request = asked(&mut list, "a");
    assert_eq!(state(&list, "a"), Some(MailboxState::Pending));
    let mut list = list.later(at(3));
    assert!(matches!(fulfil(&mut list, request), Clicked::Done(_)));
    assert_eq!((state(&list, "a"), list.suppression(&address("a"))), (Some(MailboxState::Active), None));
}

#[test]
fn who_bounced_or_complained_is_not_even_asked() {
    for reason in [SuppressionReason::Bounced, SuppressionReason::Complained, SuppressionReason::Operator] {
        let mut list = with("a");
        leave(&mut list, ONE, reason, "test");
        assert_eq!(ask_to_subscribe(&mut list, &wish("Hill", "a", "4-5")), Ok(Asked::Never(reason)));
    }
}

#[test]
fn the_file_keeps_its_hands_off_a_reader_s_wish_even_when_it_is_not_suppressed() {
    for (reason, brought_in) in [
        (SuppressionReason::Unsubscribed, false),
        (SuppressionReason::Complained, false),
        (SuppressionReason::Bounced, true),
        (SuppressionReason::Operator, true),
    ] {
        let mut list = with("a");
        leave(&mut list, ONE, reason, "test");
        lift_suppression(&mut list, &address("a"), "test");
        let mut list = list.later(at(2));
        sync(&mut list, &[entry("Hill", "a", "4-5")]);
        assert_eq!(state(&list, "a") == Some(MailboxState::Active), brought_in, "{reason}");
    }
}

#[test]
fn a_link_works_for_its_time_and_until_a_newer_one() {
    let week = 7 * DAY;
    for (minute, works) in [(week - 1, true), (week, false)] {
        let mut list = empty();
        let request = asked(&mut list, "a");
        let mut list = list.later(at(minute));
        assert_eq!(matches!(fulfil(&mut list, request), Clicked::Done(_)), works, "minute {minute}");
        assert_eq!(end_unconfirmed(&mut list), u64::from(!works));
    }
    let mut list = empty();
    let old = asked(&mut list, "a");
    let mut list = list.later(at(1));
    let new = asked(&mut list, "a");
    assert_eq!(fulfil(&mut list, old), Clicked::Over);
    assert!(matches!(fulfil(&mut list, new), Clicked::Done(_)));
    assert!(matches!(fulfil(&mut list, new), Clicked::Before(_)));
    assert_eq!(fulfil(&mut list, RequestId(99)), Clicked::Unknown);
    leave(&mut list, ONE, SuppressionReason::Unsubscribed, "test");
    assert_eq!(fulfil(&mut list, new), Clicked::Over, "what was done does not hold any more");
}

#[test]
fn three_questions_a_day_and_five_hundred_an_hour() {
    let mut list = empty();
    for minute in 0..3 {
        list = list.later(at(minute));
        asked(&mut list, "a");
    }
    let again = |list: &mut MailingList| ask_to_subscribe(list, &wish("Hill", "a", "4-5"));
    assert_eq!(again(&mut list), Ok(Asked::TooOften));
    let mut list = list.later(at(DAY - 1));
    assert_eq!(again(&mut list), Ok(Asked::TooOften));
    assert!(matches!(again(&mut list.later(at(DAY))), Ok(Asked::Waits(_))));
    for (asked_lately, expected) in [(499, true), (500, false)] {
        let mut list = MailingList::new(Rows { asked_lately, ..rows() }, AddressHasher::new(&[7; 32]), at(0));
        assert_eq!(matches!(again(&mut list), Ok(Asked::Waits(_))), expected, "{asked_lately}");
    }
}

#[test]
fn an_undo_takes_back_just_what_ended_with_the_leaving() {
    let mut list = with("a");
    sync(&mut list, &[entry("Dale", "a", "8-10")]);
    let mut list = list.later(at(2));
    sync(&mut list, &[]);
    let mut list = list.later(at(3));
    let Asked::Waits(other) = ask_for_bands(&mut list, ONE, &bands("5-7")).unwrap() else { panic!("other bands") };
    assert_eq!(leave_with_undo(&mut list, ONE).as_deref(), Some("Hill"));
    let mails: Vec<_> = list.changes().mails.iter().map(|mail| mail.request).collect();
    assert_eq!(mails, [other, RequestId(2)]);
    let mut list = list.later(at(4));
    assert_eq!(fulfil(&mut list, other), Clicked::Over, "who left gets no other bands");
    assert_eq!(leave_with_undo(&mut list, ONE), None, "once");
    assert!(matches!(fulfil(&mut list, RequestId(2)), Clicked::Done(_)));
    let mailbox = list.mailbox(ONE).unwrap();
    let ended: Vec<_> = mailbox.subscriptions.iter().map(|one| (one.origin, one.ended)).collect();
    assert_eq!(ended, [(Origin::Cli, None), (Origin::Config, Some(at(2)))]);
}

#[test]
fn a_mailbox_moves_only_where_nobody_is_in_the_way() {
    let mut list = with("a");
    subscribe(&mut list, &wish("Dale", "c", "4-5")).unwrap();
    unsubscribe(&mut list, &address("gone"), SuppressionReason::Bounced, "test");
    let mut moved = |old, new| change_address(&mut list, &address(old), &address(new));
    assert_eq!(moved("nobody", "b"), Err(CannotMove::Unknown));
    assert_eq!(moved("a", "c"), Err(CannotMove::Taken));
    assert_eq!(moved("a", "gone"), Err(CannotMove::NewIsSuppressed(SuppressionReason::Bounced)));
    assert_eq!(moved("a", "b"), Ok(()));
    assert_eq!((state(&list, "a"), state(&list, "b")), (None, Some(MailboxState::Active)));
    assert_eq!(list.changes().clean_slates, [ONE]);
}

/// Editions 1 to `n`, the newest of which comes back now; of each, whether it bounced before.
fn bounced(editions: &[Option<Meaning>], status: &str) -> (Bounced, MailingList) {
    let past = (1..).zip(editions).map(|(number, bounce)| PastDelivery {
        edition: EditionNumber(number),
        state: DeliveryState::Accepted,
        bounce: *bounce,
    });
    let mut newest_first: Vec<_> = past.collect();
    newest_first.reverse();
    let known = newest_first.first().and_then(|past| past.bounce);
    let history = DeliveryHistory { published_at: Some(at(1)), known, newest_first, ..DeliveryHistory::default() };
    let list = with("a");
    let (organisations, mailboxes) = (list.organisations().cloned().collect(), list.mailboxes().cloned().collect());
    let rows = Rows { organisations, mailboxes, history, ..rows() };
    let mut list = MailingList::new(rows, AddressHasher::new(&[7; 32]), at(2));
    let edition = EditionNumber(u32::try_from(editions.len()).unwrap());
    let bounced = bounce(&mut list, DeliveryId { edition, recipient: ONE }, status.parse().ok());
    (bounced, list)
}

#[test]
fn editions_in_a_row_end_a_subscription() {
    let (hit, policy) = (Some(Meaning::After(3)), Some(Meaning::Policy));
    let counted = |in_a_row, of| Bounced::Counted { in_a_row, of };
    for (editions, status, expected) in [
        (&[None][..], "5.2.2", counted(1, 3)),
        (&[hit, hit, None], "5.2.2", Bounced::Suppressed),
        (&[hit, policy, hit, None], "4.2.2", Bounced::Suppressed),
        (&[hit, None, hit, None], "5.2.2", counted(2, 3)),
        (&[hit, None], "5.2.1", Bounced::Suppressed),
        (&[hit, hit, hit], "5.7.1", Bounced::Policy),
        (&[None], "5.1.1", Bounced::Suppressed),
        // Told twice is told once.
        (&[hit], "5.2.2", counted(1, 3)),
        (&[policy], "5.2.2", counted(0, 3)),
    ] {
        let (came_to, list) = bounced(editions, status);
        assert_eq!(came_to, expected, "{editions:?} {status}");
        let known = editions.last().unwrap().is_some();
        assert_eq!(list.changes().bounces.len(), usize::from(!known), "{editions:?} {status}");
        let is_suppressed = list.suppression(&address("a")) == Some(SuppressionReason::Bounced);
        assert_eq!(is_suppressed, expected == Bounced::Suppressed);
    }
}

#[test]
fn what_was_sent_before_a_mailbox_moved_says_nothing_about_it() {
    let (_, list) = bounced(&[None], "5.7.1");
    let mut list = list.later(at(5));
    change_address(&mut list, &address("a"), &address("b")).unwrap();
    let mut list = list.later(at(6));
    let id = DeliveryId { edition: EditionNumber(1), recipient: ONE };
    assert_eq!(bounce(&mut list, id, "5.1.1".parse().ok()), Bounced::Unknown);
    let letter = DeliveryId { edition: EditionNumber(0), ..id };
    assert_eq!(bounce(&mut list, letter, "5.1.1".parse().ok()), Bounced::Suppressed);
}

#[test]
fn erasing_leaves_a_hash_and_takes_the_name_that_names_nobody_else() {
    let mut list = with("a");
    for mailbox in ["b", "c"] {
        let mut wish = wish("Both", mailbox, "4-5");
        wish.profile.urn = Some("1".to_owned());
        subscribe(&mut list, &wish).unwrap();
    }
    let mut list = list.later(at(2));
    assert_eq!(erase(&mut list, &address("nobody")), Erasure::Unknown);
    let ended = |mailbox| Erasure::Done(Ended { mailbox: Some(mailbox), subscriptions: 1, requests: 0 });
    assert_eq!(erase(&mut list, &address("A")), ended(ONE));
    assert_eq!(erase(&mut list, &address("b")), ended(RecipientId(2)));
    assert_eq!(erase(&mut list, &address("c")), ended(RecipientId(3)));
    assert_eq!(erase(&mut list, &address("c")), Erasure::Before);
    let names: Vec<_> = list.changes().forgotten.iter().map(|one| one.nameless.len()).collect();
    assert_eq!(names, [1, 0, 1], "the second keeps the name while the third has it");
    assert_eq!(list.kept_out(&address("a")), Some(SuppressionReason::Unsubscribed));
    assert!(list.mailboxes().all(|mailbox| mailbox.address.is_none()));
}

#[test]
fn an_ended_mailbox_is_forgotten_when_all_of_it_is_over() {
    let mut list = with("a");
    leave_with_undo(&mut list, ONE);
    let undo_ends = 1 + 14 * DAY;
    for (minute, over) in [(2, 0), (undo_ends, 0), (undo_ends + 1, 1)] {
        assert_eq!(retire(&mut list.clone().later(at(99_999)), at(minute)), over, "before minute {minute}");
    }
    let (organisations, mailboxes) = (list.organisations().cloned().collect(), list.mailboxes().cloned().collect());
    let rows = Rows { organisations, mailboxes, expecting_mail: [ONE].into(), ..rows() };
    let mut list = MailingList::new(rows, AddressHasher::new(&[7; 32]), at(99_999));
    assert_eq!(retire(&mut list, at(99_999)), 0, "mail is on its way");
}

#[derive(Debug, Clone)]
enum Act {
    Subscribe(usize, usize),
    Ask(usize),
    Click(u64),
    Leave(u64, usize),
    Undo(u64),
    Suppress(usize, usize),
    Lift(usize),
    Sync(Vec<usize>),
    Move(usize, usize),
    Erase(usize),
    EndUnconfirmed,
    Wait(i64),
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const BANDS: [&str; 3] = ["4-5", "5-7 8-10", "14+"];

fn act() -> impl Strategy<Value = Act> {
    let (name, id, reason) = (0..NAMES.len(), 1..8_u64, 0..SuppressionReason::ALL.len());
    prop_oneof![
        (name.clone(), 0..BANDS.len()).prop_map(|(name, bands)| Act::Subscribe(name, bands)),
        name.clone().prop_map(Act::Ask),
        (1..12_u64).prop_map(Act::Click),
        (id.clone(), reason.clone()).prop_map(|(id, reason)| Act::Leave(id, reason)),
        id.prop_map(Act::Undo),
        (name.clone(), reason).prop_map(|(name, reason)| Act::Suppress(name, reason)),
        name.clone().prop_map(Act::Lift),
        prop::collection::vec(name.clone(), 0..4).prop_map(Act::Sync),
        (name.clone(), name.clone()).prop_map(|(old, new)| Act::Move(old, new)),
        name.prop_map(Act::Erase),
        Just(Act::EndUnconfirmed),
        (1..20 * DAY).prop_map(Act::Wait),
    ]
}

fn perform(list: &mut MailingList, act: &Act) {
    match act {
        Act::Subscribe(name, bands) => drop(subscribe(list, &wish("Hill", NAMES[*name], BANDS[*bands]))),
        Act::Ask(name) => drop(ask_to_subscribe(list, &wish("Dale", NAMES[*name], "4-5"))),
        Act::Click(request) => drop(fulfil(list, RequestId(*request))),
        Act::Leave(id, reason) => drop(leave(list, RecipientId(*id), SuppressionReason::ALL[*reason], "test")),
        Act::Undo(id) => drop(leave_with_undo(list, RecipientId(*id))),
        Act::Suppress(name, reason) => {
            drop(unsubscribe(list, &address(NAMES[*name]), SuppressionReason::ALL[*reason], "test"));
        }
        Act::Lift(name) => drop(lift_suppression(list, &address(NAMES[*name]), "test")),
        Act::Sync(names) => {
            let mailboxes: Vec<_> = names.iter().map(|name| NAMES[*name]).collect();
            let entries: Vec<_> = mailboxes.iter().map(|mailbox| entry("File", mailbox, "11-14")).collect();
            sync(list, &entries);
        }
        Act::Move(old, new) => drop(change_address(list, &address(NAMES[*old]), &address(NAMES[*new]))),
        Act::Erase(name) => drop(erase(list, &address(NAMES[*name]))),
        Act::EndUnconfirmed => drop(end_unconfirmed(list)),
        Act::Wait(_) => {}
    }
}

proptest! {
    #[test]
    fn whatever_happens_nobody_is_mailed_against_their_wish(acts in prop::collection::vec(act(), 1..40)) {
        let (mut list, mut now) = (empty(), 0);
        for act in &acts {
            let before = list.clone();
            now += if let Act::Wait(minutes) = act { *minutes } else { 1 };
            list = list.later(at(now));
            perform(&mut list, act);
            for mailbox in list.mailboxes() {
                // Moving to a suppressed address is refused, so a suppressed mailbox has always ended or waits for a click.
                prop_assert!(!mailbox.is_active() || list.suppression_of(mailbox.key).is_none(), "{act:?}: {mailbox:?}");
                prop_assert!(mailbox.address.is_some() || mailbox.state == MailboxState::Ended);
                let mut derived = mailbox.clone();
                derived.refresh();
                prop_assert!(mailbox.state == MailboxState::Pending || derived == *mailbox, "{act:?}: {mailbox:?}");
            }
            for name in NAMES {
                let key = list.key(&address(name));
                prop_assert!(list.with_key(key).filter(|mailbox| mailbox.address.is_some()).count() <= 1);
                let lifts = matches!(act, Act::Click(_) | Act::Lift(_));
                if let (Some(had), Some(has)) = (before.suppression_of(key), list.suppression_of(key)) {
                    prop_assert!(had.reason == has.reason || has.reason.outranks(had.reason));
                } else if before.suppression_of(key).is_some() {
                    prop_assert!(lifts, "{act:?} lifted a suppression");
                }
            }
        }
    }

    /// Whoever left, complained or was suppressed by an operator, before or after the bounce, stays away; everybody else is back.
    #[test]
    fn taking_bounces_back_overrules_no_other_word(acts in prop::collection::vec(0..6_u8, 1..12)) {
        let (mut list, mut word, who) = (empty(), None, address("a"));
        subscribe(&mut list, &wish("Hill", "a", "4-5")).unwrap();
        for (minute, act) in (1..).zip(acts) {
            list = list.later(at(minute));
            match act {
                0 => refuse_for_good(&mut list, ONE, SuppressionReason::Bounced),
                1..=3 => {
                    let reasons = [SuppressionReason::Unsubscribed, SuppressionReason::Complained, SuppressionReason::Operator];
                    let reason = reasons[usize::from(act) - 1];
                    unsubscribe(&mut list, &who, reason, "test");
                    word = Some(reason);
                }
                4 => {
                    lift_suppression(&mut list, &who, "test");
                    subscribe(&mut list, &wish("Hill", "a", "4-5")).unwrap();
                    word = None;
                }
                _ => drop(subscribe(&mut list, &SubscribeRequest { origin: Origin::Import, ..wish("Dale", "a", "14+") })),
            }
        }
        if list.suppression(&who) == Some(SuppressionReason::Bounced) {
            list = list.later(at(DAY));
            take_back_all(&mut list, "test");
            prop_assert_eq!(list.suppression(&who).is_some(), word.is_some(), "{:?}", word);
            prop_assert_eq!(list.mailbox(ONE).unwrap().is_active(), word.is_none(), "{:?}", word);
        }
    }

    #[test]
    fn a_sync_applied_once_asks_for_nothing_more(acts in prop::collection::vec(act(), 1..30), names in prop::collection::vec(0..NAMES.len(), 0..4)) {
        let (mut list, mut now) = (empty(), 0);
        for act in &acts {
            now += 1;
            list = list.later(at(now));
            perform(&mut list, act);
        }
        let entries: Vec<_> = names.iter().map(|name| entry("File", NAMES[*name], "11-14")).collect();
        let wished: Vec<_> = entries.iter().flat_map(|entry| entry.addresses.clone()).collect();
        let mut list = list.later(at(now + 1));
        sync(&mut list, &entries);
        let again = plan_sync(&entries, &StoredState::of(&list, &wished));
        prop_assert_eq!(again.changes, []);
    }
}
