//! Every mailbox that there is or was, with its subscriptions, for counts of who came and went.

use tokio_postgres::Row;

use super::columns::{self, BandBook};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::census::Membership;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// Mailboxes by number, after this one.
pub(super) async fn page(
    transaction: &Transaction,
    after: Option<RecipientId>,
    limit: u32,
) -> Result<Vec<Membership>, PostgresError> {
    let mailboxes = "SELECT r.id, r.owner, o.sector, r.chosen FROM recipients r JOIN subscribers o ON o.id = r.owner
                     WHERE r.id > $1 ORDER BY r.id LIMIT $2";
    let of = "SELECT recipient, subscriber, origin, bands, since, ended, ended_by FROM subscriptions
              WHERE recipient > $1 AND recipient <= $2";
    let (after, bands) = (sql::column(after.map_or(0, |after| after.0))?, BandBook::open(transaction).await?);
    let membership = |row: &Row| {
        Ok(Membership {
            recipient: columns::recipient(row, 0)?,
            owner: columns::subscriber(row, 1)?,
            sector: row.try_get(2)?,
            chosen: row.try_get::<_, Option<i64>>(3)?.map(|mask| bands.set(mask)),
            subscriptions: Vec::new(),
        })
    };
    let mut page = transaction.rows(mailboxes, params![after, i64::from(limit)], membership).await?;
    let Some(last) = page.last() else { return Ok(page) };
    let last = sql::column(last.recipient.0)?;
    let read = |row: &Row| Ok((columns::recipient(row, 0)?, columns::subscription(&bands, row, 1)?));
    let mut subscriptions = columns::grouped(transaction.rows(of, params![after, last], read).await?);
    for mailbox in &mut page {
        mailbox.subscriptions = subscriptions.remove(&mailbox.recipient).unwrap_or_default();
    }
    Ok(page)
}
