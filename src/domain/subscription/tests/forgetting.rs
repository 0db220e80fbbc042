//! What is forgotten.

use super::*;

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
