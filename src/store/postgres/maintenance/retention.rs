//! Forgetting what is too old, in parts so small that nobody waits for long.

use chrono::{DateTime, Utc};

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::LOOK_BACK;
use crate::store::Records;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::outbox::{replies, transactional};
use crate::store::postgres::tables::{columns, notices, segments};

/// Rows of which one part looks at most: some milliseconds.
const ROWS: u32 = 2_000;

/// Segments that one part forgets at most.
const SEGMENTS: u32 = 50;

/// One part: how many went, and where to go on.
pub(in crate::store::postgres) async fn part(
    transaction: &Transaction,
    records: Records,
    before: DateTime<Utc>,
) -> Result<(u64, Option<Records>), PostgresError> {
    let before = sql::millis(before);
    let gone = match records {
        Records::Attempts(edition, recipient) => return attempts(transaction, before, edition, recipient).await,
        Records::Replies => return Ok((replies::forget_unused(transaction, before).await?, None)),
        Records::Notices => return Ok((notices::remove_old(transaction, before).await?, None)),
        Records::Mails => segments::forget_old(transaction, before, SEGMENTS).await?,
        Records::Bounces => bounces(transaction, before).await?,
        Records::Letters => transactional::remove_old(transaction, before, ROWS).await?,
        Records::Requests => requests(transaction, before).await?,
    };
    let is_last = if records == Records::Bounces { gone < u64::from(ROWS) } else { gone == 0 };
    Ok((gone, (!is_last).then_some(records)))
}

/// Old attempts of editions that are sent. Only editions that were published before the limit can have some.
async fn attempts(
    transaction: &Transaction,
    before: i64,
    edition: EditionNumber,
    after: RecipientId,
) -> Result<(u64, Option<Records>), PostgresError> {
    let part = "SELECT e.number, part.last FROM editions e CROSS JOIN LATERAL (
                    SELECT max(recipient) AS last FROM (
                        SELECT recipient FROM attempts
                        WHERE mailing = e.number AND recipient > CASE WHEN e.number = $1 THEN $2 ELSE 0 END
                        ORDER BY recipient LIMIT $3) page) part
                WHERE e.number >= $1 AND e.state = $4 AND e.published_at < $5 AND part.last IS NOT NULL
                ORDER BY e.number LIMIT 1";
    let (first, after) = (i64::from(edition.0), sql::column(after.0)?);
    let sent = EditionState::Sent.as_str();
    let read = |row: &tokio_postgres::Row| Ok((columns::edition(row, 0)?, row.try_get::<_, i64>(1)?));
    let found = transaction.row(part, params![first, after, i64::from(ROWS), sent, before], read).await?;
    let Some((number, last)) = found else { return Ok((0, None)) };
    let after = if number == edition { after } else { 0 };
    let delete = "DELETE FROM attempts WHERE mailing = $1 AND recipient > $2 AND recipient <= $3 AND at < $4";
    let gone = transaction.run(delete, params![i64::from(number.0), after, last, before]).await?;
    Ok((gone, Some(Records::Attempts(number, RecipientId(sql::count(last))))))
}

/// Old bounces, but for those of the editions that a rule of editions in a row looks back on.
async fn bounces(transaction: &Transaction, before: i64) -> Result<u64, PostgresError> {
    let delete = "DELETE FROM bounces WHERE (recipient, edition) IN (
                      SELECT b.recipient, b.edition
                      FROM (SELECT number FROM editions WHERE published_at IS NOT NULL AND number NOT IN (
                                SELECT number FROM editions WHERE published_at IS NOT NULL AND number <= $4
                                ORDER BY published_at DESC, number DESC LIMIT $2)) e
                      JOIN bounces b ON b.edition = e.number WHERE b.at < $1 LIMIT $3)";
    let last = i64::from(BulletinId::LAST_EDITION.0);
    transaction.run(delete, params![before, i64::from(LOOK_BACK), i64::from(ROWS), last]).await
}

/// Old requests that are fulfilled or over, once no mail about them is left.
async fn requests(transaction: &Transaction, before: i64) -> Result<u64, PostgresError> {
    let delete = "DELETE FROM requests WHERE id IN (
                      SELECT id FROM (SELECT id, expires_at, done_at FROM requests ORDER BY id LIMIT $2) q
                      WHERE coalesce(q.done_at, q.expires_at) < $1
                        AND NOT EXISTS (SELECT 1 FROM transactional_mails t WHERE t.request = q.id))";
    transaction.run(delete, params![before, i64::from(ROWS)]).await
}
