//! Taking deliveries in hand, putting them back, and taking up what dead processes left.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{audit, letters};
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::process_lock::ProcessLock;
use crate::store::sqlite::engine::sql;
use crate::store::{Claimed, SegmentNumber};

/// A delivery that may be claimed, or `None` in its place when its mailbox may not be mailed any more.
type Candidate = (DeliveryId, Option<Claimed>);

/// Takes at most `limit` deliveries in hand, by recipient.
pub(in crate::store::sqlite) fn claim(
    conn: &Connection,
    claimant: &ProcessLock,
    edition: EditionNumber,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Claimed>, SqliteError> {
    let sending = "SELECT count(*) FROM editions WHERE number = ?1 AND state = 'sending'
                   AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'restored')";
    if limit == 0 || sql::number(conn, sending, [edition.0])? == 0 {
        return Ok(Vec::new());
    }
    let me = claimant.register(conn)?;
    let mut taken = Vec::new();
    loop {
        let missing = limit - u32::try_from(taken.len()).unwrap_or(limit);
        let found = if missing == 0 { Vec::new() } else { candidates(conn, edition, sql::millis(now), missing)? };
        if found.is_empty() {
            taken.sort_by_key(|claimed: &Claimed| claimed.id);
            return Ok(taken);
        }
        for (id, claimed) in found {
            if let Some(claimed) = claimed {
                take(conn, id, me)?;
                taken.push(claimed);
            } else {
                withhold(conn, id)?;
            }
        }
    }
}

/// What is queued, or due again at `now`; each part bounded and by an index.
fn candidates(conn: &Connection, edition: EditionNumber, now: i64, limit: u32) -> Result<Vec<Candidate>, SqliteError> {
    let query = "SELECT d.recipient, d.segment, r.address, n.name, d.attempts, d.repeated,
                        EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac),
                        CASE WHEN d.attempts > 0 THEN (SELECT min(at) FROM attempts a
                                                       WHERE a.edition = ?1 AND a.recipient = d.recipient
                                                         AND a.at >= coalesce(d.retried_at, a.at)) END
                 FROM (SELECT * FROM (SELECT recipient, segment, name_id, attempts, repeated, retried_at
                                      FROM deliveries INDEXED BY deliveries_queued
                                      WHERE edition = ?1 AND state = 0 ORDER BY recipient LIMIT ?3)
                       UNION ALL
                       SELECT * FROM (SELECT recipient, segment, name_id, attempts, repeated, retried_at
                                      FROM deliveries INDEXED BY deliveries_retry
                                      WHERE edition = ?1 AND next_at <= ?2 ORDER BY next_at LIMIT ?3)) d
                 JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 ORDER BY d.recipient LIMIT ?3";
    sql::rows(conn, query, (edition.0, now, limit), |row| {
        let id = DeliveryId { edition, recipient: RecipientId(sql::count(row.get(0)?)) };
        let suppressed: bool = row.get(6)?;
        // Null once the address was forgotten: nobody is left to mail.
        let address = row.get::<_, Option<String>>(2)?.filter(|_| !suppressed);
        let claimed = |address: &String| -> Result<Claimed, SqliteError> {
            Ok(Claimed {
                id,
                segment: SegmentNumber(row.get(1)?),
                address: sql::parse(address)?,
                subscriber: row.get(3)?,
                attempts: row.get(4)?,
                first_attempt: sql::maybe_instant(row.get(7)?)?,
                repeated: row.get(5)?,
            })
        };
        Ok((id, address.as_ref().map(claimed).transpose()?))
    })
}

fn take(conn: &Connection, id: DeliveryId, me: i64) -> Result<(), SqliteError> {
    let update = "UPDATE deliveries SET state = 1, claim = ?3, next_at = NULL WHERE edition = ?1 AND recipient = ?2";
    sql::run(conn, update, (id.edition.0, sql::column(id.recipient.0)?, me)).map(drop)
}

/// Settles a delivery whose mailbox was suppressed. One that may have been accepted stays uncertain (invariant 3).
fn withhold(conn: &Connection, id: DeliveryId) -> Result<(), SqliteError> {
    let update = "UPDATE deliveries SET state = CASE WHEN repeated THEN 5 ELSE 8 END, claim = NULL, next_at = NULL
                  WHERE edition = ?1 AND recipient = ?2";
    sql::run(conn, update, (id.edition.0, sql::column(id.recipient.0)?)).map(drop)
}

/// Whether a delivery's mailbox is neither suppressed nor forgotten, and its edition is being sent.
pub(in crate::store::sqlite) fn is_wanted(conn: &Connection, id: DeliveryId) -> Result<bool, SqliteError> {
    let query = "SELECT EXISTS (SELECT 1 FROM editions WHERE number = ?1 AND state = 'sending')
                 AND NOT EXISTS (SELECT 1 FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
                                 WHERE r.id = ?2 AND (x.mac IS NOT NULL OR r.address IS NULL))";
    Ok(sql::number(conn, query, (id.edition.0, sql::column(id.recipient.0)?))? > 0)
}

