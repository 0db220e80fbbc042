//! A store that was restored from a backup: held back as a whole, until a person lets it send again.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{audit, edition_rows, meta, outbox};
use crate::domain::audit::OPERATOR;
use crate::domain::delivery::DeliveryState;
use crate::domain::edition::{EditionChange, EditionState, HoldReason};
use crate::store::Release;
use crate::store::shared::meta::{RELEASING, RESTORED};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// How many mails are given up at once: some milliseconds.
const PART: u32 = 1_000;

/// What a restored store knows may be out of date: whatever waited may have been accepted since, so it counts as repeated,
/// and its edition is held.
pub(in crate::store::sqlite) fn hold_back(
    conn: &Connection,
    made: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    meta::put(conn, RESTORED, &sql::millis(made).to_string())?;
    for claimant in sql::rows(conn, "SELECT id FROM claimants", [], |row| Ok(row.get::<_, i64>(0)?))? {
        outbox::take_up(conn, claimant, true, sql::millis(at))?;
    }
    outbox::transactional::expire_all(conn)?;
    sql::run(conn, "DELETE FROM claimants", [])?;
    let waiting = states::list(DeliveryState::WAITING);
    sql::run(conn, &format!("UPDATE deliveries SET repeated = 1 WHERE mailing > 0 AND state IN {waiting}"), [])?;
    for edition in edition_rows::to_many(conn)?.iter().filter(|edition| edition.state == EditionState::Sending) {
        let hold = EditionChange::Hold(edition.number, HoldReason::RestoredStore);
        edition_rows::change_here(conn, &hold, "restore", at)?;
    }
    audit::write(conn, sql::millis(at), OPERATOR, "restore", "store", &format!("backup of {}", made.to_rfc3339()))
}

/// Gives up a part of what nobody knows whether it was accepted, unless it is to be sent again; then lets the store send again.
pub(in crate::store::sqlite) fn release(
    conn: &Connection,
    resend: bool,
    at: DateTime<Utc>,
) -> Result<Release, SqliteError> {
    let mut release = Release { editions: Vec::new(), is_begun: meta::take(conn, RELEASING)?.is_some(), is_last: true };
    if meta::get(conn, RESTORED)?.is_none() {
        return Ok(release);
    }
    let editions = edition_rows::to_many(conn)?;
    // Also of editions that a person holds: whoever releases them later must not send again what nobody knows.
    let in_doubt = editions.iter().filter(|edition| edition.is_published() && !resend);
    for edition in in_doubt.clone() {
        if outbox::expire_some(conn, edition.number, "AND repeated", PART)? == u64::from(PART) {
            meta::put(conn, RELEASING, "")?;
            return Ok(Release { is_last: false, ..release });
        }
    }
    meta::take(conn, RESTORED)?;
    audit::write(conn, sql::millis(at), OPERATOR, "release", "store", "")?;
    let held = editions.iter().filter(|edition| edition.hold_reason() == Some(&HoldReason::RestoredStore));
    release.editions = held.map(|edition| edition.number).collect();
    for number in &release.editions {
        edition_rows::change_here(conn, &EditionChange::Release(*number), OPERATOR, at)?;
    }
    for edition in in_doubt {
        outbox::finish(conn, edition.number, at)?;
    }
    Ok(release)
}
