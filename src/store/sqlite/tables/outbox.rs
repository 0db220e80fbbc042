//! The outbox as rows of `deliveries`: each belongs to an edition, or to a transactional mail, and is in the hands of at
//! most one live process.

mod claim;
mod deliveries;
mod edition_progress;
mod items;
mod listing;
mod record;
pub(in crate::store::sqlite) mod replies;
pub(in crate::store::sqlite) mod transactional;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, RetriedPart};
use crate::domain::delivery::{DailyCap, DeliveryId, DeliveryState, ItemId, Tally};
use crate::domain::edition::EditionNumber;
use crate::store::shared::items::key;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::sql;
use crate::store::{Claimed, Marked, Outbox, Step, StoreError, WithinCap};

pub(in crate::store::sqlite) use claim::take_up;
pub(in crate::store::sqlite) use edition_progress::{expire_some, finish};

#[async_trait]
impl Outbox for SqliteStore {
    async fn recover(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let lock = Arc::clone(&self.process_lock);
        let recovered = self.write(move |conn| claim::recover(conn, &lock, resend, sql::millis(at))).await?;
        // Only now: until the commit, another process must still find them.
        self.process_lock.sweep(&recovered.files);
        Ok(recovered.items)
    }

    async fn abandon(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let lock = Arc::clone(&self.process_lock);
        self.write(move |conn| take_up(conn, lock.number(conn)?, resend, sql::millis(at))).await
    }

    async fn waiting(&self, edition: Option<EditionNumber>, now: DateTime<Utc>, most: u32) -> Result<u32, StoreError> {
        self.read(move |conn| claim::waiting(conn, edition, sql::millis(now), most)).await
    }

    async fn claim(
        &self,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let lock = Arc::clone(&self.process_lock);
        self.write(move |conn| claim::claim(conn, &lock, edition, sql::millis(now), limit)).await
    }

    async fn claim_within(
        &self,
        cap: DailyCap,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<WithinCap, StoreError> {
        let lock = Arc::clone(&self.process_lock);
        let claim = move |conn: &rusqlite::Connection| {
            let left = edition_progress::left_today(conn, cap)?;
            let (edition, limit) = DailyCap::bound(left, edition, limit);
            let claimed = claim::claim(conn, &lock, edition, sql::millis(now), limit)?;
            Ok(WithinCap { claimed, is_reached: left == 0 })
        };
        self.write(claim).await
    }

    async fn left_within(&self, cap: DailyCap) -> Result<u32, StoreError> {
        self.read(move |conn| edition_progress::left_today(conn, cap)).await
    }

    async fn record_and_mark(&self, steps: &Arc<[Step]>) -> Result<Vec<Marked>, StoreError> {
        let (hasher, lock, steps) = (self.hasher.clone(), Arc::clone(&self.process_lock), Arc::clone(steps));
        let taken = self.write(move |conn| record::take_steps(conn, &hasher, lock.number(conn)?, &steps)).await?;
        Ok(taken.into_iter().map(|marked| marked.map_err(|fault| fault.at(&self.place))).collect())
    }

    async fn is_wanted(&self, id: ItemId) -> Result<bool, StoreError> {
        match &self.inline_reader {
            Some(reader) => reader.look(&self.place, |conn| record::is_wanted(conn, id)),
            None => self.write(move |conn| record::is_wanted(conn, id)).await,
        }
    }

    async fn postpone(
        &self,
        edition: Option<EditionNumber>,
        between: Range<DateTime<Utc>>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.write(move |conn| edition_progress::postpone(conn, edition, &between, limit)).await
    }

    async fn handed_over_since(&self, from: DateTime<Utc>) -> Result<u64, StoreError> {
        self.read(move |conn| edition_progress::handed_over_since(conn, from)).await
    }

    async fn expire(
        &self,
        edition: EditionNumber,
        before: u64,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        self.write(move |conn| edition_progress::expire(conn, edition, before, limit, at)).await
    }

    async fn finish(&self, edition: EditionNumber, at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.write(move |conn| finish(conn, edition, at)).await
    }

    async fn tally(&self, edition: EditionNumber) -> Result<Tally, StoreError> {
        self.read(move |conn| edition_progress::tally(conn, edition)).await
    }

    async fn accepted_by_minute(
        &self,
        edition: EditionNumber,
        limit: u32,
    ) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError> {
        self.read(move |conn| edition_progress::accepted_by_minute(conn, edition, limit)).await
    }

    async fn next_retry(&self, edition: EditionNumber) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(move |conn| edition_progress::next_retry(conn, edition)).await
    }

    async fn item_state(&self, id: ItemId) -> Result<Option<DeliveryState>, StoreError> {
        self.read(move |conn| {
            let query = "SELECT state FROM deliveries WHERE mailing = ?1 AND recipient = ?2";
            sql::row(conn, query, key(id)?, |row| Ok(row.get(0)?))
        })
        .await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let (hasher, filter) = (self.hasher.clone(), filter.clone());
        self.read(move |conn| listing::page(conn, &hasher, &filter, after, limit)).await
    }

    async fn retry(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        before: RetriedPart,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<RetriedPart, StoreError> {
        let (hasher, filter) = (self.hasher.clone(), filter.clone());
        self.write(move |conn| {
            let mailboxes = deliveries::ended_mailboxes(conn, &hasher, &filter, edition)?;
            deliveries::retry(conn, edition, (&filter.states, mailboxes.as_deref()), before, limit, at)
        })
        .await
    }

    async fn resolve(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        accepted: bool,
        before: ResolvedPart,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<ResolvedPart, StoreError> {
        let (hasher, filter) = (self.hasher.clone(), filter.clone());
        self.write(move |conn| {
            let mailboxes = deliveries::ended_mailboxes(conn, &hasher, &filter, edition)?;
            deliveries::resolve(conn, edition, mailboxes.as_deref(), accepted, (before, limit), at)
        })
        .await
    }
}
