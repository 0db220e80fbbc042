//! Taking items in hand, and taking up what dead processes left.

use rusqlite::Connection;

use super::super::audit;
use super::items::{self, Candidate};
use super::{record, transactional};
use crate::domain::delivery::{DeliveryId, DeliveryState, Event};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscriber::RecipientId;
use crate::store::shared::in_hand::after_crash;
use crate::store::shared::items::{item, key};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::process_lock::ProcessLock;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{Claimed, ClaimedContent, SegmentNumber};

/// Takes at most `limit` items in hand: what belongs to no edition first, then an edition's by recipient.
pub(super) fn claim(
    conn: &Connection,
    lock: &ProcessLock,
    edition: Option<EditionNumber>,
    now: i64,
    limit: u32,
) -> Result<Vec<Claimed>, SqliteError> {
    if is_restored(conn)? {
        return Ok(Vec::new());
    }
    let mut taken = take(conn, lock, limit, |missing| transactional::candidates(conn, now, missing))?;
    let missing = limit.saturating_sub(u32::try_from(taken.len()).unwrap_or(limit));
    if let Some(edition) = edition
        && is_being_sent(conn, edition)?
    {
        let mut digests = take(conn, lock, missing, |missing| candidates(conn, edition, now, missing))?;
        digests.sort_by_key(|claimed| claimed.id);
        taken.append(&mut digests);
    }
    Ok(taken)
}

/// Nothing of a restored store is sent until someone releases it.
fn is_restored(conn: &Connection) -> Result<bool, SqliteError> {
    Ok(sql::number(conn, "SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'restored')", [])? > 0)
}

pub(super) fn is_being_sent(conn: &Connection, edition: EditionNumber) -> Result<bool, SqliteError> {
    let query = "SELECT EXISTS (SELECT 1 FROM editions WHERE number = ?1 AND state = ?2)";
    Ok(sql::number(conn, query, (edition.0, EditionState::Sending.as_str()))? > 0)
}

/// Takes candidates in hand until there are `limit`; those who may not be mailed any more are settled.
fn take(
    conn: &Connection,
    lock: &ProcessLock,
    limit: u32,
    mut candidates: impl FnMut(u32) -> Result<Vec<Candidate>, SqliteError>,
) -> Result<Vec<Claimed>, SqliteError> {
    let claim = "UPDATE deliveries SET state = ?4, claim = ?3, next_at = NULL WHERE mailing = ?1 AND recipient = ?2";
    let (mut taken, mut me) = (Vec::new(), None);
    loop {
        let missing = limit - u32::try_from(taken.len()).unwrap_or(limit);
        let found = if missing == 0 { Vec::new() } else { candidates(missing)? };
        if found.is_empty() {
            return Ok(taken);
        }
        for (id, claimed) in found {
            let Some(claimed) = claimed else {
                record::withhold(conn, id)?;
                continue;
            };
            let me = match me {
                Some(me) => me,
                None => *me.insert(lock.register(conn)?),
            };
            let (mailing, recipient) = key(id)?;
            sql::run(conn, claim, (mailing, recipient, me, DeliveryState::Claimed))?;
            taken.push(claimed);
        }
    }
}

