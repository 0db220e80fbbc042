//! The verbs of [`Store`]: each is one request to the thread that writes or to the one that reads.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::SqliteStore;
use crate::domain::activity::ActivityId;
use crate::domain::band::BandSet;
use crate::domain::delivery::{DeliveryId, DeliveryState, Tally};
use crate::domain::edition::{Edition, EditionChange, EditionNumber};
use crate::domain::segment::Segment;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::maintenance::backup;
use crate::store::sqlite::tables::{audit, claim, deliveries, editions, meta, publish, settle, step};
use crate::store::{
    Actor, Addressee, AuditRecord, Claimed, DeliveryFilter, DeliveryRecord, Facts, Publication, Published, Retried,
    Step, Store, StoreError, Stored,
};

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl Store for SqliteStore {
    async fn facts(&self) -> Answer<Option<Facts>> {
        self.read(meta::read).await
    }

    async fn begin(&self, facts: Facts, at: DateTime<Utc>) -> Answer<Facts> {
        self.write(move |conn| meta::begin(conn, facts, at)).await
    }

    async fn editions(&self) -> Answer<Vec<Edition>> {
        self.read(editions::all).await
    }

    async fn change_editions(&self, changes: &[EditionChange], actor: Actor, at: DateTime<Utc>) -> Answer<usize> {
        let changes = changes.to_vec();
        self.write(move |conn| {
            let mut applied = 0;
            for change in &changes {
                applied += usize::from(editions::change(conn, change, actor, at)?);
            }
            Ok(applied)
        })
        .await
    }

    async fn change_seen(
        &self,
        seen: &[Edition],
        changes: &[EditionChange],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Answer<bool> {
        let (seen, changes) = (seen.to_vec(), changes.to_vec());
        self.write(move |conn| {
            if !editions::are_as_seen(conn, &seen, &changes)? {
                return Ok(false);
            }
            for change in &changes {
                editions::change(conn, change, actor, at)?;
            }
            Ok(true)
        })
        .await
    }

    async fn withdrawn(&self) -> Answer<BTreeSet<ActivityId>> {
        self.read(editions::withdrawn).await
    }

    async fn withdraw_activity(
        &self,
        activity: &ActivityId,
        withdrawn: bool,
        (seen, changes): (&[Edition], &[EditionChange]),
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Answer<Option<bool>> {
        let (activity, seen, changes) = (activity.clone(), seen.to_vec(), changes.to_vec());
        self.write(move |conn| {
            if !editions::are_as_seen(conn, &seen, &changes)? {
                return Ok(None);
            }
            let new = editions::withdraw_activity(conn, &activity, withdrawn, actor, at)?;
            for change in &changes {
                editions::change(conn, change, actor, at)?;
            }
            Ok(Some(new))
        })
        .await
    }

    async fn audience(&self, served: &BandSet) -> Answer<Vec<Segment>> {
        let served = served.clone();
        self.read(move |conn| publish::audience(conn, &served)).await
    }

    async fn publish(&self, publication: &Publication) -> Answer<Published> {
        let publication = publication.clone();
        self.write(move |conn| publish::publish(conn, &publication)).await
    }

    async fn addressees(&self, edition: EditionNumber) -> Answer<Vec<Addressee>> {
        self.read(move |conn| publish::addressees(conn, edition)).await
    }

    async fn published(&self, edition: EditionNumber) -> Answer<Option<Stored>> {
        self.read(move |conn| publish::published(conn, edition)).await
    }

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

    async fn restored(&self) -> Answer<Option<DateTime<Utc>>> {
        self.read(backup::restored).await
    }

    async fn release_restored(&self, resend: bool, at: DateTime<Utc>) -> Answer<Vec<EditionNumber>> {
        self.write(move |conn| backup::release(conn, resend, at)).await
    }

    async fn audit(&self) -> Answer<Vec<AuditRecord>> {
        self.read(audit::all).await
    }
}
