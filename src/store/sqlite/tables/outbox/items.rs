//! An item that may be claimed, and how often it may have been accepted.

use crate::domain::delivery::{ItemId, OutcomeKind};
use crate::store::Claimed;
use crate::store::sqlite::engine::states;

/// An item that may be claimed, or `None` in its place when its mailbox may not be mailed any more.
pub(super) type Candidate = (ItemId, Option<Claimed>);

/// How many attempts at the row `d` may have been accepted, since a person took it up if one did.
pub(super) fn uncertain() -> String {
    let uncertain = states::outcomes(&[OutcomeKind::Uncertain]);
    format!(
        "(SELECT count(*) FROM attempts a WHERE a.mailing = d.mailing AND a.recipient = d.recipient
          AND a.outcome IN {uncertain} AND a.at >= coalesce(d.retried_at, a.at))"
    )
}
