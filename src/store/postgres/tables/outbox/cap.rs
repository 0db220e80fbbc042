//! What a day's cap leaves, all nodes together.

use super::edition_progress::handed_over;
use crate::domain::delivery::DailyCap;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// The lock of whoever claims within a cap: the next one counts what this one takes.
const CLAIMS: i64 = 0x464E_0003;

/// What it leaves until the transaction ends; all there is, without a cap.
pub(super) async fn left_today(transaction: &Transaction, cap: Option<DailyCap>) -> Result<u32, PostgresError> {
    let Some(cap) = cap else { return Ok(u32::MAX) };
    transaction.run("SELECT pg_advisory_xact_lock($1)", params![CLAIMS]).await?;
    // Both of one moment: what is recorded in between leaves a hand for the attempts.
    let handed_over = handed_over();
    let query =
        format!("SELECT ({handed_over}), (SELECT count(*) FROM deliveries WHERE claim IS NOT NULL AND mailing > 0)");
    let counts = |row: &tokio_postgres::Row| Ok((sql::count(row.try_get(0)?), sql::count(row.try_get(1)?)));
    let counted = transaction.row(&query, params![sql::millis(cap.since)], counts).await?;
    let (handed_over, in_hand) = counted.unwrap_or_default();
    Ok(cap.left(handed_over, in_hand))
}
