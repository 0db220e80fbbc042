//! [`Notices`] on `PostgreSQL`. Whoever tells holds the lock of the mailing list, so no two nodes tell the same.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::letters;
use crate::domain::notice::{NoticeKind, RelayOutage, Told};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::{Notices, QueuedNotice, StoreError};

#[async_trait]
impl Notices for PostgresStore {
    async fn told(&self) -> Result<Vec<Told>, StoreError> {
        let query = "SELECT kind, finding, day FROM told ORDER BY kind, finding";
        within!(self, Look, |transaction| transaction.rows(query, params![], told).await)
    }

    async fn tell(&self, notice: &QueuedNotice, at: DateTime<Utc>) -> Result<bool, StoreError> {
        within!(self, DecideList, |transaction| tell(&transaction, notice, sql::millis(at)).await)
    }

    async fn forget_told(&self, kind: NoticeKind, findings: &[String]) -> Result<(), StoreError> {
        let delete = "DELETE FROM told WHERE kind = $1 AND finding = ANY ($2)";
        within!(self, Change, |transaction| {
            transaction.run(delete, params![kind.as_str(), findings.to_vec()]).await.map(drop)
        })
    }

    async fn relay_outages(&self) -> Result<Vec<RelayOutage>, StoreError> {
        let query = "SELECT since, seen_at, until, mails FROM relay_outages ORDER BY since";
        within!(self, Look, |transaction| transaction.rows(query, params![], outage).await)
    }

    async fn note_relay_unreachable(&self, mails: u64, at: DateTime<Utc>) -> Result<(), StoreError> {
        within!(self, Change, |transaction| unreachable(&transaction, sql::column(mails)?, sql::millis(at)).await)
    }

    async fn note_relay_reached(&self, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let end = "UPDATE relay_outages SET until = $1 WHERE until IS NULL";
        within!(self, Change, |transaction| Ok(transaction.run(end, params![sql::millis(at)]).await? > 0))
    }
}

fn told(row: &Row) -> Result<Told, PostgresError> {
    Ok(Told { kind: sql::word(row, 0)?, finding: row.try_get(1)?, day: sql::word(row, 2)? })
}

fn outage(row: &Row) -> Result<RelayOutage, PostgresError> {
    Ok(RelayOutage {
        since: sql::instant(row.try_get(0)?)?,
        seen_at: sql::instant(row.try_get(1)?)?,
        until: sql::maybe_instant(row.try_get(2)?)?,
        mails: sql::count(row.try_get(3)?),
    })
}

async fn tell(transaction: &Transaction, notice: &QueuedNotice, at: i64) -> Result<bool, PostgresError> {
    let (kind, day, since) = (notice.kind.as_str(), notice.day.to_string(), notice.quiet_since.to_string());
    let is_told = "SELECT EXISTS (SELECT 1 FROM told
                                  WHERE kind = $1 AND (day BETWEEN $2 AND $3 OR finding = ANY ($4)))";
    if transaction.is(is_told, params![kind, since, day, notice.findings]).await? {
        return Ok(false);
    }
    let remember =
        "INSERT INTO told (kind, finding, day, at) SELECT $1, finding, $2, $3 FROM unnest($4::text[]) AS k (finding)
                    ON CONFLICT DO NOTHING";
    transaction.run(remember, params![kind, day, at, notice.findings]).await?;
    letters::enqueue_notices(transaction, at, &notice.operators, &notice.mail).await.map(|()| true)
}

async fn unreachable(transaction: &Transaction, mails: i64, at: i64) -> Result<(), PostgresError> {
    // Two nodes may see it at the same time.
    transaction.run("LOCK TABLE relay_outages IN SHARE ROW EXCLUSIVE MODE", params![]).await?;
    let goes_on = "UPDATE relay_outages SET seen_at = $2, mails = greatest(mails, $1) WHERE until IS NULL";
    if transaction.run(goes_on, params![mails, at]).await? == 0 {
        let begins = "INSERT INTO relay_outages (since, seen_at, mails) VALUES ($1, $1, $2)
                      ON CONFLICT (since) DO UPDATE SET until = NULL";
        transaction.run(begins, params![at, mails]).await?;
    }
    Ok(())
}

/// Removes what was told, and outages that were over, before a moment: how many.
pub(in crate::store::postgres) async fn remove_old(
    transaction: &Transaction,
    before: i64,
) -> Result<u64, PostgresError> {
    let told = transaction.run("DELETE FROM told WHERE at < $1", params![before]).await?;
    Ok(told + transaction.run("DELETE FROM relay_outages WHERE until < $1", params![before]).await?)
}
