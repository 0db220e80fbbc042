//! A connection for questions so short that going to another thread would cost more than the answer.

use parking_lot::Mutex;
use rusqlite::Connection;

use super::error::SqliteError;
use crate::store::StoreError;

/// Answers in the caller's thread. In WAL mode a reader waits for nobody.
pub(in crate::store::sqlite) struct InlineReader(Mutex<Connection>);

impl InlineReader {
    pub(in crate::store::sqlite) fn new(conn: Connection) -> Self {
        Self(Mutex::new(conn))
    }

    /// Runs one query; it must take microseconds.
    pub(in crate::store::sqlite) fn look<T>(
        &self,
        place: &str,
        work: impl FnOnce(&Connection) -> Result<T, SqliteError>,
    ) -> Result<T, StoreError> {
        let conn = self.0.lock();
        work(&conn).map_err(|fault| fault.at(place))
    }
}
