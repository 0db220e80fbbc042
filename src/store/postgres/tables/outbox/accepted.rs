//! How many mails of an edition are accepted: kept for each node that sends it, so that none waits for another's commit to count
//! its own. What follows from no node's sending is counted under number 0.

use std::collections::BTreeMap;

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
    let more = each * sql::column(deliveries)?;
    add(transaction, NO_NODE, &BTreeMap::from([(edition, more)])).await
}

/// So many more of each edition.
pub(super) async fn add(
    transaction: &Transaction,
    node: i64,
    more: &BTreeMap<EditionNumber, i64>,
) -> Result<(), PostgresError> {
    let (editions, more): (Vec<i64>, Vec<i64>) =
        more.iter().filter(|(_, more)| **more != 0).map(|(edition, more)| (i64::from(edition.0), *more)).unzip();
    if editions.is_empty() {
        return Ok(());
    }
    let add = "INSERT INTO accepted_counts AS c (edition, node, count)
               SELECT edition, $3, more FROM unnest($1::bigint[], $2::bigint[]) AS k (edition, more)
               ON CONFLICT (edition, node) DO UPDATE SET count = c.count + excluded.count";
    transaction.run(add, params![editions, more, node]).await.map(drop)
}
