//! Decisions that a store makes by itself: what the relay said of a mailbox, and what becomes of a wave that was none.

use crate::domain::delivery::{DeliveryId, ItemId, Reply};
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::bounce::{EnhancedStatus, Meaning};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned;
use crate::domain::subscription::rows::BounceRecord;
use crate::domain::subscription::unsubscribe;
use crate::store::{Decision, Scope};

/// How many bounces of a dissolved wave are judged again at once: for each, those of its edition are counted.
pub(in crate::store) const DISSOLVED: u32 = 5;

/// The relay refused an item for good at RCPT, because there is no such mailbox: what is to be decided, and about what.
pub(in crate::store) fn refused(id: ItemId, reply: &Reply, reason: SuppressionReason) -> (Scope, Decision) {
    let recipient = id.recipient;
    let Some(edition) = id.mailing.number() else {
        let decide = move |list: &mut MailingList| unsubscribe::refuse_for_good(list, recipient, reason);
        return (Scope::Mailbox(recipient), Box::new(decide));
    };
    let (id, status) = (DeliveryId { edition, recipient }, EnhancedStatus::at_start_of(&reply.text));
    let decide = move |list: &mut MailingList| {
        returned::refused(list, id, status);
    };
    (Scope::Delivery(id, Meaning::Gone, None), Box::new(decide))
}

/// A bounce that waited with a wave that is none: what is to be decided, and about what.
pub(in crate::store) fn judged_again(bounce: BounceRecord) -> (Scope, Decision) {
    let id = DeliveryId { edition: bounce.edition, recipient: bounce.recipient };
    let scope = Scope::Delivery(id, bounce.meaning, bounce.server.clone());
    let decide = move |list: &mut MailingList| {
        returned::judge_again(list, &bounce);
    };
    (scope, Box::new(decide))
}
