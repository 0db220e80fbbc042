//! Deliveries as an operator looks at them, takes them up again and settles them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use super::super::{audit, edition_rows};
use super::{edition_progress, replies};
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::delivery::listing::{Attempt, DeliveryFilter, DeliveryRecord, Retried};
use crate::domain::delivery::{DeliveryId, DeliveryState, Event, Reply};
use crate::domain::edition::{Edition, EditionNumber, state};
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::Meaning;
use crate::domain::subscription::subject_data::SubjectBounce;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// One page of what the filter lets through, by edition and mailbox.
pub(super) fn page(
    conn: &Connection,
    filter: &DeliveryFilter,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, SqliteError> {
    let (first, last) = filter.edition.map_or((0, u32::MAX), |edition| (edition.0, edition.0));
    let after = match after {
        Some(id) => (id.edition.0, sql::column(id.recipient.0)?),
        None => (first, 0),
    };
    let query =
        "SELECT d.mailing, d.recipient, r.address, n.name, d.state, d.attempts, d.next_at, a.at, a.code, a.reply, w.words,
                        b.at, b.status
                 FROM deliveries d JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 LEFT JOIN attempts a ON a.mailing = d.mailing AND a.recipient = d.recipient AND a.number = d.attempts
                 LEFT JOIN replies w ON w.id = a.words
                 LEFT JOIN bounces b ON b.recipient = d.recipient AND b.edition = d.mailing AND b.meaning <> ?8
                 WHERE (d.mailing, d.recipient) > (?1, ?2) AND d.mailing <= ?3 AND (?4 >> d.state) & 1
                   AND (?5 IS NULL OR d.recipient IN (SELECT value FROM json_each(?5)))
                   AND (NOT ?7 OR b.at IS NOT NULL)
                 ORDER BY d.mailing, d.recipient LIMIT ?6";
    let mailboxes = mailboxes(conn, filter)?;
    let values = (
        after.0,
        after.1,
        last,
        mask(&filter.states),
        mailboxes,
        limit,
        filter.bounced,
        Meaning::Dismissed.to_string(),
    );
    sql::rows(conn, query, values, |row| {
        let id = DeliveryId { edition: EditionNumber(row.get(0)?), recipient: RecipientId(sql::count(row.get(1)?)) };
        let address = row.get::<_, Option<String>>(2)?.as_deref().map(sql::parse).transpose()?;
        let last = match sql::maybe_instant(row.get(7)?)? {
            Some(at) => {
                Some(Attempt { at, reply: Reply { code: row.get(8)?, text: replies::join(row.get(10)?, row.get(9)?) } })
            }
            None => None,
        };
        Ok(DeliveryRecord {
            id,
            address,
            subscriber: sql::word(row, 3)?,
            state: row.get(4)?,
            attempts: row.get(5)?,
            last,
            bounce: bounce(row, 11)?,
            next_at: sql::maybe_instant(row.get(6)?)?,
        })
    })
}

/// A bounce in two columns: at, status.
fn bounce(row: &Row<'_>, at: usize) -> Result<Option<SubjectBounce>, SqliteError> {
    let came = sql::maybe_instant(row.get(at)?)?;
    let status = row.get(at + 1)?;
    Ok(came.map(|at| SubjectBounce { at, status }))
}

/// Takes up again what ended without being accepted.
pub(super) fn retry(
    conn: &Connection,
    edition: EditionNumber,
    filter: &DeliveryFilter,
    at: DateTime<Utc>,
) -> Result<Retried, SqliteError> {
    let before = published(conn, edition)?;
    let may: Vec<DeliveryState> = DeliveryState::arrows(Event::Retry).iter().map(|arrow| arrow.from).collect();
    let meant = may.into_iter().filter(|state| filter.states.contains(state));
    let (uncertain, ended): (Vec<_>, Vec<_>) = meant.partition(|state| *state == DeliveryState::Uncertain);
    let (uncertain, ended) = (mask(&uncertain), mask(&ended));
    let mailboxes = mailboxes(conn, filter)?;
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
    edition: EditionNumber,
    filter: &DeliveryFilter,
    accepted: bool,
    at: DateTime<Utc>,
) -> Result<u64, SqliteError> {
    published(conn, edition)?;
    let states::Change { from, to } = states::change(Event::Resolve { accepted });
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE mailing = ?1 AND state IN {from} AND (?2 IS NULL OR recipient IN (SELECT value FROM json_each(?2)))"
    );
    let resolved = sql::run(conn, &update, (edition.0, mailboxes(conn, filter)?))?;
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
fn mask(states: &[DeliveryState]) -> i64 {
    states.iter().fold(0, |mask, state| mask | 1 << state.code())
}

/// The filter's mailboxes as a JSON array of numbers; null for all.
fn mailboxes(conn: &Connection, filter: &DeliveryFilter) -> Result<Option<String>, SqliteError> {
    let Some(addresses) = &filter.addresses else { return Ok(None) };
    let number = |address: &Address| -> Result<i64, SqliteError> {
        let query = "SELECT id FROM recipients WHERE folded = ?1";
        sql::row(conn, query, [address.folded()], |row| Ok(row.get(0)?))?
            .ok_or_else(|| SqliteError::UnknownMailbox(address.clone()))
    };
    let numbers = addresses.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    sql::to_json(&numbers).map(Some)
}
