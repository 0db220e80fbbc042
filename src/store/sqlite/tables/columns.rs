//! Columns that several statements read in the same way, and the numbers of names.

use rusqlite::{Connection, Row};

use crate::domain::subscriber::{Profile, SubscriberId, Subscription};
use crate::domain::subscription::suppression::{AddressKey, Suppression};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::bands::BandBook;

/// A profile in four columns: name, sector, locale, urn.
pub(in crate::store::sqlite) fn profile(row: &Row<'_>, at: usize) -> Result<Profile, SqliteError> {
    Ok(Profile {
        name: row.get(at)?,
        sector: sql::word(row, at + 1)?,
        locale: sql::word(row, at + 2)?,
        urn: row.get(at + 3)?,
    })
}

/// A subscription in six columns: subscriber, origin, bands, since, ended, `ended_by`.
pub(in crate::store::sqlite) fn subscription(
    bands: &BandBook,
    row: &Row<'_>,
    at: usize,
) -> Result<Subscription, SqliteError> {
    Ok(Subscription {
        subscriber: SubscriberId(sql::count(row.get(at)?)),
        origin: sql::word(row, at + 1)?,
        bands: bands.set(row.get(at + 2)?),
        since: sql::instant(row.get(at + 3)?)?,
        ended: sql::maybe_instant(row.get(at + 4)?)?,
        ended_by: sql::maybe_word(row, at + 5)?,
    })
}

/// The number of a subscriber's name; deliveries refer to it as it was when their edition was published.
pub(in crate::store::sqlite) fn name(conn: &Connection, name: &str) -> Result<i64, SqliteError> {
    if let Some(id) = sql::row(conn, "SELECT id FROM names WHERE name = ?1", [name], |row| Ok(row.get(0)?))? {
        return Ok(id);
    }
    sql::run(conn, "INSERT INTO names (name) VALUES (?1)", [name])?;
    Ok(conn.last_insert_rowid())
}

/// A suppression in four columns: mac, address, reason, at.
pub(in crate::store::sqlite) fn suppression(row: &Row<'_>) -> Result<Suppression, SqliteError> {
    Ok(Suppression {
        key: AddressKey(row.get(0)?),
        address: sql::maybe_word(row, 1)?,
        reason: sql::word(row, 2)?,
        since: sql::instant(row.get(3)?)?,
    })
}
