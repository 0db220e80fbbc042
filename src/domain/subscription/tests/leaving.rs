//! Who leaves, who comes back, and who moves.

use super::*;

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
