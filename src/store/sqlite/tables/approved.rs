//! What was approved of an edition or a bulletin, until it is published.

use rusqlite::{Connection, OptionalExtension as _};

use crate::domain::edition::EditionNumber;
use crate::domain::edition::state::{Changed, Transition};
use crate::domain::edits::ApprovedTexts;
use crate::store::shared::approved::{pack, unpack};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Writes what was approved along with the approval, and drops what no longer counts.
pub(super) fn follow(conn: &Connection, changed: &Changed) -> Result<(), SqliteError> {
    changed.transitions.iter().try_for_each(|transition| drop_ended(conn, transition))?;
    changed.approved.iter().try_for_each(|(number, texts)| keep(conn, *number, texts))
}

/// Puts what is approved of one in the place of what was before.
pub(super) fn keep(conn: &Connection, number: EditionNumber, texts: &ApprovedTexts) -> Result<(), SqliteError> {
    let put = "INSERT OR REPLACE INTO approved_texts (edition, packed) VALUES (?1, ?2)";
    sql::run(conn, put, (number.0, pack(texts)?)).map(drop)
}

fn drop_ended(conn: &Connection, transition: &Transition) -> Result<(), SqliteError> {
    match &transition.after {
        Some(after) if transition.ends_approved_texts() => drop_of(conn, after.number),
        _ => Ok(()),
    }
}

/// Drops what was approved of one edition.
pub(super) fn drop_of(conn: &Connection, number: EditionNumber) -> Result<(), SqliteError> {
    sql::run(conn, "DELETE FROM approved_texts WHERE edition = ?1", [number.0]).map(drop)
}

pub(super) fn read(conn: &Connection, number: EditionNumber) -> Result<Option<ApprovedTexts>, SqliteError> {
    let mut query = conn.prepare_cached("SELECT packed FROM approved_texts WHERE edition = ?1")?;
    let packed = query.query_row([number.0], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    let unreadable = |error: std::io::Error| sql::damaged(&format!("what was approved: {error}"));
    packed.map(|packed| unpack(&packed).map_err(unreadable)).transpose()
}
