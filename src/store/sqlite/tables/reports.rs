//! How many messages of which kind came in, and whose a delivery was.

use std::collections::{BTreeMap, BTreeSet};

use super::mailing_list;
use crate::domain::delivery::DeliveryState;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::bounce::BounceCount;
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::subscription::wave::{Wave, WaveId, WaveState};
use crate::store::shared::meta::LEFT_BEHIND;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::meta;
use crate::store::{OpenWave, Reports, StoreError, WaveBounce};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl Reports for SqliteStore {
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
                Ok((sql::word(row, 0)?, sql::count(row.get(1)?)))
            })?;
            Ok(counts.into_iter().collect())
        })
        .await
    }

    async fn bounce_counts(&self) -> Result<Vec<BounceCount>, StoreError> {
        self.read(|conn| {
            let query = "SELECT b.edition, b.meaning, w.id IS NOT NULL, count(*), sum(d.state = ?1), count(x.mac)
                         FROM bounces b LEFT JOIN waves w ON w.id = b.wave AND w.state = ?3 JOIN deliveries d ON d.mailing = b.edition AND d.recipient = b.recipient
                         JOIN recipients r ON r.id = b.recipient
                         LEFT JOIN suppressions x ON x.mac = r.mac AND x.reason = ?2
                         GROUP BY b.edition, b.meaning, w.id IS NOT NULL";
            let values = (DeliveryState::Accepted, SuppressionReason::Bounced.as_str(), WaveState::Open.as_str());
            sql::rows(conn, query, values, |row| {
                Ok(BounceCount {
                    edition: EditionNumber(row.get(0)?),
                    meaning: sql::word(row, 1)?,
                    waits: row.get(2)?,
                    mails: sql::count(row.get(3)?),
                    accepted: sql::count(row.get(4)?),
                    suppressed: sql::count(row.get(5)?),
                })
            })
        })
        .await
    }

    async fn open_waves(&self) -> Result<Vec<OpenWave>, StoreError> {
        self.read(mailing_list::open_waves).await
    }

    async fn waves(&self) -> Result<Vec<Wave>, StoreError> {
        self.read(mailing_list::all_waves).await
    }

    async fn dissolve_wave(
        &self,
        wave: WaveId,
        before: Option<u64>,
        at: DateTime<Utc>,
    ) -> Result<Option<u64>, StoreError> {
        let hasher = self.hasher.clone();
        self.write(move |conn| mailing_list::dissolve(conn, (&hasher, at), wave, before)).await
    }

    async fn wave_bounces(&self, wave: WaveId) -> Result<Vec<WaveBounce>, StoreError> {
        self.read(move |conn| {
            let query = "SELECT r.address, n.name, b.at, b.status, b.server
                         FROM bounces b JOIN recipients r ON r.id = b.recipient
                         JOIN subscribers s ON s.id = r.owner JOIN names n ON n.id = s.name_id
                         WHERE b.wave = ?1 AND r.address IS NOT NULL ORDER BY b.recipient";
            sql::rows(conn, query, [sql::column(wave.0)?], |row| {
                Ok(WaveBounce {
                    address: sql::word(row, 0)?,
                    subscriber: row.get(1)?,
                    at: sql::instant(row.get(2)?)?,
                    status: row.get(3)?,
                    server: row.get(4)?,
                })
            })
        })
        .await
    }

    async fn note_left_behind(&self, mark: &str) -> Result<(), StoreError> {
        let key = format!("{LEFT_BEHIND}{mark}");
        self.write(move |conn| meta::put(conn, &key, "")).await
    }

    async fn forget_left_behind(&self, mark: &str) -> Result<(), StoreError> {
        let key = format!("{LEFT_BEHIND}{mark}");
        self.write(move |conn| meta::take(conn, &key).map(drop)).await
    }

    async fn left_behind(&self) -> Result<BTreeSet<String>, StoreError> {
        self.read(|conn| {
            let query = "SELECT substr(key, length(?1) + 1) FROM meta WHERE substr(key, 1, length(?1)) = ?1";
            Ok(sql::rows(conn, query, [LEFT_BEHIND], |row| Ok(row.get(0)?))?.into_iter().collect())
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
