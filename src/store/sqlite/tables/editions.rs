//! Editions and their picks, and the changes that planning and operators make to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::audit;
use super::people::word;
use crate::domain::activity::ActivityId;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, Pick, Selection};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::maintenance::backup::RESTORED;

/// Every edition, by number.
pub(in crate::store::sqlite) fn all(conn: &Connection) -> Result<Vec<Edition>, SqliteError> {
    let mut picks = picks(conn)?;
    let query = "SELECT number, state, reason, date, due_at, theme, theme_reason, published_at, finished_at,
                        approved_at, released_at, theme_fingerprint
                 FROM editions ORDER BY number";
    sql::rows(conn, query, [], |row| {
        let number: u32 = row.get(0)?;
        Ok(Edition {
            number: EditionNumber(number),
            state: word(row, 1)?,
            reason: row.get(2)?,
            date: word(row, 3)?,
            due_at: sql::instant(row.get(4)?)?,
            selection: Selection {
                theme: row.get(5)?,
                theme_reason: row.get(6)?,
                theme_fingerprint: row.get::<_, String>(11)?.into(),
                picks: picks.remove(&number).unwrap_or_default(),
            },
            published_at: sql::maybe_instant(row.get(7)?)?,
            finished_at: sql::maybe_instant(row.get(8)?)?,
            approved_at: sql::maybe_instant(row.get(9)?)?,
            released_at: sql::maybe_instant(row.get(10)?)?,
        })
    })
}

fn picks(conn: &Connection) -> Result<BTreeMap<u32, Vec<Pick>>, SqliteError> {
    let query = "SELECT edition, band, activity, title, reason, fingerprint FROM picks ORDER BY edition, position";
    let found = sql::rows(conn, query, [], |row| {
        let pick = Pick {
            band: word(row, 1)?,
            id: word(row, 2)?,
            title: row.get(3)?,
            reason: row.get(4)?,
            fingerprint: row.get::<_, String>(5)?.into(),
        };
        Ok((row.get::<_, u32>(0)?, pick))
    })?;
    let mut grouped: BTreeMap<u32, Vec<Pick>> = BTreeMap::new();
    for (edition, pick) in found {
        grouped.entry(edition).or_default().push(pick);
    }
    Ok(grouped)
}

/// Where an edition stands, and why; `None` when there is none.
pub(in crate::store::sqlite) fn state(
    conn: &Connection,
    number: EditionNumber,
) -> Result<Option<(EditionState, Option<String>)>, SqliteError> {
    let query = "SELECT state, reason FROM editions WHERE number = ?1";
    sql::row(conn, query, [number.0], |row| Ok((word(row, 0)?, row.get(1)?)))
}

/// Whether every edition that the changes are about is as it was seen, or absent as it was then.
pub(in crate::store::sqlite) fn are_as_seen(
    conn: &Connection,
    seen: &[Edition],
    changes: &[EditionChange],
) -> Result<bool, SqliteError> {
    let now = all(conn)?;
    let of = |editions: &[Edition], number| editions.iter().find(|edition| edition.number == number).cloned();
    Ok(changes.iter().map(EditionChange::number).all(|number| of(&now, number) == of(seen, number)))
}

