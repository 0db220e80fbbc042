//! Deliveries as an operator takes them up again and settles them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::super::{audit, edition_rows};
use super::edition_progress;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::delivery::listing::{DeliveryFilter, Retried};
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::{Edition, EditionNumber, state};
use crate::domain::refusal::Refusal;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// Takes up again what ended without being accepted.
pub(super) fn retry(
    conn: &Connection,
    hasher: &AddressHasher,
    edition: EditionNumber,
    filter: &DeliveryFilter,
    at: DateTime<Utc>,
) -> Result<Retried, SqliteError> {
    let before = published(conn, edition)?;
    let may: Vec<DeliveryState> = DeliveryState::arrows(Event::Retry).iter().map(|arrow| arrow.from).collect();
    let meant = may.into_iter().filter(|state| filter.states.contains(state));
    let (uncertain, ended): (Vec<_>, Vec<_>) = meant.partition(|state| *state == DeliveryState::Uncertain);
    let (uncertain, ended) = (mask(&uncertain), mask(&ended));
    let mailboxes = mailboxes(conn, hasher, filter)?;
    let mailable = "EXISTS (SELECT 1 FROM recipients r WHERE r.id = recipient AND r.address IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac))";
    let meant = "mailing = ?1 AND (?2 >> state) & 1 AND (?3 IS NULL OR recipient IN (SELECT value FROM json_each(?3)))";
    let left = format!("SELECT count(*) FROM deliveries WHERE {meant} AND NOT {mailable}");
    let suppressed = sql::count(sql::number(conn, &left, (edition.0, ended | uncertain, &mailboxes))?);
    let to = states::change(Event::Retry).to;
    let update =
        format!("UPDATE deliveries SET state = {to}, next_at = NULL, retried_at = ?4 WHERE {meant} AND {mailable}");
    let take = |states: i64| sql::run(conn, &update, (edition.0, states, &mailboxes, sql::millis(at)));
    let retried = Retried { ended: take(ended)?, uncertain: take(uncertain)?, suppressed };
    let taken = retried.ended + retried.uncertain;
    if taken > 0 {
        if let Ok(after) = state::resume(&before) {
            edition_rows::write(conn, Some(&before), Some(&after))?;
        }
        note(conn, "retry", edition, &format!("{taken} deliveries"), at)?;
    }
    Ok(retried)
}

/// Settles what is uncertain.
pub(super) fn resolve(
    conn: &Connection,
    hasher: &AddressHasher,
    edition: EditionNumber,
    filter: &DeliveryFilter,
    accepted: bool,
    at: DateTime<Utc>,
) -> Result<u64, SqliteError> {
    published(conn, edition)?;
    let states::Change { from, to, accepted: each } = states::change(Event::Resolve { accepted });
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE mailing = ?1 AND state IN {from} AND (?2 IS NULL OR recipient IN (SELECT value FROM json_each(?2)))"
    );
    let resolved = sql::run(conn, &update, (edition.0, mailboxes(conn, hasher, filter)?))?;
    edition_rows::note_accepted(conn, edition, each, resolved)?;
    if resolved > 0 {
        let what = if accepted { "accepted" } else { "failed" };
        note(conn, "resolve", edition, &format!("{resolved} deliveries are {what}"), at)?;
        edition_progress::finish(conn, edition, at)?;
    }
    Ok(resolved)
}

fn note(
    conn: &Connection,
    action: &str,
    edition: EditionNumber,
    detail: &str,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    audit::write(conn, sql::millis(at), OPERATOR, action, &format!("edition {edition}"), detail)
}

/// An edition that was published.
fn published(conn: &Connection, edition: EditionNumber) -> Result<Edition, SqliteError> {
    let found = edition_rows::one(conn, edition)?.filter(Edition::is_published);
    found.ok_or_else(|| Refusal::NotPublished(edition).into())
}

/// The codes of states as a mask.
pub(super) fn mask(states: &[DeliveryState]) -> i64 {
    states.iter().fold(0, |mask, state| mask | 1 << state.code())
}

/// The filter's mailboxes as a JSON array of numbers; null for all.
pub(super) fn mailboxes(
    conn: &Connection,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
) -> Result<Option<String>, SqliteError> {
    let Some(addresses) = &filter.addresses else { return Ok(None) };
    let number = |address: &Address| -> Result<i64, SqliteError> {
        let query = "SELECT id FROM recipients WHERE mac = ?1 AND address IS NOT NULL";
        sql::row(conn, query, [hasher.key(address).0], |row| Ok(row.get(0)?))?
            .ok_or_else(|| SqliteError::UnknownMailbox(address.clone()))
    };
    let numbers = addresses.iter().map(number).collect::<Result<BTreeSet<_>, _>>()?;
    sql::to_json(&numbers).map(Some)
}
