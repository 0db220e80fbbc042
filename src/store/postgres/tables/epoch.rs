//! How far the database has come, as a query says it.

use tokio_postgres::Row;

use crate::store::Epoch;
use crate::store::postgres::engine::error::PostgresError;

/// What three columns say from this one on: which database it is, and how far it has come.
pub(in crate::store::postgres) fn read_epoch(row: &Row, at: usize) -> Result<Epoch, PostgresError> {
    Ok(Epoch { database: row.try_get(at)?, list: row.try_get(at + 1)?, editions: row.try_get(at + 2)? })
}
