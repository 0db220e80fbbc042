//! How far the database has come, as a query says it.

use tokio_postgres::Row;

use crate::store::Epoch;
use crate::store::postgres::engine::error::PostgresError;

/// Three columns of a query of one row.
pub(super) const EPOCH: &str = "(SELECT id FROM store), (SELECT value FROM epochs WHERE what = 'list'),
                                (SELECT value FROM epochs WHERE what = 'editions')";

/// What such columns say, from this one on.
pub(in crate::store::postgres) fn read_epoch(row: &Row, at: usize) -> Result<Epoch, PostgresError> {
    Ok(Epoch { database: row.try_get(at)?, list: row.try_get(at + 1)?, editions: row.try_get(at + 2)? })
}
