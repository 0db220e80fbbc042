//! What was sent to a mailbox lately, and what came back of it.

use std::collections::HashMap;

use tokio::try_join;
use tokio_postgres::Row;

use crate::domain::bulletin::BulletinId;
use crate::domain::delivery::DeliveryId;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::{LOOK_BACK, PastDelivery};
use crate::domain::subscription::rows::DeliveryHistory;
use crate::domain::subscription::wave::{WaveId, WaveMember, WaveState};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::columns;

/// What went to the mailbox of a delivery in the editions that are looked back on.
pub(super) async fn of(transaction: &Transaction, id: DeliveryId) -> Result<DeliveryHistory, PostgresError> {
    let recipients = [id.recipient];
    let (this, mut past) = try_join!(biased; this(transaction, id), newest_first(transaction, &recipients))?;
    Ok(DeliveryHistory { newest_first: past.remove(&id.recipient).unwrap_or_default(), ..this })
}

/// The same for the mailboxes of a wave that may be made.
pub(super) async fn of_members(
    transaction: &Transaction,
    members: &[RecipientId],
) -> Result<Vec<WaveMember>, PostgresError> {
    let mut past = newest_first(transaction, members).await?;
    let member = |recipient: &RecipientId| {
        let newest_first = past.remove(recipient).unwrap_or_default();
        WaveMember { recipient: *recipient, newest_first }
    };
    Ok(members.iter().map(member).collect())
}

/// The delivery itself, with what is known to have come back.
async fn this(transaction: &Transaction, id: DeliveryId) -> Result<DeliveryHistory, PostgresError> {
    let query = "SELECT e.published_at, b.meaning, b.at, w.id FROM deliveries d JOIN editions e ON e.number = d.mailing
                 LEFT JOIN bounces b ON b.edition = d.mailing AND b.recipient = d.recipient
                 LEFT JOIN waves w ON w.id = b.wave AND w.state <> $3
                 WHERE d.mailing = $1 AND d.recipient = $2";
    let (edition, recipient) = (i64::from(id.edition.0), sql::column(id.recipient.0)?);
    let read = |row: &Row| {
        Ok(DeliveryHistory {
            published_at: sql::maybe_instant(row.try_get(0)?)?,
            known: sql::maybe_word(row, 1)?,
            known_at: sql::maybe_instant(row.try_get(2)?)?,
            wave: row.try_get::<_, Option<i64>>(3)?.map(|id| WaveId(sql::count(id))),
            newest_first: Vec::new(),
        })
    };
    Ok(transaction
        .row(query, params![edition, recipient, WaveState::Confirmed.as_str()], read)
        .await?
        .unwrap_or_default())
}

async fn newest_first(
    transaction: &Transaction,
    recipients: &[RecipientId],
) -> Result<HashMap<RecipientId, Vec<PastDelivery>>, PostgresError> {
    let query = "SELECT d.recipient, e.number, d.state, b.meaning
                 FROM (SELECT number, published_at FROM editions WHERE published_at IS NOT NULL AND number <= $3
                       ORDER BY published_at DESC, number DESC LIMIT $2) e
                 JOIN deliveries d ON d.mailing = e.number AND d.recipient = ANY ($1)
                 LEFT JOIN bounces b ON b.recipient = d.recipient AND b.edition = e.number
                 ORDER BY e.published_at DESC, e.number DESC";
    if recipients.is_empty() {
        return Ok(HashMap::new());
    }
    let recipients = columns::ids(recipients.iter().map(|id| id.0))?;
    let read = |row: &Row| {
        let past = PastDelivery {
            edition: columns::edition(row, 1)?,
            state: row.try_get(2)?,
            bounce: sql::maybe_word(row, 3)?,
        };
        Ok((columns::recipient(row, 0)?, past))
    };
    let (editions, last) = (i64::from(LOOK_BACK), i64::from(BulletinId::LAST_EDITION.0));
    Ok(columns::grouped(transaction.rows(query, params![recipients, editions, last], read).await?))
}
