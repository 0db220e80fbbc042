//! What the audit calls an edition or a bulletin.

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// What is sent under this number.
pub(super) async fn of_mailing(transaction: &Transaction, number: EditionNumber) -> Result<String, PostgresError> {
    if BulletinId::of(number).is_none() {
        return Ok(format!("edition {number}"));
    }
    let query = "SELECT name FROM bulletins WHERE number = $1";
    let read = |row: &tokio_postgres::Row| Ok(row.try_get::<_, String>(0)?);
    let name = transaction.row(query, params![i64::from(number.0)], read).await?;
    Ok(format!("bulletin {}", name.ok_or_else(|| sql::damaged("a bulletin's name is missing"))?))
}
