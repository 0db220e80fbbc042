//! Letters as rows: the same states as deliveries, one row each, in hand of a live process.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::people::word;
use super::{forget, mailing_list, settle};
use crate::domain::delivery::{DeliveryState, Event, Outcome};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::request::RequestId;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{ClaimedLetter, LetterId, Letters, NewLetter, StoreError};

/// What may be sent now: nothing of a restored store.
const WAITS: &str = "(state = 0 OR (state IN (4, 5) AND next_at <= ?1))
                     AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'restored')";

#[async_trait]
impl Letters for SqliteStore {
    async fn has_letters(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.read(move |conn| {
            let query = format!("SELECT EXISTS (SELECT 1 FROM letters WHERE {WAITS})");
            Ok(sql::number(conn, &query, [sql::millis(now)])? > 0)
        })
        .await
    }

    async fn claim_letter(&self, now: DateTime<Utc>) -> Result<Option<ClaimedLetter>, StoreError> {
        let claimant = std::sync::Arc::clone(&self.process_lock);
        self.write(move |conn| {
            loop {
                let Some((letter, withheld)) = next(conn, sql::millis(now))? else { return Ok(None) };
                let id = sql::column(letter.0)?;
                if withheld {
                    withhold(conn, id)?;
                    continue;
                }
                let me = claimant.register(conn)?;
                sql::run(conn, "UPDATE letters SET state = 1, claim = ?2, next_at = NULL WHERE id = ?1", (id, me))?;
                return read(conn, id);
            }
        })
        .await
    }

    async fn mark_letter(&self, id: LetterId) -> Result<bool, StoreError> {
        let claimant = std::sync::Arc::clone(&self.process_lock);
        self.write(move |conn| {
            let (letter, me) = (sql::column(id.0)?, claimant.number(conn)?);
            if is_withheld(conn, letter)? {
                withhold(conn, letter)?;
                return Ok(false);
            }
            let mark = "UPDATE letters SET state = 2 WHERE id = ?1 AND state = 1 AND claim = ?2";
            Ok(sql::run(conn, mark, (letter, me))? > 0)
        })
        .await
    }

    async fn letter_done(
        &self,
        id: LetterId,
        outcome: &Outcome,
        at: DateTime<Utc>,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        let (outcome, hasher, claimant) =
            (outcome.clone(), self.hasher.clone(), std::sync::Arc::clone(&self.process_lock));
        self.write(move |conn| done(conn, (&hasher, at), claimant.number(conn)?, id, &outcome, retry_at)).await
    }

    async fn put_letters_back(&self, resend: bool, until: DateTime<Utc>) -> Result<u64, StoreError> {
        let claimant = std::sync::Arc::clone(&self.process_lock);
        self.write(move |conn| {
            let me = claimant.number(conn)?;
            let wait = "UPDATE letters SET state = 4, next_at = ?2, claim = NULL WHERE claim = ?1 AND state = 1";
            Ok(sql::run(conn, wait, (me, sql::millis(until)))? + take_up(conn, me, resend)?)
        })
        .await
    }
}

/// What a claimant that is gone had in hand, as with deliveries.
pub(in crate::store::sqlite) fn take_up(conn: &Connection, claimant: i64, resend: bool) -> Result<u64, SqliteError> {
    let update = "UPDATE letters SET state = CASE WHEN state = 1 OR ?2 THEN 0 ELSE 5 END,
                         attempts = attempts + (state = 2), repeated = repeated OR state = 2, claim = NULL
                  WHERE claim = ?1";
    sql::run(conn, update, (claimant, resend))
}

/// Nothing that waited in a backup is sent from it: what it asked for may be settled long since.
pub(in crate::store::sqlite) fn drop_all(conn: &Connection) -> Result<(), SqliteError> {
    let update = "UPDATE letters SET state = 7, claim = NULL, next_at = NULL, rendered = ''
                  WHERE state IN (0, 1, 2, 4) OR next_at IS NOT NULL";
    sql::run(conn, update, []).map(drop)
}

