//! A store that was restored from a backup: held back as a whole, until a person lets it send again.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{audit, edition_rows, meta, outbox};
use crate::domain::audit::OPERATOR;
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::{EditionChange, EditionNumber, EditionState, HoldReason};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// What a restored store knows may be out of date: whatever waited may have been accepted since, so it counts as repeated,
/// and its edition is held.
pub(in crate::store::sqlite) fn hold_back(
    conn: &Connection,
    made: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    meta::put(conn, meta::RESTORED, &sql::millis(made).to_string())?;
    for claimant in sql::rows(conn, "SELECT id FROM claimants", [], |row| Ok(row.get::<_, i64>(0)?))? {
        outbox::take_up(conn, claimant, true, sql::millis(at))?;
    }
    outbox::transactional::expire_all(conn)?;
    sql::run(conn, "DELETE FROM claimants", [])?;
    let waiting = states::list(DeliveryState::WAITING);
    sql::run(conn, &format!("UPDATE deliveries SET repeated = 1 WHERE mailing > 0 AND state IN {waiting}"), [])?;
    for edition in edition_rows::all(conn)?.iter().filter(|edition| edition.state == EditionState::Sending) {
        let hold = EditionChange::Hold(edition.number, HoldReason::RestoredStore);
        edition_rows::change_here(conn, &hold, "restore", at)?;
    }
    audit::write(conn, sql::millis(at), OPERATOR, "restore", "store", &format!("backup of {}", made.to_rfc3339()))
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
    audit::write(conn, sql::millis(at), OPERATOR, "release", "store", "")?;
    let mut released = Vec::new();
    for edition in edition_rows::all(conn)? {
        let for_us = edition.hold_reason() == Some(&HoldReason::RestoredStore);
        if for_us {
            edition_rows::change_here(conn, &EditionChange::Release(edition.number), OPERATOR, at)?;
            released.push(edition.number);
        }
        // Also of editions that a person holds: whoever releases them later must not send again what nobody knows.
        if edition.is_published() && !resend {
            let (waiting, to) = (states::list(DeliveryState::WAITING), states::change(Event::Expire).to);
            let doubt = format!(
                "UPDATE deliveries SET state = {to}, next_at = NULL
                 WHERE mailing = ?1 AND state IN {waiting} AND repeated"
            );
            if sql::run(conn, &doubt, [edition.number.0])? > 0 || for_us {
                outbox::finish(conn, edition.number, at)?;
            }
        }
    }
    Ok(released)
}
