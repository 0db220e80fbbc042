//! What comes of mail that came back.

use super::*;

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