/// An edition's mails that are queued, or due again at `now`; each part bounded and by an index.
fn candidates(conn: &Connection, edition: EditionNumber, now: i64, limit: u32) -> Result<Vec<Candidate>, SqliteError> {
    let (queued, uncertain) = (DeliveryState::Queued.code(), items::uncertain());
    let query = format!(
        "SELECT d.recipient, d.segment, r.address, n.name, d.attempts, d.repeated,
                EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac),
                CASE WHEN d.attempts > 0 THEN (SELECT min(at) FROM attempts a
                                               WHERE a.mailing = ?1 AND a.recipient = d.recipient
                                                 AND a.at >= coalesce(d.retried_at, a.at)) END,
                CASE WHEN d.attempts > 0 THEN {uncertain} ELSE 0 END
         FROM (SELECT * FROM (SELECT mailing, recipient, segment, name_id, attempts, repeated, retried_at
                              FROM deliveries INDEXED BY deliveries_queued
                              WHERE mailing = ?1 AND state = {queued} ORDER BY recipient LIMIT ?3)
               UNION ALL
               SELECT * FROM (SELECT mailing, recipient, segment, name_id, attempts, repeated, retried_at
                              FROM deliveries INDEXED BY deliveries_retry
                              WHERE mailing = ?1 AND next_at <= ?2 ORDER BY next_at LIMIT ?3)) d
         JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
         ORDER BY d.recipient LIMIT ?3"
    );
    sql::rows(conn, &query, (edition.0, now, limit), |row| {
        let id = DeliveryId { edition, recipient: RecipientId(sql::count(row.get(0)?)) }.into();
        let suppressed: bool = row.get(6)?;
        // Null once the address was forgotten: nobody is left to mail.
        let address = row.get::<_, Option<String>>(2)?.filter(|_| !suppressed);
        let claimed = |address: &String| -> Result<Claimed, SqliteError> {
            Ok(Claimed {
                id,
                address: sql::parse(address)?,
                attempts: row.get(4)?,
                first_attempt: sql::maybe_instant(row.get(7)?)?,
                repeated: row.get(5)?,
                uncertain: row.get(8)?,
                content: ClaimedContent::Digest { segment: SegmentNumber(row.get(1)?), subscriber: row.get(3)? },
            })
        };
        Ok((id, address.as_ref().map(claimed).transpose()?))
    })
}

/// How many items could be claimed at `now`, counted no further than `most`.
pub(super) fn waiting(
    conn: &Connection,
    edition: Option<EditionNumber>,
    now: i64,
    most: u32,
) -> Result<u32, SqliteError> {
    if is_restored(conn)? {
        return Ok(0);
    }
    let (those, number) = match edition {
        Some(edition) if is_being_sent(conn, edition)? => ("mailing = ?1", edition.0),
        Some(_) => return Ok(0),
        // Transactional mail.
        None => ("mailing < ?1", 0),
    };
    let queued = DeliveryState::Queued.code();
    let query = format!(
        "SELECT count(*) FROM (
             SELECT * FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_queued
                            WHERE {those} AND state = {queued} LIMIT ?3)
             UNION ALL
             SELECT * FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_retry
                            WHERE {those} AND next_at <= ?2 LIMIT ?3)
             LIMIT ?3)"
    );
    let count = sql::number(conn, &query, (number, now, most))?;
    Ok(u32::try_from(count).unwrap_or(most))
}

/// What a recovery found: how many items, and the lock files to remove once it is committed.
pub(super) struct Recovered {
    pub(super) items: u64,
    pub(super) files: Vec<String>,
}

/// Takes up what dead processes left in hand.
pub(super) fn recover(conn: &Connection, lock: &ProcessLock, resend: bool, at: i64) -> Result<Recovered, SqliteError> {
    let mut recovered = Recovered { items: 0, files: Vec::new() };
    for (id, file) in lock.dead(conn)? {
        let items = take_up(conn, id, resend, at)?;
        if items > 0 {
            let detail = format!("{items} deliveries of a process that died");
            audit::write(conn, at, "program", "recover", &format!("claimant {id}"), &detail)?;
        }
        sql::run(conn, "DELETE FROM claimants WHERE id = ?1", [id])?;
        recovered.items += items;
        recovered.files.push(file);
    }
    Ok(recovered)
}

/// Takes up what one process has in hand. Whatever was in flight may have been accepted: that counts as an attempt.
pub(in crate::store::sqlite) fn take_up(
    conn: &Connection,
    claimant: i64,
    resend: bool,
    at: i64,
) -> Result<u64, SqliteError> {
    let uncertain = items::uncertain();
    let query = format!(
        "SELECT mailing, recipient, state, attempts, repeated, {uncertain} FROM deliveries d WHERE claim = ?1 AND state = ?2"
    );
    // Few: a connection has no more of them than its window.
    let in_flight = sql::rows(conn, &query, (claimant, DeliveryState::InFlight), |row| {
        let id = item(row.get(0)?, row.get(1)?);
        Ok((id, after_crash(id, (row.get(2)?, row.get(3)?, row.get(4)?), row.get(5)?, resend)?))
    })?;
    for (id, released) in &in_flight {
        record::write(conn, *id, at, released)?;
    }
    let states::Change { to, .. } = states::change(Event::Crash { resend });
    let update = format!("UPDATE deliveries SET state = {to}, claim = NULL WHERE claim = ?1");
    Ok(in_flight.len() as u64 + sql::run(conn, &update, [claimant])?)
}
