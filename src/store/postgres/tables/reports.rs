//! How many messages of which kind came in, and whose a delivery was.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{columns, mailing_list, meta};
use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::bounce::BounceCount;
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::subscription::wave::{Wave, WaveId, WaveState};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::within;
use crate::store::shared::meta::LEFT_BEHIND;
use crate::store::{OpenWave, Reports, StoreError, WaveBounce};

#[async_trait]
impl Reports for PostgresStore {
    async fn count_report(&self, kind: ReportKind) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            let add = "INSERT INTO report_counts AS c (kind, count) VALUES ($1, 1)
                       ON CONFLICT (kind) DO UPDATE SET count = c.count + 1";
            transaction.run(add, params![kind.as_str()]).await.map(drop)
        })
    }

    async fn report_counts(&self) -> Result<BTreeMap<ReportKind, u64>, StoreError> {
        within!(self, Look, |transaction| {
            let read = |row: &Row| Ok((sql::word(row, 0)?, sql::count(row.try_get(1)?)));
            let counts = transaction.rows("SELECT kind, count FROM report_counts", params![], read).await?;
            Ok(counts.into_iter().collect())
        })
    }

    async fn bounce_counts(&self) -> Result<Vec<BounceCount>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT b.edition, b.meaning, w.id IS NOT NULL, count(*),
                                count(*) FILTER (WHERE d.state = $1), count(x.mac)
                         FROM bounces b LEFT JOIN waves w ON w.id = b.wave AND w.state = $3
                         JOIN deliveries d ON d.mailing = b.edition AND d.recipient = b.recipient
                         JOIN recipients r ON r.id = b.recipient
                         LEFT JOIN suppressions x ON x.mac = r.mac AND x.reason = $2
                         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
            let read = |row: &Row| {
                Ok(BounceCount {
                    edition: columns::edition(row, 0)?,
                    meaning: sql::word(row, 1)?,
                    waits: row.try_get(2)?,
                    mails: sql::count(row.try_get(3)?),
                    accepted: sql::count(row.try_get(4)?),
                    suppressed: sql::count(row.try_get(5)?),
                })
            };
            let (bounced, open) = (SuppressionReason::Bounced.as_str(), WaveState::Open.as_str());
            transaction.rows(query, params![DeliveryState::Accepted, bounced, open], read).await
        })
    }

    async fn open_waves(&self) -> Result<Vec<OpenWave>, StoreError> {
        within!(self, Look, |transaction| mailing_list::open_waves(&transaction).await)
    }

    async fn waves(&self) -> Result<Vec<Wave>, StoreError> {
        within!(self, Look, |transaction| mailing_list::all_waves(&transaction).await)
    }

    async fn dissolve_wave(
        &self,
        wave: WaveId,
        before: Option<u64>,
        at: DateTime<Utc>,
    ) -> Result<Option<u64>, StoreError> {
        within!(self, DecideList, |transaction| {
            mailing_list::dissolve(&transaction, (&self.hasher, at), wave, before).await
        })
    }

    async fn wave_bounces(&self, wave: WaveId) -> Result<Vec<WaveBounce>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT r.address, n.name, b.at, b.status, b.server
                         FROM bounces b JOIN recipients r ON r.id = b.recipient
                         JOIN subscribers s ON s.id = r.owner JOIN names n ON n.id = s.name_id
                         WHERE b.wave = $1 AND r.address IS NOT NULL ORDER BY b.recipient";
            let read = |row: &Row| {
                Ok(WaveBounce {
                    address: sql::word(row, 0)?,
                    subscriber: row.try_get(1)?,
                    at: sql::instant(row.try_get(2)?)?,
                    status: row.try_get(3)?,
                    server: row.try_get(4)?,
                })
            };
            transaction.rows(query, params![sql::column(wave.0)?], read).await
        })
    }

    async fn note_left_behind(&self, mark: &str) -> Result<(), StoreError> {
        let key = format!("{LEFT_BEHIND}{mark}");
        within!(self, Change, |transaction| meta::put(&transaction, &key, "").await)
    }

    async fn forget_left_behind(&self, mark: &str) -> Result<(), StoreError> {
        let key = format!("{LEFT_BEHIND}{mark}");
        within!(self, Change, |transaction| meta::take(&transaction, &key).await.map(drop))
    }

    async fn left_behind(&self) -> Result<BTreeSet<String>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT substr(key, length($1) + 1) FROM meta WHERE starts_with(key, $1)";
            let marks = transaction.rows(query, params![LEFT_BEHIND], |row| Ok(row.try_get(0)?)).await?;
            Ok(marks.into_iter().collect())
        })
    }

    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT recipient FROM deliveries WHERE mailing = $1 AND recipient > $2
                         ORDER BY recipient LIMIT $3";
            let (edition, after) = (i64::from(edition.0), sql::column(after.map_or(0, |id| id.0))?);
            let read = |row: &Row| columns::recipient(row, 0);
            transaction.rows(query, params![edition, after, i64::from(limit)], read).await
        })
    }
}
