//! What became of one item, and which is in flight next.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::Connection;

use super::super::{edition_rows, mailing_list};
use super::{replies, transactional};
use crate::domain::delivery::{DeliveryState, Event, ItemId, Mailing, Outcome};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::refusal::Refusal;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::shared::in_hand::{InHand, MarkResult, Released};
use crate::store::shared::items::{key, spared};
use crate::store::sqlite::engine::db_thread::apart;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{AttemptResult, Step};

/// Takes every step, in their order. Says of each whether its mark was set: it is not when the mailbox was suppressed since
/// the claim (invariant 4), or the edition held. One that is refused changes nothing.
pub(super) fn take_steps(
    conn: &Connection,
    hasher: &AddressHasher,
    me: i64,
    steps: &[Step],
) -> Result<Vec<Result<bool, SqliteError>>, SqliteError> {
    let take = |step: &Step| take_step(conn, hasher, me, step);
    // Hardly ever is one refused: only then they get a savepoint each.
    let taken: Vec<_> = match apart(conn, || steps.iter().map(take).collect::<Result<Vec<bool>, _>>())? {
        Ok(marked) => marked.into_iter().map(Ok).collect(),
        Err(_) => steps.iter().map(|step| apart(conn, || take(step))).collect::<Result<_, _>>()?,
    };
    note_accepted(conn, steps.iter().zip(&taken).filter(|(_, taken)| taken.is_ok()).map(|(step, _)| step))?;
    Ok(taken)
}

/// One update for each edition.
fn note_accepted<'a>(conn: &Connection, taken: impl Iterator<Item = &'a Step>) -> Result<(), SqliteError> {
    let mut accepted = BTreeMap::<EditionNumber, u64>::new();
    for result in taken.filter_map(|step| step.result.as_ref()) {
        if let (Outcome::Accepted(_), Some(edition)) = (&result.outcome, result.id.mailing.number()) {
            *accepted.entry(edition).or_default() += 1;
        }
    }
    accepted.into_iter().try_for_each(|(edition, more)| edition_rows::note_accepted(conn, edition, 1, more))
}

/// Records a result, then a mark.
fn take_step(conn: &Connection, hasher: &AddressHasher, me: i64, step: &Step) -> Result<bool, SqliteError> {
    if let Some(result) = &step.result {
        record(conn, hasher, me, result)?;
    }
    step.mark.map_or(Ok(false), |id| mark(conn, me, id))
}

fn mark(conn: &Connection, me: i64, id: ItemId) -> Result<bool, SqliteError> {
    if mark_at_once(conn, me, id)? {
        return Ok(true);
    }
    match in_hand(conn, me, id)?.marked(id)? {
        MarkResult::Set(state) => {
            let (mailing, recipient) = key(id)?;
            let update = "UPDATE deliveries SET state = ?3 WHERE mailing = ?1 AND recipient = ?2";
            sql::run(conn, update, (mailing, recipient, state)).map(|_| true)
        }
        // Nothing was tried, so no time is kept.
        MarkResult::LetGo(released) => write(conn, id, 0, &released).map(|()| false),
    }
}

/// What nearly every mark comes to, in one statement: the item is ours and claimed, and still wanted. Whether it was so.
fn mark_at_once(conn: &Connection, me: i64, id: ItemId) -> Result<bool, SqliteError> {
    static UPDATE: LazyLock<String> = LazyLock::new(|| {
        let states::Change { from, to, .. } = states::change(Event::Mark);
        format!(
            "UPDATE deliveries SET state = {to}
             WHERE mailing = ?1 AND recipient = ?2 AND claim = ?5 AND state IN {from} AND {IS_WANTED}"
        )
    });
    let (mailing, recipient) = key(id)?;
    Ok(sql::run(conn, &UPDATE, (mailing, recipient, spared(id.mailing), EditionState::Sending.as_str(), me))? > 0)
}

fn record(conn: &Connection, hasher: &AddressHasher, me: i64, result: &AttemptResult) -> Result<(), SqliteError> {
    let (id, outcome) = (result.id, &result.outcome);
    if record_at_once(conn, me, result)? {
        return Ok(());
    }
    write(conn, id, sql::millis(result.at), &in_hand(conn, me, id)?.after(result)?)?;
    if let Outcome::Permanent { suppress: Some(reason), reply } = outcome {
        mailing_list::refused(conn, (hasher, result.at), id, reply, *reason)?;
    }
    Ok(())
}

