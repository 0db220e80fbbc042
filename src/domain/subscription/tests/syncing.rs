//! What a sync does, and what it leaves alone.

use super::*;

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