/// Applies one change; whether it changed anything.
pub(in crate::store::sqlite) fn change(
    conn: &Connection,
    change: &EditionChange,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<bool, SqliteError> {
    let before = match change {
        EditionChange::Repick { number, .. } => picks(conn)?.remove(&number.0).unwrap_or_default(),
        _ => Vec::new(),
    };
    let number = change.number();
    let (action, detail) = told(change, &before);
    if !apply(conn, change, number, sql::millis(at))? {
        return Ok(false);
    }
    audit::write(conn, sql::millis(at), actor, action, &format!("edition {number}"), &detail)?;
    Ok(true)
}

/// A change as the audit table tells it. `before` are the picks that a repick replaces.
fn told(change: &EditionChange, before: &[Pick]) -> (&'static str, String) {
    match change {
        EditionChange::Plan { date, selection, .. } => ("plan", format!("{date}, theme {}", selection.theme)),
        EditionChange::Redate { date, .. } => ("redate", date.to_string()),
        EditionChange::Repick { selection, .. } => ("repick", repicked(before, selection)),
        EditionChange::Unplan(_) => ("unplan", String::new()),
        EditionChange::Approve(_) => ("approve", String::new()),
        EditionChange::Unapprove(_, why) => ("unapprove", why.clone()),
        EditionChange::Hold(_, why) => ("hold", why.clone()),
        EditionChange::Miss(_, why) => ("miss", why.clone()),
        EditionChange::Release(_) => ("release", String::new()),
        EditionChange::Withdraw(_, why) => ("withdraw", why.clone()),
        EditionChange::Reinstate(_) => ("reinstate", String::new()),
    }
}

/// Which band has what instead of what, and why.
fn repicked(before: &[Pick], selection: &Selection) -> String {
    let old = |pick: &Pick| before.iter().find(|old| old.band == pick.band).map(|old| old.id.as_str());
    let new = selection.picks.iter().filter(|pick| old(pick) != Some(pick.id.as_str()));
    let mut told: Vec<String> = new
        .map(|pick| format!("{}: {} → {} ({})", pick.band, old(pick).unwrap_or("none"), pick.id, pick.reason))
        .collect();
    let gone = before.iter().filter(|old| selection.picks.iter().all(|pick| pick.band != old.band));
    told.extend(gone.map(|old| format!("{}: {} → none", old.band, old.id)));
    if told.is_empty() { "the texts as they are now".to_owned() } else { told.join("; ") }
}

fn apply(conn: &Connection, change: &EditionChange, number: EditionNumber, at: i64) -> Result<bool, SqliteError> {
    let query =
        "SELECT state, reason, published_at IS NOT NULL, approved_at IS NOT NULL FROM editions WHERE number = ?1";
    let found = sql::row(conn, query, [number.0], |row| {
        Ok(Standing { state: word(row, 0)?, reason: row.get(1)?, published: row.get(2)?, approved: row.get(3)? })
    })?;
    match (found, change) {
        (None, EditionChange::Plan { date, due_at, selection, .. }) => plan(conn, number, *date, *due_at, selection),
        (None, _) => Ok(false),
        (Some(standing), _) if standing.published => halt_or_go_on(conn, change, number, &standing, at),
        (Some(standing), EditionChange::Reinstate(_)) => match standing.state {
            EditionState::Withdrawn | EditionState::Missed | EditionState::Held => {
                let state = if standing.approved { EditionState::Approved } else { EditionState::Planned };
                set(conn, number, state, None)
            }
            _ => Ok(false),
        },
        (Some(standing), _) => decide(conn, change, number, &standing, at),
    }
}

/// What a change depends on.
struct Standing {
    state: EditionState,
    reason: Option<String>,
    published: bool,
    approved: bool,
}

/// A published edition: all that a person can still do is stop its sending, and let it go on.
fn halt_or_go_on(
    conn: &Connection,
    change: &EditionChange,
    number: EditionNumber,
    standing: &Standing,
    at: i64,
) -> Result<bool, SqliteError> {
    match (change, standing.state) {
        // A person's hold outlasts the release of a restored store.
        (EditionChange::Hold(_, why), EditionState::Held) if standing.reason.as_deref() == Some(RESTORED) => {
            set(conn, number, EditionState::Held, Some(why))
        }
        (EditionChange::Hold(_, why), EditionState::Sending) => set(conn, number, EditionState::Held, Some(why)),
        (EditionChange::Release(_) | EditionChange::Approve(_), EditionState::Held) => {
            stamp(conn, number, "released_at", at)?;
            set(conn, number, EditionState::Sending, None)
        }
        _ => Ok(false),
    }
}

/// An edition that was not published.
fn decide(
    conn: &Connection,
    change: &EditionChange,
    number: EditionNumber,
    standing: &Standing,
    at: i64,
) -> Result<bool, SqliteError> {
    use EditionState::{Approved, Held, Missed, Planned, Withdrawn};
    let state = standing.state;
    if !matches!(state, Planned | Approved | Held) {
        return Ok(false);
    }
    match change {
        EditionChange::Redate { date, due_at, .. } => redate(conn, number, *date, *due_at),
        EditionChange::Repick { selection, .. } => {
            choose(conn, number, selection)?;
            unapprove(conn, number, state).map(|()| true)
        }
        EditionChange::Unplan(_) => Ok(sql::run(conn, "DELETE FROM editions WHERE number = ?1", [number.0])? > 0),
        EditionChange::Approve(_) if state != Approved => {
            stamp(conn, number, "approved_at", at)?;
            set(conn, number, Approved, None)
        }
        EditionChange::Unapprove(..) if standing.approved => unapprove(conn, number, state).map(|()| true),
        EditionChange::Hold(_, why) if state != Held || standing.reason.as_ref() != Some(why) => {
            set(conn, number, Held, Some(why))
        }
        EditionChange::Miss(_, why) => set(conn, number, Missed, Some(why)),
        EditionChange::Release(_) if state == Held => {
            stamp(conn, number, "released_at", at)?;
            set(conn, number, if standing.approved { Approved } else { Planned }, None)
        }
        EditionChange::Withdraw(_, why) => {
            unapprove(conn, number, state)?;
            set(conn, number, Withdrawn, Some(why))
        }
        _ => Ok(false),
    }
}

/// `column` is one of our own names, never input.
fn stamp(conn: &Connection, number: EditionNumber, column: &'static str, at: i64) -> Result<(), SqliteError> {
    sql::run(conn, &format!("UPDATE editions SET {column} = ?2 WHERE number = ?1"), (number.0, at)).map(drop)
}

fn unapprove(conn: &Connection, number: EditionNumber, state: EditionState) -> Result<(), SqliteError> {
    sql::run(conn, "UPDATE editions SET approved_at = NULL WHERE number = ?1", [number.0])?;
    if state == EditionState::Approved {
        set(conn, number, EditionState::Planned, None)?;
    }
    Ok(())
}

fn plan(
    conn: &Connection,
    number: EditionNumber,
    date: NaiveDate,
    due_at: DateTime<Utc>,
    selection: &Selection,
) -> Result<bool, SqliteError> {
    let insert = "INSERT INTO editions (number, state, date, due_at, theme, theme_reason)
                  VALUES (?1, 'planned', ?2, ?3, '', '')";
    sql::run(conn, insert, (number.0, date.to_string(), sql::millis(due_at)))?;
    choose(conn, number, selection)?;
    Ok(true)
}

fn redate(
    conn: &Connection,
    number: EditionNumber,
    date: NaiveDate,
    due_at: DateTime<Utc>,
) -> Result<bool, SqliteError> {
    let update = "UPDATE editions SET date = ?2, due_at = ?3 WHERE number = ?1 AND (date <> ?2 OR due_at <> ?3)";
    Ok(sql::run(conn, update, (number.0, date.to_string(), sql::millis(due_at)))? > 0)
}

fn choose(conn: &Connection, number: EditionNumber, selection: &Selection) -> Result<(), SqliteError> {
    let update = "UPDATE editions SET theme = ?2, theme_reason = ?3, theme_fingerprint = ?4 WHERE number = ?1";
    let print = selection.theme_fingerprint.as_str();
    sql::run(conn, update, (number.0, &selection.theme, &selection.theme_reason, print))?;
    sql::run(conn, "DELETE FROM picks WHERE edition = ?1", [number.0])?;
    let insert = "INSERT INTO picks (edition, position, band, activity, title, reason, fingerprint)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    for (position, pick) in (0_u32..).zip(&selection.picks) {
        let what = (pick.band.as_str(), pick.id.as_str(), &pick.title);
        sql::run(conn, insert, (number.0, position, what.0, what.1, what.2, &pick.reason, pick.fingerprint.as_str()))?;
    }
    Ok(())
}

