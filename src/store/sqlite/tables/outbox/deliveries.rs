//! Deliveries as an operator takes them up again and settles them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::super::{audit, bulletin_rows, edition_rows, segments, subjects};
use super::edition_progress;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::BulletinId;
use crate::domain::delivery::listing::{DeliveryFilter, ResolvedPart, Retried, RetriedPart};
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::{Edition, EditionNumber, state};
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// Takes up again what ended without being accepted, of mailboxes after those before.
pub(super) fn retry(
    conn: &Connection,
    edition: EditionNumber,
    (states, mailboxes): (&[DeliveryState], Option<&str>),
    RetriedPart { retried: before, last }: RetriedPart,
    limit: u32,
    at: DateTime<Utc>,
) -> Result<RetriedPart, SqliteError> {
    let stored = published(conn, edition)?;
    refuse_never_again(conn, edition)?;
    let may: Vec<DeliveryState> = DeliveryState::arrows(Event::Retry).iter().map(|arrow| arrow.from).collect();
    let meant = may.into_iter().filter(|state| states.contains(state));
    let (uncertain, ended): (Vec<_>, Vec<_>) = meant.partition(|state| *state == DeliveryState::Uncertain);
    let (uncertain, ended) = (mask(&uncertain), mask(&ended));
    let after = sql::column(last.map_or(0, |last| last.0))?;
    let part = of_states(conn, edition, ended | uncertain, mailboxes, (after, limit))?;
    let mailboxes = sql::to_json(&part)?;
    let mailable = "EXISTS (SELECT 1 FROM recipients r WHERE r.id = recipient AND r.address IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac))";
    let meant = "mailing = ?1 AND (?2 >> state) & 1 AND recipient IN (SELECT value FROM json_each(?3))";
    let left = format!("SELECT count(*) FROM deliveries WHERE {meant} AND NOT {mailable}");
    let suppressed = sql::count(sql::number(conn, &left, (edition.0, ended | uncertain, &mailboxes))?);
    let to = states::change(Event::Retry).to;
    let update =
        format!("UPDATE deliveries SET state = {to}, next_at = NULL, retried_at = ?4 WHERE {meant} AND {mailable}");
    let take = |states: i64| sql::run(conn, &update, (edition.0, states, &mailboxes, sql::millis(at)));
    let (ended, uncertain) = (take(ended)?, take(uncertain)?);
    let taken = ended + uncertain;
    if taken > 0
        && let Ok(resumed) = state::resume(&stored)
    {
        edition_rows::write(conn, Some(&stored), Some(&resumed))?;
    }
    let before_taken = before.ended + before.uncertain;
    note(conn, "retry", edition, (before_taken, taken), "", at)?;
    let retried = Retried {
        ended: before.ended + ended,
        uncertain: before.uncertain + uncertain,
        suppressed: before.suppressed + suppressed,
    };
    Ok(RetriedPart { retried, last: last_of(&part, limit) })
}

/// Settles a part of what is uncertain.
pub(super) fn resolve(
    conn: &Connection,
    edition: EditionNumber,
    mailboxes: Option<&str>,
    accepted: bool,
    (ResolvedPart { resolved: before, last }, limit): (ResolvedPart, u32),
    at: DateTime<Utc>,
) -> Result<ResolvedPart, SqliteError> {
    published(conn, edition)?;
    let (uncertain, after) = (mask(&[DeliveryState::Uncertain]), sql::column(last.map_or(0, |last| last.0))?);
    let part = of_states(conn, edition, uncertain, mailboxes, (after, limit))?;
    let states::Change { from, to, accepted: each } = states::change(Event::Resolve { accepted });
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE mailing = ?1 AND state IN {from} AND recipient IN (SELECT value FROM json_each(?2))"
    );
    let resolved = sql::run(conn, &update, (edition.0, sql::to_json(&part)?))?;
    edition_rows::note_accepted(conn, edition, each, resolved)?;
    note(conn, "resolve", edition, (before, resolved), if accepted { " are accepted" } else { " are failed" }, at)?;
    if before + resolved > 0 {
        edition_progress::finish(conn, edition, at)?;
    }
    Ok(ResolvedPart { resolved: before + resolved, last: last_of(&part, limit) })
}

