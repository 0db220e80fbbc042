//! An item that may be claimed, and how often it may have been accepted.

use tokio_postgres::Row;

use crate::domain::delivery::{ItemId, OutcomeKind};
use crate::domain::refusal::Refusal;
use crate::store::Claimed;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::{sql, states};
use crate::store::shared::items::key;

/// An item that may be claimed, or `None` in its place when its mailbox may not be mailed any more.
pub(super) type Candidate = (ItemId, Option<Claimed>);

/// How many attempts at the row `d` may have been accepted, since a person took it up if one did.
pub(super) fn uncertain() -> String {
    let uncertain = states::outcomes(&[OutcomeKind::Uncertain]);
    format!(
        "(SELECT count(*)::integer FROM attempts a WHERE a.mailing = d.mailing AND a.recipient = d.recipient
          AND a.outcome IN {uncertain} AND a.at >= coalesce(d.retried_at, a.at))"
    )
}

/// The rows of items in two columns: mailing, recipient.
pub(super) fn keys(ids: impl IntoIterator<Item = ItemId>) -> Result<(Vec<i64>, Vec<i64>), Refusal> {
    let keys = ids.into_iter().map(key).collect::<Result<Vec<_>, _>>()?;
    Ok(keys.into_iter().unzip())
}

/// A number of attempts, or of those that may have been accepted.
pub(super) fn few(row: &Row, at: usize) -> Result<u32, PostgresError> {
    let number = row.try_get::<_, i32>(at)?;
    u32::try_from(number).map_err(|_| sql::damaged("a number of attempts"))
}

/// A reply's code, if one came.
pub(super) fn code(row: &Row, at: usize) -> Result<Option<u16>, PostgresError> {
    let code = row.try_get::<_, Option<i32>>(at)?.map(u16::try_from);
    code.transpose().map_err(|_| sql::damaged("a reply's code"))
}

/// What one attempt came to.
pub(super) struct Attempt {
    pub(super) key: (i64, i64),
    pub(super) at: i64,
    pub(super) reply: String,
    pub(super) number: i32,
    pub(super) kind: OutcomeKind,
    pub(super) code: Option<i32>,
}
