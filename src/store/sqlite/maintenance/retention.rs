//! Forgetting what is too old, in parts so small that nobody waits for the writer.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::LOOK_BACK;
use crate::store::Records;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::outbox::{replies, transactional};
use crate::store::sqlite::tables::{notices, segments};

/// Rows of which one part looks at most: some milliseconds.
const ROWS: u32 = 2_000;

/// Segments that one part forgets at most: those of older versions have 100 kB each.
const SEGMENTS: u32 = 50;

/// One part: how many went, and where to go on.
pub(in crate::store::sqlite) fn part(
    conn: &Connection,
    records: Records,
    before: DateTime<Utc>,
) -> Result<(u64, Option<Records>), SqliteError> {
    let before = sql::millis(before);
    match records {
        Records::Attempts(edition, recipient) => attempts(conn, before, edition, recipient),
        Records::Mails => {
            let gone = segments::forget_old(conn, before, SEGMENTS)?;
            Ok((gone, (gone > 0).then_some(records)))
        }
        Records::Bounces => {
            let gone = bounces(conn, before)?;
            Ok((gone, (gone >= u64::from(ROWS)).then_some(records)))
        }
        Records::Letters => {
            let gone = transactional::remove_old(conn, before, ROWS)?;
            Ok((gone, (gone > 0).then_some(records)))
        }
        Records::Requests => {
            let gone = requests(conn, before)?;
            Ok((gone, (gone > 0).then_some(records)))
        }
        Records::Notices => Ok((notices::remove_old(conn, before)?, None)),
        Records::Replies => Ok((replies::forget_unused(conn, before)?, None)),
    }
}

/// Old attempts of editions that are sent. Only editions that were published before the limit can have some.
fn attempts(
    conn: &Connection,
    before: i64,
    edition: EditionNumber,
    after: RecipientId,
) -> Result<(u64, Option<Records>), SqliteError> {
    let editions = "SELECT number FROM editions WHERE number >= ?1 AND state = ?3 AND published_at < ?2
                    ORDER BY number";
    let sent = EditionState::Sent.as_str();
    for number in sql::rows(conn, editions, (edition.0, before, sent), |row| Ok(row.get::<_, u32>(0)?))? {
        let after = if number == edition.0 { sql::column(after.0)? } else { 0 };
        let last = "SELECT max(recipient) FROM (SELECT recipient FROM attempts WHERE mailing = ?1 AND recipient > ?2
                                                ORDER BY recipient LIMIT ?3)";
        let last = sql::row(conn, last, (number, after, ROWS), |row| Ok(row.get::<_, Option<i64>>(0)?))?.flatten();
        if let Some(last) = last {
            let delete = "DELETE FROM attempts
                          WHERE mailing = ?1 AND recipient > ?2 AND recipient <= ?3 AND at < ?4";
            let gone = sql::run(conn, delete, (number, after, last, before))?;
            return Ok((gone, Some(Records::Attempts(EditionNumber(number), RecipientId(sql::count(last))))));
        }
    }
    Ok((0, None))
}

/// Old bounces, but for those of the editions that a rule of editions in a row looks back on.
fn bounces(conn: &Connection, before: i64) -> Result<u64, SqliteError> {
    let delete = "DELETE FROM bounces WHERE (recipient, edition) IN (
                      SELECT b.recipient, b.edition
                      FROM (SELECT number FROM editions WHERE published_at IS NOT NULL AND number NOT IN (
                                SELECT number FROM editions WHERE published_at IS NOT NULL AND number <= ?4
                                ORDER BY published_at DESC, number DESC LIMIT ?2)) e
                      CROSS JOIN bounces b ON b.edition = e.number WHERE b.at < ?1 LIMIT ?3)";
    sql::run(conn, delete, (before, LOOK_BACK, ROWS, BulletinId::LAST_EDITION.0))
}

/// Old requests that are fulfilled or over, once no mail about them is left.
fn requests(conn: &Connection, before: i64) -> Result<u64, SqliteError> {
    let delete = "DELETE FROM requests WHERE id IN (
                      SELECT id FROM (SELECT id, expires_at, done_at FROM requests ORDER BY id LIMIT ?2) q
                      WHERE coalesce(q.done_at, q.expires_at) < ?1
                        AND NOT EXISTS (SELECT 1 FROM transactional_mails t WHERE t.request = q.id))";
    sql::run(conn, delete, (before, ROWS))
}
