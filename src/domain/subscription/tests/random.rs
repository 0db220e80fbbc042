//! Whatever happens, in whatever order.

use super::*;

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

    /// Whoever left, complained or was suppressed by an operator, before or after the bounce, stays away; everyone else is back.
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
