//! Bounces, and the counts of what came in.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::leave;
use super::people::{People, word};
use crate::domain::bounce::{EnhancedStatus, Meaning, in_a_row};
use crate::domain::delivery::{DeliveryId, DeliveryState};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{Bounced, ReportKind, Reports, StoreError};

/// Editions that are looked back on: more than any rule asks for, with room for some that do not count.
pub(in crate::store::sqlite) const LOOK_BACK: u32 = 12;

#[async_trait]
impl Reports for SqliteStore {
    async fn bounce(
        &self,
        id: DeliveryId,
        status: Option<EnhancedStatus>,
        at: DateTime<Utc>,
    ) -> Result<Bounced, StoreError> {
        let hasher = self.hasher.clone();
        self.write(move |conn| bounce(&People::open(conn, &hasher, sql::millis(at))?, id, status)).await
    }

    async fn count_report(&self, kind: ReportKind) -> Result<(), StoreError> {
        self.write(move |conn| {
            let add =
                "INSERT INTO report_counts (kind, count) VALUES (?1, 1) ON CONFLICT DO UPDATE SET count = count + 1";
            sql::run(conn, add, [kind.as_str()]).map(drop)
        })
        .await
    }

    async fn report_counts(&self) -> Result<BTreeMap<ReportKind, u64>, StoreError> {
        self.read(|conn| {
            let counts = sql::rows(conn, "SELECT kind, count FROM report_counts", [], |row| {
                Ok((word(row, 0)?, sql::count(row.get(1)?)))
            })?;
            Ok(counts.into_iter().collect())
        })
        .await
    }

    async fn policy_bounces(&self) -> Result<BTreeMap<EditionNumber, u64>, StoreError> {
        self.read(|conn| {
            let query = "SELECT edition, count(*) FROM bounces WHERE meaning = 'policy' AND edition IN
                             (SELECT number FROM editions WHERE published_at IS NOT NULL ORDER BY number DESC LIMIT 3)
                         GROUP BY edition";
            let counts = sql::rows(conn, query, [], |row| Ok((EditionNumber(row.get(0)?), sql::count(row.get(1)?))))?;
            Ok(counts.into_iter().collect())
        })
        .await
    }

    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError> {
        self.read(move |conn| {
            let after = sql::column(after.map_or(0, |id| id.0))?;
            let query = "SELECT recipient FROM deliveries WHERE mailing = ?1 AND recipient > ?2
                         ORDER BY recipient LIMIT ?3";
            sql::rows(conn, query, (edition.0, after, limit), |row| Ok(RecipientId(sql::count(row.get(0)?))))
        })
        .await
    }
}

fn bounce(people: &People<'_>, id: DeliveryId, status: Option<EnhancedStatus>) -> Result<Bounced, SqliteError> {
    let (conn, recipient) = (people.conn, sql::column(id.recipient.0)?);
    let known = match id.edition.0 {
        0 => "SELECT count(*) FROM recipients WHERE ?1 = 0 AND id = ?2",
        _ => {
            "SELECT count(*) FROM deliveries d JOIN editions e ON e.number = d.mailing
             JOIN recipients r ON r.id = d.recipient
             WHERE d.mailing = ?1 AND d.recipient = ?2 AND e.published_at >= coalesce(r.changed_at, 0)"
        }
    };
    if sql::number(conn, known, (id.edition.0, recipient))? == 0 {
        return Ok(Bounced::Unknown);
    }
    let meaning = Meaning::of(status);
    if id.edition.0 > 0 {
        // A second report about the same mail changes the record only when it says that the mailbox is gone.
        let put = "INSERT INTO bounces (recipient, edition, at, status, meaning) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET status = excluded.status, meaning = excluded.meaning
                   WHERE excluded.meaning = 'gone'";
        let status = status.map(|status| status.to_string());
        sql::run(conn, put, (recipient, id.edition.0, people.at, status, stored(meaning)))?;
    }
    match meaning {
        Meaning::Policy => Ok(Bounced::Policy),
        Meaning::Gone => suppress(people, recipient),
        Meaning::After(of) => match in_a_row(&history(conn, recipient)?) {
            in_a_row if in_a_row >= of && id.edition.0 > 0 => suppress(people, recipient),
            in_a_row => Ok(Bounced::Counted { in_a_row, of }),
        },
    }
}

fn suppress(people: &People<'_>, recipient: i64) -> Result<Bounced, SqliteError> {
    leave::bounced(people, recipient, SuppressionReason::Bounced)?;
    Ok(Bounced::Suppressed)
}

/// Of the mailbox's editions, newest first, whether they bounced. One that never reached the receiving server, or that was
/// refused as a matter of policy, says nothing about the mailbox.
fn history(conn: &Connection, recipient: i64) -> Result<Vec<bool>, SqliteError> {
    let arrived = states::list(DeliveryState::ARRIVED);
    let query = format!(
        "SELECT b.edition IS NOT NULL
                 FROM (SELECT number FROM editions WHERE published_at IS NOT NULL ORDER BY number DESC LIMIT ?2) e
                 JOIN deliveries d ON d.mailing = e.number AND d.recipient = ?1
                 LEFT JOIN bounces b ON b.recipient = ?1 AND b.edition = e.number
                 WHERE CASE WHEN b.edition IS NULL THEN d.state IN {arrived} ELSE b.meaning <> 'policy' END
                 ORDER BY e.number DESC"
    );
    sql::rows(conn, &query, (recipient, LOOK_BACK), |row| Ok(row.get(0)?))
}

fn stored(meaning: Meaning) -> String {
    match meaning {
        Meaning::Policy => "policy".to_owned(),
        Meaning::After(editions) => format!("after {editions}"),
        Meaning::Gone => "gone".to_owned(),
    }
}
