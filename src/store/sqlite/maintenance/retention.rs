//! Forgetting what is too old, in parts so small that nobody waits for the writer.

use rusqlite::Connection;

use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::sqlite::tables::outbox::transactional;
use crate::store::sqlite::tables::people::People;
use crate::store::sqlite::tables::reports::LOOK_BACK;
use crate::store::sqlite::tables::{forget, meta};
use crate::store::{Forgotten, Limits, Stage};

/// Rows of which one part looks at most: some milliseconds.
const ROWS: u32 = 2_000;

/// Mailboxes of which one part looks at most, and that it forgets: each touches a dozen rows.
const MAILBOXES: u32 = 50;

/// One part; where to go on.
pub(in crate::store::sqlite) fn part(
    people: &People<'_>,
    limits: Limits,
    stage: Stage,
) -> Result<(Forgotten, Option<Stage>), SqliteError> {
    let mut gone = Forgotten::default();
    let next = match stage {
        Stage::Attempts(edition, recipient) => {
            let (number, next) = attempts(people.conn, limits, edition, recipient)?;
            gone.attempts = number;
            Some(next)
        }
        Stage::Bounces => {
            gone.bounces = bounces(people.conn, limits)?;
            Some(if gone.bounces < u64::from(ROWS) { Stage::Mailboxes(RecipientId(0)) } else { stage })
        }
        Stage::Mailboxes(after) => {
            let (number, next) = mailboxes(people, limits, after)?;
            gone.mailboxes = number;
            Some(next)
        }
        Stage::Letters => {
            gone.letters = transactional::remove_old(people.conn, sql::millis(limits.settled), ROWS)?;
            Some(if gone.letters == 0 { Stage::Requests } else { stage })
        }
        Stage::Requests => {
            gone.requests = requests(people.conn, limits)?;
            (gone.requests > 0).then_some(stage)
        }
    };
    Ok((gone, next))
}

/// Old attempts of editions that are sent. Only editions that were published before the limit can have some.
fn attempts(
    conn: &Connection,
    limits: Limits,
    edition: EditionNumber,
    after: RecipientId,
) -> Result<(u64, Stage), SqliteError> {
    let before = sql::millis(limits.attempts);
    let editions = "SELECT number FROM editions WHERE number >= ?1 AND state = 'sent' AND published_at < ?2
                    ORDER BY number";
    for number in sql::rows(conn, editions, (edition.0, before), |row| Ok(row.get::<_, u32>(0)?))? {
        let after = if number == edition.0 { sql::column(after.0)? } else { 0 };
        let last = "SELECT max(recipient) FROM (SELECT recipient FROM attempts WHERE mailing = ?1 AND recipient > ?2
                                                ORDER BY recipient LIMIT ?3)";
        let last = sql::row(conn, last, (number, after, ROWS), |row| Ok(row.get::<_, Option<i64>>(0)?))?.flatten();
        if let Some(last) = last {
            let delete = "DELETE FROM attempts
                          WHERE mailing = ?1 AND recipient > ?2 AND recipient <= ?3 AND at < ?4";
            let gone = sql::run(conn, delete, (number, after, last, before))?;
            return Ok((gone, Stage::Attempts(EditionNumber(number), RecipientId(sql::count(last)))));
        }
    }
    Ok((0, Stage::Bounces))
}

/// Old bounces, but for those of the editions that a rule of editions in a row looks back on.
fn bounces(conn: &Connection, limits: Limits) -> Result<u64, SqliteError> {
    let delete = "DELETE FROM bounces WHERE (recipient, edition) IN (
                      SELECT b.recipient, b.edition
                      FROM (SELECT number FROM editions WHERE published_at IS NOT NULL
                            ORDER BY number DESC LIMIT -1 OFFSET ?2) e
                      CROSS JOIN bounces b ON b.edition = e.number WHERE b.at < ?1 LIMIT ?3)";
    sql::run(conn, delete, (sql::millis(limits.attempts), LOOK_BACK, ROWS))
}

/// Mailboxes that ended long ago, unless something of theirs is still open.
fn mailboxes(people: &People<'_>, limits: Limits, after: RecipientId) -> Result<(u64, Stage), SqliteError> {
    let query = "SELECT id FROM recipients INDEXED BY recipients_ended
                 WHERE state = 'ended' AND address IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2";
    let ids = sql::rows(people.conn, query, (sql::column(after.0)?, MAILBOXES), |row| Ok(row.get::<_, i64>(0)?))?;
    let Some(last) = ids.last() else { return Ok((0, Stage::Letters)) };
    let mut gone = 0;
    for &id in &ids {
        if is_over(people.conn, limits, id)? {
            forget::forget(people, id)?;
            people.note("program", "forget", id, "")?;
            gone += 1;
        }
    }
    if gone > 0 {
        meta::put(people.conn, forget::UNSCRUBBED, &people.at.to_string())?;
    }
    Ok((gone, Stage::Mailboxes(RecipientId(sql::count(*last)))))
}

/// Whether the last that this mailbox had or asked for ended before the limit.
fn is_over(conn: &Connection, limits: Limits, recipient: i64) -> Result<bool, SqliteError> {
    let open = states::list(DeliveryState::OPEN);
    let query = format!(
        "SELECT max(coalesce((SELECT max(ended) FROM subscriptions WHERE recipient = ?1), r.created_at),
                            coalesce((SELECT max(min(expires_at, coalesce(done_at, expires_at)))
                                      FROM requests WHERE recipient = ?1), 0)) < ?2
                    AND NOT EXISTS (SELECT 1 FROM editions e CROSS JOIN deliveries d ON d.mailing = e.number
                                    WHERE d.recipient = ?1 AND e.state IN ('sending', 'held')
                                      AND (d.state IN {open} OR d.next_at IS NOT NULL))
                 FROM recipients r WHERE r.id = ?1"
    );
    Ok(sql::number(conn, &query, (recipient, sql::millis(limits.ended)))? > 0
        && !transactional::is_open(conn, recipient)?)
}

/// Old requests that are fulfilled or over, and of which no letter is left.
fn requests(conn: &Connection, limits: Limits) -> Result<u64, SqliteError> {
    let delete = "DELETE FROM requests WHERE id IN (
                      SELECT id FROM (SELECT id, expires_at, done_at FROM requests ORDER BY id LIMIT ?2) q
                      WHERE coalesce(q.done_at, q.expires_at) < ?1
                        AND NOT EXISTS (SELECT 1 FROM transactional_mails t WHERE t.request = q.id))";
    sql::run(conn, delete, (sql::millis(limits.settled), ROWS))
}
