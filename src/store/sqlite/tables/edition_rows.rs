//! Rows of editions, their picks, and withdrawn activities: read and written as they are, whatever they mean.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

use super::{approved, audit, subjects};
use crate::domain::activity::ActivityId;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::state::{self, Changed, Transition};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, Pick, Selection};
use crate::store::ActivityWithdrawal;
use crate::store::shared::reasons;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

const COLUMNS: &str = "SELECT number, state, reason, reason_detail, date, due_at, theme, theme_reason,
                              theme_reason_detail, theme_fingerprint, published_at, finished_at, approved_at, released_at
                       FROM editions";

/// Every edition, by number.
pub(in crate::store::sqlite) fn all(conn: &Connection) -> Result<Vec<Edition>, SqliteError> {
    up_to(conn, BulletinId::LAST_EDITION)
}

/// Whatever goes to many, by number: editions, and then bulletins as far as they are like them.
pub(super) fn to_many(conn: &Connection) -> Result<Vec<Edition>, SqliteError> {
    up_to(conn, EditionNumber(u32::MAX))
}

fn up_to(conn: &Connection, last: EditionNumber) -> Result<Vec<Edition>, SqliteError> {
    let mut picks = picks(conn, None)?;
    let query = format!("{COLUMNS} WHERE number <= ?1 ORDER BY number");
    sql::rows(conn, &query, [last.0], |row| read(row, picks.remove(&row.get(0)?).unwrap_or_default()))
}

/// One edition, or a bulletin as far as it is like one.
pub(in crate::store::sqlite) fn one(conn: &Connection, number: EditionNumber) -> Result<Option<Edition>, SqliteError> {
    let picks = picks(conn, Some(number))?.remove(&number.0).unwrap_or_default();
    sql::row(conn, &format!("{COLUMNS} WHERE number = ?1"), [number.0], |row| read(row, picks))
}

fn read(row: &Row<'_>, picks: Vec<Pick>) -> Result<Edition, SqliteError> {
    let state = sql::word(row, 1)?;
    let reason = reasons::read_state(state, row.get(2)?, row.get::<_, Option<String>>(3)?.as_deref())
        .map_err(|error| invalid(&error))?;
    Ok(Edition {
        number: EditionNumber(row.get(0)?),
        state,
        reason,
        date: sql::word(row, 4)?,
        due_at: sql::instant(row.get(5)?)?,
        selection: Selection {
            theme: row.get(6)?,
            theme_reason: reason_of(row, 7)?,
            theme_fingerprint: row.get::<_, String>(9)?.into(),
            picks,
        },
        published_at: sql::maybe_instant(row.get(10)?)?,
        finished_at: sql::maybe_instant(row.get(11)?)?,
        approved_at: sql::maybe_instant(row.get(12)?)?,
        released_at: sql::maybe_instant(row.get(13)?)?,
    })
}

fn picks(conn: &Connection, only: Option<EditionNumber>) -> Result<BTreeMap<u32, Vec<Pick>>, SqliteError> {
    let query = "SELECT edition, band, activity, title, reason, reason_detail, fingerprint FROM picks
                 WHERE ?1 IS NULL OR edition = ?1 ORDER BY edition, position";
    let found = sql::rows(conn, query, [only.map(|number| number.0)], |row| {
        let pick = Pick {
            band: sql::word(row, 1)?,
            id: sql::word(row, 2)?,
            title: row.get(3)?,
            reason: reason_of(row, 4)?,
            fingerprint: row.get::<_, String>(6)?.into(),
        };
        Ok((row.get::<_, u32>(0)?, pick))
    })?;
    let mut grouped: BTreeMap<u32, Vec<Pick>> = BTreeMap::new();
    for (edition, pick) in found {
        grouped.entry(edition).or_default().push(pick);
    }
    Ok(grouped)
}

fn reason_of<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<T, SqliteError> {
    let reason = reasons::read(row.get(at)?, row.get::<_, Option<String>>(at + 1)?.as_deref())
        .map_err(|error| invalid(&error))?;
    reason.ok_or_else(|| sql::damaged("a reason is missing"))
}

fn invalid(error: &serde_json::Error) -> SqliteError {
    sql::damaged(&error.to_string())
}

/// Adds `each` (`states::Change::accepted`) to the edition's count of accepted mails for every delivery that changed.
pub(in crate::store::sqlite) fn note_accepted(
    conn: &Connection,
    edition: EditionNumber,
    each: i64,
    deliveries: u64,
) -> Result<(), SqliteError> {
    if each == 0 || deliveries == 0 {
        return Ok(());
    }
    let update = "UPDATE editions SET accepted = accepted + ?2 WHERE number = ?1";
    sql::run(conn, update, (edition.0, each * sql::column(deliveries)?)).map(drop)
}

/// Whether every edition is as it was read, or absent as it was then.
fn are_as_read(conn: &Connection, transitions: &[Transition]) -> Result<bool, SqliteError> {
    for transition in transitions {
        let Some(number) = number(transition) else { continue };
        if one(conn, number)? != transition.before {
            return Ok(false);
        }
    }
    Ok(true)
}

fn number(transition: &Transition) -> Option<EditionNumber> {
    transition.before.as_ref().or(transition.after.as_ref()).map(|edition| edition.number)
}