fn set(conn: &Connection, number: EditionNumber, state: EditionState, why: Option<&str>) -> Result<bool, SqliteError> {
    let update = "UPDATE editions SET state = ?2, reason = ?3 WHERE number = ?1";
    Ok(sql::run(conn, update, (number.0, state.as_str(), why))? > 0)
}

/// Activities an operator withdrew.
pub(in crate::store::sqlite) fn withdrawn(conn: &Connection) -> Result<BTreeSet<ActivityId>, SqliteError> {
    let found = sql::rows(conn, "SELECT activity FROM withdrawn_activities", [], |row| word(row, 0))?;
    Ok(found.into_iter().collect())
}

/// Withdraws an activity, or takes that back; whether it changed anything.
pub(in crate::store::sqlite) fn withdraw_activity(
    conn: &Connection,
    activity: &ActivityId,
    withdrawn: bool,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<bool, SqliteError> {
    let (action, changed) = if withdrawn {
        let insert =
            "INSERT INTO withdrawn_activities (activity, at) VALUES (?1, ?2) ON CONFLICT (activity) DO NOTHING";
        ("withdraw", sql::run(conn, insert, (activity.as_str(), sql::millis(at)))? > 0)
    } else {
        let delete = "DELETE FROM withdrawn_activities WHERE activity = ?1";
        ("reinstate", sql::run(conn, delete, [activity.as_str()])? > 0)
    };
    if changed {
        audit::write(conn, sql::millis(at), actor, action, &format!("activity {activity}"), "")?;
    }
    Ok(changed)
}