/// What nearly every result is: an edition's mail in flight that was accepted, and no earlier attempt of which may have been.
/// Whether it was so.
fn record_at_once(conn: &Connection, me: i64, result: &AttemptResult) -> Result<bool, SqliteError> {
    static INSERT: LazyLock<String> = LazyLock::new(|| {
        let in_flight = DeliveryState::InFlight.code();
        format!(
            "INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
             SELECT ?1, ?2, d.attempts + 1, ?4, ?5, ?6, iif(r.address IS NULL, '', ?7), iif(r.address IS NULL, NULL, ?8)
             FROM deliveries d JOIN recipients r ON r.id = d.recipient
             WHERE d.mailing = ?1 AND d.recipient = ?2 AND d.claim = ?3 AND d.state = {in_flight} AND d.repeated = 0"
        )
    });
    let (Outcome::Accepted(reply), id) = (&result.outcome, result.id) else { return Ok(false) };
    let (mailing, recipient) = key(id)?;
    if id.mailing.number().is_none() {
        return Ok(false);
    }
    let (at, kind) = (sql::millis(result.at), result.outcome.kind());
    let (words, own) = replies::store(conn, (mailing, recipient), (at, &reply.text))?;
    if sql::run(conn, &INSERT, (mailing, recipient, me, at, kind, reply.code, own, words))? == 0 {
        return Ok(false);
    }
    let settled = DeliveryState::InFlight.after_attempt(&result.outcome, None, false);
    let settled = settled.map_err(|fault| Refusal::Impossible(id, fault))?;
    let update = "UPDATE deliveries SET state = ?3, attempts = attempts + 1, claim = NULL
                  WHERE mailing = ?1 AND recipient = ?2";
    sql::run(conn, update, (mailing, recipient, settled.state)).map(|changed| changed > 0)
}

fn in_hand(conn: &Connection, me: i64, id: ItemId) -> Result<InHand, SqliteError> {
    let query = "SELECT d.state, d.attempts, d.repeated, r.id IS NOT NULL AND r.address IS NULL,
                        EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac AND x.reason <> ?4),
                        EXISTS (SELECT 1 FROM editions WHERE number = ?1 AND state = ?5)
                 FROM deliveries d LEFT JOIN recipients r ON r.id = d.recipient
                 WHERE d.mailing = ?1 AND d.recipient = ?2 AND d.claim = ?3";
    let (mailing, recipient) = key(id)?;
    let values = (mailing, recipient, me, spared(id.mailing), EditionState::Sending.as_str());
    sql::row(conn, query, values, |row| {
        Ok(InHand {
            state: row.get(0)?,
            attempts: row.get(1)?,
            repeated: row.get(2)?,
            forgotten: row.get(3)?,
            suppressed: row.get(4)?,
            sending: row.get(5)?,
        })
    })?
    .ok_or_else(|| Refusal::NotInHand(id).into())
}

/// Whether the mailbox of item (?1, ?2) may get it, but for the suppression ?3, and its edition is being sent, which is ?4.
const IS_WANTED: &str = "(?1 < 0 OR EXISTS (SELECT 1 FROM editions WHERE number = ?1 AND state = ?4))
    AND NOT EXISTS (SELECT 1 FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac AND x.reason <> ?3
                    WHERE r.id = ?2 AND (x.mac IS NOT NULL OR r.address IS NULL))";

/// Whether an item's mailbox may get it, and its edition is being sent.
pub(super) fn is_wanted(conn: &Connection, id: ItemId) -> Result<bool, SqliteError> {
    static QUERY: LazyLock<String> = LazyLock::new(|| format!("SELECT {IS_WANTED}"));
    let (mailing, recipient) = key(id)?;
    Ok(sql::number(conn, &QUERY, (mailing, recipient, spared(id.mailing), EditionState::Sending.as_str()))? > 0)
}

/// Writes what became of an item of ours that is in hand no more.
pub(super) fn write(conn: &Connection, id: ItemId, at: i64, released: &Released) -> Result<(), SqliteError> {
    let Released { settled, attempts, attempt } = released;
    let (mailing, recipient) = key(id)?;
    let update = "UPDATE deliveries SET state = ?3, attempts = ?4, next_at = ?5, repeated = ?6, claim = NULL
                  WHERE mailing = ?1 AND recipient = ?2";
    let next_at = settled.next_at.map(sql::millis);
    sql::run(conn, update, (mailing, recipient, settled.state, attempts, next_at, settled.repeated))?;
    if let Some((kind, reply)) = attempt {
        let (words, own) = replies::store(conn, (mailing, recipient), (at, &reply.text))?;
        let insert = "INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        sql::run(conn, insert, (mailing, recipient, attempts, at, kind, reply.code, own, words))?;
    }
    match id.mailing {
        Mailing::Transactional(mail) if settled.is_final() => transactional::forget_text(conn, mail),
        Mailing::Transactional(_) | Mailing::Edition(_) | Mailing::Bulletin(_) => Ok(()),
    }
}

/// Settles an item that nobody has in hand, because its mailbox may not get it any more.
pub(super) fn withhold(conn: &Connection, id: ItemId) -> Result<(), SqliteError> {
    let to = states::change(Event::Suppress).to;
    let update = format!("UPDATE deliveries SET state = {to}, next_at = NULL WHERE mailing = ?1 AND recipient = ?2");
    sql::run(conn, &update, key(id)?)?;
    match id.mailing {
        Mailing::Transactional(mail) => transactional::forget_text(conn, mail),
        Mailing::Edition(_) | Mailing::Bulletin(_) => Ok(()),
    }
}
