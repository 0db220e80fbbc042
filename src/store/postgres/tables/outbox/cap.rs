//! What a day's cap leaves, all nodes together. How many mails were handed over is kept by quarters of an hour, so that whoever claims
//! reads a few rows, however many were.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{DailyCap, OutcomeKind};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;

/// The lock of whoever claims within a cap: the next one counts what this one takes.
const CLAIMS: i64 = 0x464E_0003;

/// A quarter of an hour: a day begins with one in every time zone.
const QUARTER: i64 = 15 * 60 * 1_000;

/// For how many quarters they are kept: a cap is about one day.
const KEPT: i64 = 2 * 24 * 4;

/// Both of one moment: what is recorded in between leaves a hand for those that are handed over.
const COUNTED: &str = "SELECT (SELECT coalesce(sum(count), 0)::bigint FROM handed_over_counts WHERE quarter >= $1),
                              (SELECT count(*) FROM deliveries WHERE claim IS NOT NULL AND mailing > 0)";

/// The quarter of this moment.
pub(super) fn quarter(at: i64) -> i64 {
    at.div_euclid(QUARTER)
}

/// What it leaves until the transaction ends; all there is, without a cap.
pub(super) async fn left_today(transaction: &Transaction, cap: Option<DailyCap>) -> Result<u32, PostgresError> {
    let Some(cap) = cap else { return Ok(u32::MAX) };
    transaction.run("SELECT pg_advisory_xact_lock($1)", params![CLAIMS]).await?;
    left(transaction, cap).await
}

/// What it leaves at this moment.
pub(super) async fn left(transaction: &Transaction, cap: DailyCap) -> Result<u32, PostgresError> {
    let counts = |row: &tokio_postgres::Row| Ok((sql::count(row.try_get(0)?), sql::count(row.try_get(1)?)));
    let counted = transaction.row(COUNTED, params![quarter(sql::millis(cap.since))], counts).await?;
    let (handed_over, in_hand) = counted.unwrap_or_default();
    Ok(cap.left(handed_over, in_hand))
}

/// Forgets what was counted in days that are over.
pub(in crate::store::postgres) async fn forget_old(
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<(), PostgresError> {
    let before = quarter(sql::millis(now)) - KEPT;
    transaction.run("DELETE FROM handed_over_counts WHERE quarter < $1", params![before]).await.map(drop)
}

/// Counts what is there, where nothing was counted.
pub(in crate::store::postgres) fn count_anew() -> String {
    let arrived = states::outcomes(OutcomeKind::ARRIVED);
    format!(
        "INSERT INTO handed_over_counts (quarter, node, trace, count)
         SELECT at / {QUARTER}, 0, 0, count(*) FROM attempts WHERE mailing > 0 AND outcome IN {arrived} GROUP BY 1"
    )
}
