//! A store that was restored from a backup: held back as a whole, until a person lets it send again.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{audit, claim, edition_rows, letters, meta, settle};
use crate::domain::edition::{EditionChange, EditionNumber, EditionState, HoldReason};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// What a restored store knows may be out of date: whatever waited may have been accepted since, so it counts as repeated,
/// and its edition is held.
pub(in crate::store::sqlite) fn hold_back(
    conn: &Connection,
    made: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    meta::put(conn, meta::RESTORED, &sql::millis(made).to_string())?;
    for claimant in sql::rows(conn, "SELECT id FROM claimants", [], |row| Ok(row.get::<_, i64>(0)?))? {
        claim::take_up(conn, claimant, true, sql::millis(at))?;
    }
    letters::drop_all(conn)?;
    sql::run(conn, "DELETE FROM claimants", [])?;
    sql::run(conn, "UPDATE deliveries SET repeated = 1 WHERE state IN (0, 4)", [])?;
    for edition in edition_rows::all(conn)?.iter().filter(|edition| edition.state == EditionState::Sending) {
        let hold = EditionChange::Hold(edition.number, HoldReason::RestoredStore);
        edition_rows::change_here(conn, &hold, "restore", at)?;
    }
    audit::write(conn, sql::millis(at), "operator", "restore", "store", &format!("backup of {}", made.to_rfc3339()))
}

/// Lets the store send again; the editions that were held for it.
pub(in crate::store::sqlite) fn release(
    conn: &Connection,
    resend: bool,
    at: DateTime<Utc>,
) -> Result<Vec<EditionNumber>, SqliteError> {
    if meta::take(conn, meta::RESTORED)?.is_none() {
        return Ok(Vec::new());
    }
    audit::write(conn, sql::millis(at), "operator", "release", "store", "")?;
    let mut released = Vec::new();
    for edition in edition_rows::all(conn)? {
        let for_us = edition.hold_reason() == Some(&HoldReason::RestoredStore);
        if for_us {
            edition_rows::change_here(conn, &EditionChange::Release(edition.number), "operator", at)?;
            released.push(edition.number);
        }
        // Also of editions that a person holds: whoever releases them later must not send again what nobody knows.
        if edition.is_published() && !resend {
            let doubt = "UPDATE deliveries SET state = 5, next_at = NULL
                         WHERE edition = ?1 AND state IN (0, 4) AND repeated";
            if sql::run(conn, doubt, [edition.number.0])? > 0 || for_us {
                settle::finish(conn, edition.number, at)?;
            }
        }
    }
    Ok(released)
}
