//! How many mails of an edition are accepted: kept in several rows, so that no sender waits for another's commit to count its own
//! (`write_items`, of the schema). What follows from no node's sending is counted under number 0.

use crate::domain::edition::EditionNumber;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// Nobody in particular.
const NO_NODE: i64 = 0;

/// What `states::Change` calls `accepted` is `each` of an event that happened to so many of an edition's deliveries.
pub(in crate::store::postgres) async fn note(
    transaction: &Transaction,
    edition: EditionNumber,
    each: i64,
    deliveries: u64,
) -> Result<(), PostgresError> {
    if each == 0 || deliveries == 0 {
        return Ok(());
    }
    let add = "INSERT INTO accepted_counts AS c (edition, node, trace, count) VALUES ($1, $2, 0, $3)
               ON CONFLICT (edition, node, trace) DO UPDATE SET count = c.count + excluded.count";
    let more = each * sql::column(deliveries)?;
    transaction.run(add, params![i64::from(edition.0), NO_NODE, more]).await.map(drop)
}
