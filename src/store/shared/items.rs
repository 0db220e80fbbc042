//! An item of the outbox as its row names it.

use crate::domain::delivery::{ItemId, Mailing, TransactionalId};
use crate::domain::edition::EditionNumber;
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::RecipientId;

/// An item's row: an edition or a bulletin is named by the number under which it is sent, a transactional mail by its own, negated.
pub(in crate::store) fn key(id: ItemId) -> Result<(i64, i64), Refusal> {
    let column = |id: u64| i64::try_from(id).map_err(|_| Refusal::TooLarge(id));
    let mailing = match id.mailing {
        Mailing::Edition(number) => i64::from(number.0),
        Mailing::Bulletin(id) => i64::from(id.mailing().0),
        Mailing::Transactional(TransactionalId(id)) => -column(id)?,
    };
    Ok((mailing, column(id.recipient.0)?))
}

/// The item that a row names.
pub(in crate::store) fn item(mailing: i64, recipient: i64) -> ItemId {
    let mailing = match u32::try_from(mailing) {
        Ok(number) => Mailing::to_many(EditionNumber(number)),
        Err(_) => Mailing::Transactional(TransactionalId(mailing.unsigned_abs())),
    };
    ItemId { mailing, recipient: RecipientId(u64::try_from(recipient).unwrap_or(0)) }
}

/// The suppression that does not keep such an item from its mailbox; no reason is an empty word.
pub(in crate::store) fn spared(mailing: Mailing) -> &'static str {
    mailing.ignored_suppression().map_or("", |reason| reason.as_str())
}
