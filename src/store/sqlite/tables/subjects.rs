//! What the audit calls an edition or a bulletin.

use rusqlite::Connection;

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// What is sent under this number.
pub(super) fn of_mailing(conn: &Connection, number: EditionNumber) -> Result<String, SqliteError> {
    if BulletinId::of(number).is_none() {
        return Ok(format!("edition {number}"));
    }
    let query = "SELECT name FROM bulletins WHERE number = ?1";
    let name = sql::row(conn, query, [number.0], |row| Ok(row.get::<_, String>(0)?))?;
    Ok(format!("bulletin {}", name.ok_or_else(|| sql::damaged("a bulletin's name is missing"))?))
}
