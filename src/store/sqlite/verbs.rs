//! The verbs of [`Store`]: each is one request to the thread that writes or to the one that reads.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::SqliteStore;
use crate::domain::delivery::{DeliveryId, DeliveryState, Tally};
use crate::domain::edition::EditionNumber;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::{claim, deliveries, settle, step};
use crate::store::{Claimed, DeliveryFilter, DeliveryRecord, Retried, Step, Store, StoreError};

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl Store for SqliteStore {
    async fn recover(&self, resend: bool, at: DateTime<Utc>) -> Answer<u64> {
        let claimant = Arc::clone(&self.process_lock);
        let recovered = self.write(move |conn| claim::recover(conn, &claimant, resend, sql::millis(at))).await?;
        // Only now: until the commit, another process must still find them.
        self.process_lock.sweep(&recovered.files);
        Ok(recovered.deliveries)
    }

    async fn claim(&self, edition: EditionNumber, now: DateTime<Utc>, limit: u32) -> Answer<Vec<Claimed>> {
        let claimant = Arc::clone(&self.process_lock);
        self.write(move |conn| claim::claim(conn, &claimant, edition, now, limit)).await
    }

    async fn step(&self, step: Step) -> Answer<bool> {
        let (hasher, claimant) = (self.hasher.clone(), Arc::clone(&self.process_lock));
        self.write(move |conn| step::step(conn, &hasher, &claimant, &step)).await
    }

    async fn is_wanted(&self, id: DeliveryId) -> Answer<bool> {
        match &self.inline_reader {
            Some(reader) => reader.look(&self.place, |conn| claim::is_wanted(conn, id)),
            None => self.write(move |conn| claim::is_wanted(conn, id)).await,
        }
    }

    async fn postpone(&self, edition: EditionNumber, between: Range<DateTime<Utc>>) -> Answer<u64> {
        self.write(move |conn| settle::postpone(conn, edition, &between)).await
    }

    async fn handed_over_since(&self, from: DateTime<Utc>) -> Answer<u64> {
        self.read(move |conn| settle::handed_over_since(conn, from)).await
    }

    async fn release(&self, edition: EditionNumber) -> Answer<u64> {
        let claimant = Arc::clone(&self.process_lock);
        self.write(move |conn| claim::release(conn, &claimant, edition)).await
    }

    async fn abandon(&self, resend: bool, at: DateTime<Utc>) -> Answer<u64> {
        let claimant = Arc::clone(&self.process_lock);
        self.write(move |conn| claim::abandon(conn, &claimant, resend, sql::millis(at))).await
    }

    async fn expire(&self, edition: EditionNumber, at: DateTime<Utc>) -> Answer<u64> {
        self.write(move |conn| settle::expire(conn, edition, at)).await
    }

    async fn finish(&self, edition: EditionNumber, at: DateTime<Utc>) -> Answer<bool> {
        self.write(move |conn| settle::finish(conn, edition, at)).await
    }

    async fn tally(&self, edition: EditionNumber) -> Answer<Tally> {
        self.read(move |conn| settle::tally(conn, edition)).await
    }

    async fn next_retry(&self, edition: EditionNumber) -> Answer<Option<DateTime<Utc>>> {
        self.read(move |conn| settle::next_retry(conn, edition)).await
    }

    async fn delivery(&self, id: DeliveryId) -> Answer<Option<DeliveryState>> {
        self.read(move |conn| settle::state(conn, id)).await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Answer<Vec<DeliveryRecord>> {
        let filter = filter.clone();
        self.read(move |conn| deliveries::page(conn, &filter, after, limit)).await
    }

    async fn retry(&self, edition: EditionNumber, filter: &DeliveryFilter, at: DateTime<Utc>) -> Answer<Retried> {
        let filter = filter.clone();
        self.write(move |conn| deliveries::retry(conn, edition, &filter, at)).await
    }

    async fn resolve(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        accepted: bool,
        at: DateTime<Utc>,
    ) -> Answer<u64> {
        let filter = filter.clone();
        self.write(move |conn| deliveries::resolve(conn, edition, &filter, accepted, at)).await
    }
}
