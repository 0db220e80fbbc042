//! An item of the outbox as its row names it.

use crate::domain::delivery::{ItemId, Mailing, OutcomeKind, TransactionalId};
use crate::domain::edition::EditionNumber;
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::RecipientId;
use crate::store::Claimed;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// An item that may be claimed, or `None` in its place when its mailbox may not be mailed any more.
pub(super) type Candidate = (ItemId, Option<Claimed>);

/// An item's row: an edition is named by its number, a transactional mail by its own, negated.
pub(super) fn key(id: ItemId) -> Result<(i64, i64), SqliteError> {
    let mailing = match id.mailing {
        Mailing::Edition(number) => i64::from(number.0),
        Mailing::Transactional(TransactionalId(id)) => -sql::column(id)?,
    };
    Ok((mailing, sql::column(id.recipient.0)?))
}

/// The item that a row names.
pub(super) fn item(mailing: i64, recipient: i64) -> ItemId {
    let mailing = match u32::try_from(mailing) {
        Ok(number) => Mailing::Edition(EditionNumber(number)),
        Err(_) => Mailing::Transactional(TransactionalId(mailing.unsigned_abs())),
    };
    ItemId { mailing, recipient: RecipientId(sql::count(recipient)) }
}

/// How many attempts at the row `d` may have been accepted, since a person took it up if one did.
pub(super) fn uncertain() -> String {
    let uncertain = states::outcomes(&[OutcomeKind::Uncertain]);
    format!(
        "(SELECT count(*) FROM attempts a WHERE a.mailing = d.mailing AND a.recipient = d.recipient
          AND a.outcome IN {uncertain} AND a.at >= coalesce(d.retried_at, a.at))"
    )
}

/// The same process must have it in hand: nobody else records or marks it.
pub(super) fn not_ours(id: ItemId) -> SqliteError {
    Refusal::NotInHand(id).into()
}

/// The suppression that does not keep an item from its mailbox; no reason is an empty word.
pub(super) fn spared(id: ItemId) -> &'static str {
    id.mailing.ignored_suppression().map_or("", |reason| reason.as_str())
}