/// Puts a delivery of ours back that was not handed over; one whose mailbox was suppressed is settled.
pub(in crate::store::sqlite) fn put_back(conn: &Connection, me: i64, id: DeliveryId) -> Result<bool, SqliteError> {
    let key = (id.edition.0, sql::column(id.recipient.0)?, me);
    let unmark = "UPDATE deliveries SET state = 1 WHERE edition = ?1 AND recipient = ?2 AND claim = ?3";
    let ours = sql::run(conn, unmark, key)? > 0;
    if ours && !withhold_suppressed(conn, me, id)? {
        let queue =
            "UPDATE deliveries SET state = 0, claim = NULL WHERE edition = ?1 AND recipient = ?2 AND claim = ?3";
        sql::run(conn, queue, key)?;
    }
    Ok(ours)
}

/// Settles a claimed delivery of ours if its mailbox was suppressed or forgotten meanwhile; whether it was.
pub(in crate::store::sqlite) fn withhold_suppressed(
    conn: &Connection,
    me: i64,
    id: DeliveryId,
) -> Result<bool, SqliteError> {
    let query = "SELECT count(*) FROM deliveries d JOIN recipients r ON r.id = d.recipient
                 LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE d.edition = ?1 AND d.recipient = ?2 AND d.state = 1 AND d.claim = ?3
                   AND (x.mac IS NOT NULL OR r.address IS NULL)";
    let ours = sql::number(conn, query, (id.edition.0, sql::column(id.recipient.0)?, me))? > 0;
    if ours {
        withhold(conn, id)?;
    }
    Ok(ours)
}

/// Queues a claimed delivery of ours again if its edition is not being sent any more; whether it did.
pub(in crate::store::sqlite) fn put_back_held(conn: &Connection, me: i64, id: DeliveryId) -> Result<bool, SqliteError> {
    let update = "UPDATE deliveries SET state = 0, claim = NULL
                  WHERE edition = ?1 AND recipient = ?2 AND state = 1 AND claim = ?3
                    AND EXISTS (SELECT 1 FROM editions e WHERE e.number = ?1 AND e.state <> 'sending')";
    Ok(sql::run(conn, update, (id.edition.0, sql::column(id.recipient.0)?, me))? > 0)
}

/// Puts claimed deliveries of ours back.
pub(in crate::store::sqlite) fn release(
    conn: &Connection,
    claimant: &ProcessLock,
    edition: EditionNumber,
) -> Result<u64, SqliteError> {
    let update = "UPDATE deliveries SET state = 0, claim = NULL WHERE claim = ?1 AND edition = ?2 AND state = 1";
    sql::run(conn, update, (claimant.number(conn)?, edition.0))
}

/// What a recovery found: how many deliveries, and the lock files to remove once it is committed.
pub(in crate::store::sqlite) struct Recovered {
    pub(in crate::store::sqlite) deliveries: u64,
    pub(in crate::store::sqlite) files: Vec<String>,
}

/// Takes up what dead claimants left in hand.
pub(in crate::store::sqlite) fn recover(
    conn: &Connection,
    claimant: &ProcessLock,
    resend: bool,
    at: i64,
) -> Result<Recovered, SqliteError> {
    let mut recovered = Recovered { deliveries: 0, files: Vec::new() };
    for (id, file) in claimant.dead(conn)? {
        let deliveries = take_up(conn, id, resend, at)? + letters::take_up(conn, id, resend)?;
        if deliveries > 0 {
            let detail = format!("{deliveries} deliveries of a process that died");
            audit::write(conn, at, "program", "recover", &format!("claimant {id}"), &detail)?;
        }
        sql::run(conn, "DELETE FROM claimants WHERE id = ?1", [id])?;
        recovered.deliveries += deliveries;
        recovered.files.push(file);
    }
    Ok(recovered)
}

/// Takes up what we have in hand ourselves.
pub(in crate::store::sqlite) fn abandon(
    conn: &Connection,
    claimant: &ProcessLock,
    resend: bool,
    at: i64,
) -> Result<u64, SqliteError> {
    take_up(conn, claimant.number(conn)?, resend, at)
}

pub(in crate::store::sqlite) fn take_up(
    conn: &Connection,
    claimant: i64,
    resend: bool,
    at: i64,
) -> Result<u64, SqliteError> {
    let attempt = "INSERT INTO attempts (edition, recipient, number, at, outcome, reply)
                   SELECT edition, recipient, attempts + 1, ?2, 'uncertain',
                          'the program ended before the reply was recorded'
                   FROM deliveries WHERE claim = ?1 AND state = 2";
    sql::run(conn, attempt, (claimant, at))?;
    let update = "UPDATE deliveries SET state = CASE WHEN state = 1 OR ?2 THEN 0 ELSE 5 END,
                         attempts = attempts + (state = 2), repeated = repeated OR state = 2, claim = NULL
                  WHERE claim = ?1";
    sql::run(conn, update, (claimant, resend))
}