/// Where the next part goes on, if there may be one.
fn last_of(part: &[i64], limit: u32) -> Option<RecipientId> {
    let is_full = part.len() as u64 == u64::from(limit);
    part.last().filter(|_| is_full).map(|last| RecipientId(sql::count(*last)))
}

/// The mailboxes after one, at most `limit`, whose delivery has ended in one of these states; `mailboxes` alone, if there are some.
fn of_states(
    conn: &Connection,
    edition: EditionNumber,
    states: i64,
    mailboxes: Option<&str>,
    (after, limit): (i64, u32),
) -> Result<Vec<i64>, SqliteError> {
    let query = format!(
        "SELECT recipient FROM deliveries INDEXED BY deliveries_ended
         WHERE mailing = ?1 AND recipient > ?2 AND {} AND (?3 >> state) & 1
             AND (?4 IS NULL OR recipient IN (SELECT value FROM json_each(?4)))
         ORDER BY recipient LIMIT ?5",
        states::ended()
    );
    sql::rows(conn, &query, (edition.0, after, states, mailboxes, limit), |row| Ok(row.get(0)?))
}

fn note(
    conn: &Connection,
    action: &str,
    edition: EditionNumber,
    parts: (u64, u64),
    what: &str,
    at: DateTime<Utc>,
) -> Result<(), SqliteError> {
    let detail = |number| format!("{number} deliveries{what}");
    audit::write_parts(conn, at, [OPERATOR, action, &subjects::of_mailing(conn, edition)?], parts, detail)
}

/// An edition that was published.
fn published(conn: &Connection, edition: EditionNumber) -> Result<Edition, SqliteError> {
    let found = edition_rows::one(conn, edition)?.filter(Edition::is_published);
    found.ok_or_else(|| Refusal::NotPublished(edition).into())
}

/// That its mails can be made, and that nobody said that none of them leaves any more.
fn refuse_never_again(conn: &Connection, number: EditionNumber) -> Result<(), SqliteError> {
    if let Some(id) = BulletinId::of(number)
        && bulletin_rows::is_withdrawn(conn, number)?
    {
        return Err(Refusal::Withdrawn(id).into());
    }
    if segments::is_forgotten(conn, number)? {
        return Err(Refusal::Forgotten(number).into());
    }
    Ok(())
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
    if let Some(recipients) = &filter.recipients {
        let numbers =
            recipients.iter().map(|recipient| sql::column(recipient.0)).collect::<Result<BTreeSet<_>, _>>()?;
        return sql::to_json(&numbers).map(Some);
    }
    let Some(addresses) = &filter.addresses else { return Ok(None) };
    let number = |address: &Address| -> Result<i64, SqliteError> {
        let query = "SELECT id FROM recipients WHERE mac = ?1 AND address IS NOT NULL";
        sql::row(conn, query, [hasher.key(address).0], |row| Ok(row.get(0)?))?
            .ok_or_else(|| SqliteError::UnknownMailbox(address.clone()))
    };
    let numbers = addresses.iter().map(number).collect::<Result<BTreeSet<_>, _>>()?;
    sql::to_json(&numbers).map(Some)
}

/// The domain of a mailbox, as the index on it has it.
pub(super) fn domain_of(table: &str) -> String {
    format!("lower(substr({table}.address, instr({table}.address, '@') + 1))")
}

/// As [`mailboxes`], of those whose delivery of this edition has ended: also of a domain.
pub(super) fn ended_mailboxes(
    conn: &Connection,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
    edition: EditionNumber,
) -> Result<Option<String>, SqliteError> {
    let named = mailboxes(conn, hasher, filter)?;
    let Some(domain) = &filter.domain else { return Ok(named) };
    let query = format!(
        "SELECT d.recipient FROM deliveries d INDEXED BY deliveries_ended CROSS JOIN recipients r ON r.id = d.recipient
         WHERE d.mailing = ?1 AND d.{} AND r.address IS NOT NULL AND {} = ?2
           AND (?3 IS NULL OR d.recipient IN (SELECT value FROM json_each(?3))) ORDER BY d.recipient",
        states::ended(),
        domain_of("r")
    );
    let numbers: Vec<i64> = sql::rows(conn, &query, (edition.0, domain, named), |row| Ok(row.get(0)?))?;
    sql::to_json(&numbers).map(Some)
}
