//! The sender's steps: what became of one delivery, and which is next at the dot (contract §6).

use rusqlite::Connection;

use super::{claim, forget, mailing_list, settle};
use crate::domain::delivery::{DeliveryId, DeliveryState, Event, Outcome, Reply};
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::process_lock::ProcessLock;
use crate::store::sqlite::engine::sql;
use crate::store::{Done, Step};

/// Records a result, then a mark; if one of them is refused, nothing changes. Returns whether the mark was set:
/// it is not when the mailbox was suppressed since the claim (invariant 4), or the edition held.
pub(in crate::store::sqlite) fn step(
    conn: &Connection,
    hasher: &AddressHasher,
    claimant: &ProcessLock,
    step: &Step,
) -> Result<bool, SqliteError> {
    let me = claimant.number(conn)?;
    if let Some(done) = &step.done {
        record(conn, hasher, me, done)?;
    }
    match step.mark {
        Some(id) if claim::withhold_suppressed(conn, me, id)? || claim::put_back_held(conn, me, id)? => Ok(false),
        Some(id) => mark(conn, me, id).map(|()| true),
        None => Ok(false),
    }
}

fn mark(conn: &Connection, me: i64, id: DeliveryId) -> Result<(), SqliteError> {
    let update = "UPDATE deliveries SET state = 2 WHERE edition = ?1 AND recipient = ?2 AND state = 1 AND claim = ?3";
    if sql::run(conn, update, (id.edition.0, sql::column(id.recipient.0)?, me))? == 0 {
        return Err(not_ours(id));
    }
    Ok(())
}

fn record(conn: &Connection, hasher: &AddressHasher, me: i64, done: &Done) -> Result<(), SqliteError> {
    let Some((word, reply)) = told(&done.outcome) else {
        return if claim::put_back(conn, me, done.id)? { Ok(()) } else { Err(not_ours(done.id)) };
    };
    let (edition, recipient) = (done.id.edition.0, sql::column(done.id.recipient.0)?);
    let query = "SELECT attempts, repeated, state FROM deliveries WHERE edition = ?1 AND recipient = ?2 AND claim = ?3";
    let (attempts, repeated, state) =
        sql::row(conn, query, (edition, recipient, me), |row| Ok((row.get::<_, u32>(0)?, row.get(1)?, row.get(2)?)))?
            .ok_or_else(|| not_ours(done.id))?;
    let state = settle::decode(state)?;
    let event = Event::Outcome { outcome: &done.outcome, retry: done.retry_at.is_some() };
    let next = state.on(event, repeated).map_err(|error| SqliteError::refused(error.to_string()))?;
    let waits = matches!(next, DeliveryState::Deferred)
        || (next == DeliveryState::Uncertain && matches!(done.outcome, Outcome::Uncertain(_)));
    let next_at = done.retry_at.filter(|_| waits).map(sql::millis);
    let number = attempts.saturating_add(1);
    let update = "UPDATE deliveries SET state = ?3, attempts = ?4, next_at = ?5, repeated = ?6, claim = NULL
                  WHERE edition = ?1 AND recipient = ?2";
    let repeated = state.repeated_after(event, repeated);
    sql::run(conn, update, (edition, recipient, next.code(), number, next_at, repeated))?;
    let insert = "INSERT INTO attempts (edition, recipient, number, at, outcome, code, reply)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let at = sql::millis(done.at);
    // What a relay says may name whom we have just forgotten.
    let text = if forget::is_forgotten(conn, recipient)? { "" } else { &reply.text };
    sql::run(conn, insert, (edition, recipient, number, at, word, reply.code, text))?;
    if let Outcome::Permanent { suppress: Some(reason), .. } = done.outcome {
        mailing_list::refuse_for_good(conn, (hasher, done.at), done.id.recipient, reason)?;
    }
    Ok(())
}

/// An outcome as the table of attempts tells it; none when there was no attempt.
fn told(outcome: &Outcome) -> Option<(&'static str, &Reply)> {
    let word = match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Transient(_) => "transient",
        Outcome::Permanent { .. } => "permanent",
        Outcome::Uncertain(_) => "uncertain",
        Outcome::SenderRefused(_) => "sender-refused",
        Outcome::Withheld => return None,
    };
    Some((word, outcome.reply()?))
}

fn not_ours(id: DeliveryId) -> SqliteError {
    SqliteError::refused(format!(
        "recipient {} of edition {} is not in this program's hands",
        id.recipient.0, id.edition
    ))
}
