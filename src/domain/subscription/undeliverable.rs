//! A mail came back: whether it counts, and when so many in a row end a subscription.

use super::bounce::{BounceRecord, EnhancedStatus, Meaning, PastDelivery, in_a_row};
use super::mailing_list::MailingList;
use super::unsubscribe::refuse_for_good;
use crate::domain::delivery::DeliveryId;
use crate::domain::subscriber::SuppressionReason;

/// What a bounce came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounced {
    /// The mailbox is suppressed.
    Suppressed,
    /// It is noted: so many editions in a row, and how many it takes.
    Counted {
        /// Editions in a row that bounced.
        in_a_row: u8,
        /// How many suppress the mailbox.
        of: u8,
    },
    /// It is noted for the operator: a matter of policy, not of the mailbox.
    Policy,
    /// There is no such delivery; nothing changed.
    Unknown,
}

/// A delivery bounced; told twice is told once. Edition 0 stands for mail that is no edition: it is not counted, but a mailbox
/// that does not exist is suppressed.
pub fn bounce(list: &mut MailingList, id: DeliveryId, status: Option<EnhancedStatus>) -> Bounced {
    let Some(mailbox) = list.mailbox(id.recipient) else { return Bounced::Unknown };
    let is_edition = id.edition.0 > 0;
    // What was sent before the mailbox moved came back from its old address.
    let moved = mailbox.changed_at;
    let is_ours = |published| moved.is_none_or(|moved| published >= moved);
    if is_edition && !list.history().published_at.is_some_and(is_ours) {
        return Bounced::Unknown;
    }
    let meaning = Meaning::of(status);
    // A second report about the same mail changes the record only when it says that the mailbox is gone.
    let known = list.history().known.filter(|_| meaning != Meaning::Gone);
    if is_edition && known.is_none() {
        list.note_bounce(BounceRecord { recipient: id.recipient, edition: id.edition, status, meaning });
    }
    match meaning {
        Meaning::Policy => Bounced::Policy,
        Meaning::Gone => suppress(list, id),
        Meaning::After(of) => match row(list, id, known.unwrap_or(meaning)) {
            in_a_row if in_a_row >= of && is_edition => suppress(list, id),
            in_a_row => Bounced::Counted { in_a_row, of },
        },
    }
}

/// How many of the mailbox's newest editions bounced in a row, with this one.
fn row(list: &MailingList, id: DeliveryId, meaning: Meaning) -> u8 {
    let with_this = |past: &PastDelivery| {
        let bounce = if past.edition == id.edition { Some(meaning) } else { past.bounce };
        PastDelivery { bounce, ..*past }.bounced()
    };
    in_a_row(&list.history().newest_first.iter().filter_map(with_this).collect::<Vec<_>>())
}

fn suppress(list: &mut MailingList, id: DeliveryId) -> Bounced {
    refuse_for_good(list, id.recipient, SuppressionReason::Bounced);
    Bounced::Suppressed
}
