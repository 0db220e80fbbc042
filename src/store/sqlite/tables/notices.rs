//! [`Notices`] on `SQLite`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::outbox::transactional;
use crate::domain::notice::{NoticeKind, RelayOutage, Told};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Notices, QueuedNotice, StoreError};

#[async_trait]
impl Notices for SqliteStore {
    async fn told(&self) -> Result<Vec<Told>, StoreError> {
        self.read(told).await
    }

    async fn tell(&self, notice: &QueuedNotice, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let notice = notice.clone();
        self.write(move |conn| tell(conn, &notice, sql::millis(at))).await
    }

    async fn forget_told(&self, kind: NoticeKind, findings: &[String]) -> Result<(), StoreError> {
        let findings = findings.to_vec();
        let forget = move |conn: &Connection| -> Result<(), SqliteError> {
            let delete = "DELETE FROM told WHERE kind = ?1 AND finding = ?2";
            findings.iter().try_for_each(|finding| sql::run(conn, delete, (kind.as_str(), finding)).map(drop))
        };
        self.write(forget).await
    }

    async fn relay_outages(&self) -> Result<Vec<RelayOutage>, StoreError> {
        self.read(outages).await
    }

    async fn note_relay_unreachable(&self, mails: u64, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |conn| unreachable(conn, sql::column(mails)?, sql::millis(at))).await
    }

    async fn note_relay_reached(&self, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let end = "UPDATE relay_outages SET until = ?1 WHERE until IS NULL";
        self.write(move |conn| Ok(sql::run(conn, end, [sql::millis(at)])? > 0)).await
    }
}

fn told(conn: &Connection) -> Result<Vec<Told>, SqliteError> {
    let query = "SELECT kind, finding, day FROM told ORDER BY kind, finding";
    sql::rows(conn, query, [], |row| {
        Ok(Told { kind: sql::word(row, 0)?, finding: row.get(1)?, day: sql::word(row, 2)? })
    })
}

fn tell(conn: &Connection, notice: &QueuedNotice, at: i64) -> Result<bool, SqliteError> {
    let (kind, day, since) = (notice.kind.as_str(), notice.day.to_string(), notice.quiet_since.to_string());
    let of_these_days = "SELECT count(*) FROM told WHERE kind = ?1 AND day BETWEEN ?2 AND ?3";
    if sql::number(conn, of_these_days, (kind, &since, &day))? > 0 {
        return Ok(false);
    }
    let is_told = "SELECT count(*) FROM told WHERE kind = ?1 AND finding = ?2";
    for finding in &notice.findings {
        if sql::number(conn, is_told, (kind, finding))? > 0 {
            return Ok(false);
        }
    }
    let remember = "INSERT INTO told (kind, finding, day, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    for finding in &notice.findings {
        sql::run(conn, remember, (kind, finding, &day, at))?;
    }
    for operator in &notice.operators {
        transactional::enqueue_notice(conn, at, operator, &notice.mail)?;
    }
    Ok(true)
}

fn outages(conn: &Connection) -> Result<Vec<RelayOutage>, SqliteError> {
    let query = "SELECT since, seen_at, until, mails FROM relay_outages ORDER BY since";
    sql::rows(conn, query, [], |row| {
        Ok(RelayOutage {
            since: sql::instant(row.get(0)?)?,
            seen_at: sql::instant(row.get(1)?)?,
            until: sql::maybe_instant(row.get(2)?)?,
            mails: sql::count(row.get(3)?),
        })
    })
}

fn unreachable(conn: &Connection, mails: i64, at: i64) -> Result<(), SqliteError> {
    let goes_on = "UPDATE relay_outages SET seen_at = ?2, mails = max(mails, ?1) WHERE until IS NULL";
    if sql::run(conn, goes_on, (mails, at))? == 0 {
        let begins = "INSERT INTO relay_outages (since, seen_at, mails) VALUES (?1, ?1, ?2)
                      ON CONFLICT (since) DO UPDATE SET until = NULL";
        sql::run(conn, begins, (at, mails))?;
    }
    Ok(())
}

/// Removes what was told, and outages that were over, before a moment: how many.
pub(in crate::store::sqlite) fn remove_old(conn: &Connection, before: i64) -> Result<u64, SqliteError> {
    let told = sql::run(conn, "DELETE FROM told WHERE at < ?1", [before])?;
    Ok(told + sql::run(conn, "DELETE FROM relay_outages WHERE until < ?1", [before])?)
}