/// The next that waits, and whether its mailbox gets none.
fn next(conn: &Connection, now: i64) -> Result<Option<(LetterId, bool)>, SqliteError> {
    let query = format!("SELECT id FROM letters WHERE {WAITS} ORDER BY id LIMIT 1");
    let found = sql::row(conn, &query, [now], |row| Ok(row.get::<_, i64>(0)?))?;
    let over = "SELECT EXISTS (SELECT 1 FROM letters l JOIN requests q ON q.id = l.request
                               WHERE l.id = ?1 AND (q.done_at IS NOT NULL OR q.expires_at <= ?2))";
    let Some(id) = found else { return Ok(None) };
    // A link that does nothing any more is not worth a mail.
    let withheld = is_withheld(conn, id)? || sql::number(conn, over, (id, now))? > 0;
    Ok(Some((LetterId(sql::count(id)), withheld)))
}

/// Whether the mailbox bounced, complained, was suppressed by an operator, or was forgotten.
fn is_withheld(conn: &Connection, id: i64) -> Result<bool, SqliteError> {
    let query =
        "SELECT r.address IS NULL OR EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac AND x.reason <> ?2)
                 FROM letters l JOIN recipients r ON r.id = l.recipient WHERE l.id = ?1";
    let own = SuppressionReason::Unsubscribed.as_str();
    Ok(sql::row(conn, query, (id, own), |row| Ok(row.get(0)?))?.unwrap_or(true))
}

fn withhold(conn: &Connection, id: i64) -> Result<(), SqliteError> {
    let update = "UPDATE letters SET state = CASE WHEN repeated THEN 5 ELSE 8 END, claim = NULL, next_at = NULL,
                         rendered = '' WHERE id = ?1";
    sql::run(conn, update, [id]).map(drop)
}

fn read(conn: &Connection, id: i64) -> Result<Option<ClaimedLetter>, SqliteError> {
    let query = "SELECT l.recipient, r.address, l.request, l.at, l.kind, l.sender, l.rendered, l.attempts
                 FROM letters l JOIN recipients r ON r.id = l.recipient WHERE l.id = ?1";
    sql::row(conn, query, [id], |row| {
        let text = |at| -> Result<String, SqliteError> { Ok(row.get(at)?) };
        Ok(ClaimedLetter {
            id: LetterId(sql::count(id)),
            recipient: RecipientId(sql::count(row.get(0)?)),
            address: word(row, 1)?,
            request: row.get::<_, Option<i64>>(2)?.map(|id| RequestId(sql::count(id))),
            at: sql::instant(row.get(3)?)?,
            letter: NewLetter {
                kind: word(row, 4)?,
                sender: sql::from_json(&text(5)?)?,
                rendered: sql::from_json(&text(6)?)?,
            },
            attempts: row.get(7)?,
        })
    })
}

fn done(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    me: i64,
    id: LetterId,
    outcome: &Outcome,
    retry_at: Option<DateTime<Utc>>,
) -> Result<(), SqliteError> {
    let letter = sql::column(id.0)?;
    let query = "SELECT state, repeated, recipient FROM letters WHERE id = ?1 AND claim = ?2";
    let found = sql::row(conn, query, (letter, me), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (state, repeated, recipient): (u8, bool, i64) =
        found.ok_or_else(|| SqliteError::refused(format!("letter {} is not in this program's hands", id.0)))?;
    let state = settle::decode(state)?;
    let event = Event::Outcome { outcome, retry: retry_at.is_some() };
    let next = state.on(event, repeated).map_err(|error| SqliteError::refused(error.to_string()))?;
    let waits = next == DeliveryState::Deferred
        || (next == DeliveryState::Uncertain && matches!(outcome, Outcome::Uncertain(_)) && retry_at.is_some());
    let next_at = retry_at.filter(|_| waits).map(sql::millis);
    let reply = outcome.reply().map(|reply| (reply.code, Some(reply.text.clone()))).unwrap_or_default();
    // What a relay says may name whom we have just forgotten.
    let reply = if forget::is_forgotten(conn, recipient)? { (reply.0, None) } else { reply };
    let update = "UPDATE letters SET state = ?2, attempts = attempts + 1, next_at = ?3, repeated = ?4, claim = NULL,
                         code = ?5, reply = ?6, rendered = CASE WHEN ?7 THEN '' ELSE rendered END WHERE id = ?1";
    let settled = next.is_settled() && next_at.is_none();
    let repeated = state.repeated_after(event, repeated);
    sql::run(conn, update, (letter, next.code(), next_at, repeated, reply.0, reply.1, settled))?;
    if let Outcome::Permanent { suppress: Some(reason), .. } = outcome {
        mailing_list::refuse_for_good(conn, (hasher, at), RecipientId(sql::count(recipient)), *reason)?;
    }
    Ok(())
}