/// Writes what changed and the audit's lines, or nothing when something is not as it was read; whether it was written.
pub(in crate::store::sqlite) fn change(
    conn: &Connection,
    changed: &Changed,
    activities: &[ActivityWithdrawal],
    actor: &str,
    at: DateTime<Utc>,
) -> Result<bool, SqliteError> {
    let withdrawn = withdrawn(conn)?;
    let stale = |change: &ActivityWithdrawal| withdrawn.contains(&change.activity) == change.withdrawn;
    if activities.iter().any(stale) || !are_as_read(conn, &changed.transitions)? {
        return Ok(false);
    }
    for Transition { before, after } in &changed.transitions {
        write(conn, before.as_ref(), after.as_ref())?;
    }
    approved::follow(conn, changed)?;
    for (number, action, detail) in &changed.audit {
        audit::write(conn, sql::millis(at), actor, action, &subjects::of_mailing(conn, *number)?, detail)?;
    }
    for activity in activities {
        withdraw(conn, activity, actor, at)?;
    }
    Ok(true)
}

/// Makes one change to an edition as it stands in this transaction, if its state allows it.
pub(in crate::store::sqlite) fn change_here(
    conn: &Connection,
    change: &EditionChange,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    let edition = one(conn, change.number())?;
    let changed = state::change(edition.as_slice(), std::slice::from_ref(change), at);
    self::change(conn, &changed, &[], actor, at).map(drop)
}

/// Puts `after` in the place of `before`.
pub(in crate::store::sqlite) fn write(
    conn: &Connection,
    before: Option<&Edition>,
    after: Option<&Edition>,
) -> Result<(), SqliteError> {
    match (before, after) {
        (before, after) if before == after => Ok(()),
        (Some(gone), None) => sql::run(conn, "DELETE FROM editions WHERE number = ?1", [gone.number.0]).map(drop),
        (before, Some(edition)) => {
            put(conn, edition)?;
            if before.is_none_or(|before| before.selection.picks != edition.selection.picks) {
                put_picks(conn, edition)?;
            }
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

fn put(conn: &Connection, edition: &Edition) -> Result<(), SqliteError> {
    let put = "INSERT INTO editions (number, state, reason, reason_detail, date, due_at, theme, theme_reason,
                                     theme_reason_detail, theme_fingerprint, published_at, finished_at, approved_at,
                                     released_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
               ON CONFLICT (number) DO UPDATE SET
                   state = excluded.state, reason = excluded.reason, reason_detail = excluded.reason_detail,
                   date = excluded.date, due_at = excluded.due_at, theme = excluded.theme,
                   theme_reason = excluded.theme_reason, theme_reason_detail = excluded.theme_reason_detail,
                   theme_fingerprint = excluded.theme_fingerprint, published_at = excluded.published_at,
                   finished_at = excluded.finished_at, approved_at = excluded.approved_at,
                   released_at = excluded.released_at";
    let reason = reasons::state_columns(edition.reason.as_ref()).map_err(|error| invalid(&error))?;
    let (code, detail) = reason.unzip();
    let selection = &edition.selection;
    let (theme_code, theme_detail) = reasons::columns(&selection.theme_reason).map_err(|error| invalid(&error))?;
    let millis = |at: Option<DateTime<Utc>>| at.map(sql::millis);
    let params = rusqlite::params![
        edition.number.0,
        edition.state.as_str(),
        code,
        detail.flatten(),
        edition.date.to_string(),
        sql::millis(edition.due_at),
        selection.theme,
        theme_code,
        theme_detail,
        selection.theme_fingerprint.as_str(),
        millis(edition.published_at),
        millis(edition.finished_at),
        millis(edition.approved_at),
        millis(edition.released_at),
    ];
    sql::run(conn, put, params).map(drop)
}

fn put_picks(conn: &Connection, edition: &Edition) -> Result<(), SqliteError> {
    let number = edition.number.0;
    sql::run(conn, "DELETE FROM picks WHERE edition = ?1", [number])?;
    let insert = "INSERT INTO picks (edition, position, band, activity, title, reason, reason_detail, fingerprint)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    for (position, pick) in (0_u32..).zip(&edition.selection.picks) {
        let (code, detail) = reasons::columns(&pick.reason).map_err(|error| invalid(&error))?;
        let (band, id, fingerprint) = (pick.band.as_str(), pick.id.as_str(), pick.fingerprint.as_str());
        sql::run(conn, insert, (number, position, band, id, &pick.title, code, detail, fingerprint))?;
    }
    Ok(())
}

/// Activities an operator withdrew.
pub(in crate::store::sqlite) fn withdrawn(conn: &Connection) -> Result<BTreeSet<ActivityId>, SqliteError> {
    let found = sql::rows(conn, "SELECT activity FROM withdrawn_activities WHERE reinstated_at IS NULL", [], |row| {
        sql::word(row, 0)
    })?;
    Ok(found.into_iter().collect())
}

fn withdraw(
    conn: &Connection,
    ActivityWithdrawal { activity, withdrawn }: &ActivityWithdrawal,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    let action = if *withdrawn {
        let insert = "INSERT OR REPLACE INTO withdrawn_activities (activity, at) VALUES (?1, ?2)";
        sql::run(conn, insert, (activity.as_str(), sql::millis(at)))?;
        "withdraw"
    } else {
        let update = "UPDATE withdrawn_activities SET reinstated_at = ?2 WHERE activity = ?1";
        sql::run(conn, update, (activity.as_str(), sql::millis(at)))?;
        "reinstate"
    };
    audit::write(conn, sql::millis(at), actor, action, &format!("activity {activity}"), "")
}
