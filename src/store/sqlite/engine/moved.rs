//! Whether a store was moved away, or is a copy that is not complete.

use rusqlite::Connection;

use super::error::SqliteError;
use super::sql;

/// The schema that brought marks.
const SINCE: i64 = 19;

/// What a store is marked as.
pub(in crate::store::sqlite) enum Mark {
    /// It was moved to this place.
    Moved(String),
    /// It is to become a copy of the store of this name.
    CopyOf(String),
}

/// The mark, if there is one; older schemas have none.
pub(in crate::store::sqlite) fn mark(conn: &Connection) -> Result<Option<Mark>, SqliteError> {
    if sql::number(conn, "PRAGMA user_version", [])? < SINCE {
        return Ok(None);
    }
    let read = |row: &rusqlite::Row<'_>| {
        let (to, of): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        Ok(to.map(Mark::Moved).or_else(|| of.map(Mark::CopyOf)))
    };
    Ok(sql::row(conn, "SELECT moved_to, copy_of FROM moved", [], read)?.flatten())
}

/// Refuses whatever would change the store.
pub(in crate::store::sqlite) fn refuse_changes(conn: &Connection) -> Result<(), SqliteError> {
    match mark(conn)? {
        Some(Mark::Moved(to)) => Err(SqliteError::Moved(to)),
        Some(Mark::CopyOf(_)) => Err(SqliteError::Incomplete),
        None => Ok(()),
    }
}

/// Refuses to look at what is not complete.
pub(in crate::store::sqlite) fn refuse_looks(conn: &Connection) -> Result<(), SqliteError> {
    match mark(conn)? {
        Some(Mark::CopyOf(_)) => Err(SqliteError::Incomplete),
        _ => Ok(()),
    }
}
