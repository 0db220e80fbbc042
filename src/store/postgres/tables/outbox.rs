//! The outbox as rows of `deliveries`: each belongs to an edition, or to a transactional mail, and is in the hands of at
//! most one node whose lease is not over.

pub(in crate::store::postgres) mod accepted;
mod at_once;
pub(in crate::store::postgres) mod cap;
mod changes;
mod claim;
mod deliveries;
mod edition_progress;
mod items;
mod listing;
pub(in crate::store::postgres) mod memory;
mod record;
pub(in crate::store::postgres) mod replies;
mod take_up;
pub(in crate::store::postgres) mod transactional;
mod wanted;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, RetriedPart};
use crate::domain::delivery::{DailyCap, DeliveryId, DeliveryState, ItemId, Tally};
use crate::domain::edition::EditionNumber;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::within;
use crate::store::shared::items::key;
use crate::store::{Claimed, Marked, Outbox, Step, StoreError, WithinCap};

use record::Taken;

pub(in crate::store::postgres) use edition_progress::finish;
pub(in crate::store::postgres) use take_up::take_up;
pub(in crate::store::postgres) use wanted::Questions;

#[async_trait]
impl Outbox for PostgresStore {
    async fn recover(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let ours = self.lease.numbers();
        self.end_doubting(at).await?;
        within!(self, Change, |transaction| take_up::recover(&transaction, &ours, resend, sql::millis(at)).await)
    }

    async fn abandon(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let (now, ours) = (self.lease.number(), self.lease.numbers_at_the_end());
        let taken =
            within!(self, Change, |transaction| take_up::abandon(&transaction, now, &ours, resend, sql::millis(at))
                .await);
        self.lease.note_put_back(&ours, taken.is_ok());
        self.memory.clear();
        taken
    }

    async fn waiting(&self, edition: Option<EditionNumber>, now: DateTime<Utc>, most: u32) -> Result<u32, StoreError> {
        within!(self, Look, |transaction| claim::waiting(&transaction, edition, sql::millis(now), most).await)
    }

    async fn claim(
        &self,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        Ok(self.claim_some(None, edition, now, limit).await?.claimed)
    }

    async fn claim_within(
        &self,
        cap: DailyCap,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<WithinCap, StoreError> {
        self.claim_some(Some(cap), edition, now, limit).await
    }

    async fn left_within(&self, cap: DailyCap) -> Result<u32, StoreError> {
        within!(self, Look, |transaction| cap::left(&transaction, cap).await)
    }

    async fn record_and_mark(&self, steps: &Arc<[Step]>) -> Result<Vec<Marked>, StoreError> {
        if let Some(taken) = at_once::take_steps(self, steps).await? {
            return Ok(self.note(taken, steps).await);
        }
        let taken = if steps.iter().any(record::decides_about_the_list) {
            within!(self, DecideList, |transaction| record::take_steps(&transaction, &self.hasher, &self.lease, steps)
                .await)
        } else {
            within!(self, Change, |transaction| record::take_steps(&transaction, &self.hasher, &self.lease, steps)
                .await)
        };
        match taken {
            Ok(taken) => Ok(self.note(taken, steps).await),
            Err(error) => {
                self.memory.forget(record::items_of(steps));
                Err(error)
            }
        }
    }

    async fn is_wanted(&self, id: ItemId) -> Result<bool, StoreError> {
        let ours = Some(self.lease.numbers()).filter(|numbers| !numbers.is_empty());
        self.questions.is_wanted(id, ours).await
    }

    async fn postpone(
        &self,
        edition: Option<EditionNumber>,
        between: Range<DateTime<Utc>>,
        limit: u32,
    ) -> Result<u64, StoreError> {
        within!(self, Change, |transaction| {
            edition_progress::postpone(&transaction, edition, &between, limit).await
        })
    }

    async fn handed_over_since(&self, from: DateTime<Utc>) -> Result<u64, StoreError> {
        within!(self, Look, |transaction| edition_progress::handed_over_since(&transaction, from).await)
    }

    async fn expire(
        &self,
        edition: EditionNumber,
        before: u64,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        within!(self, Change, |transaction| {
            edition_progress::expire(&transaction, edition, before, limit, at).await
        })
    }

    async fn finish(&self, edition: EditionNumber, at: DateTime<Utc>) -> Result<bool, StoreError> {
        within!(self, DecideEditions, |transaction| finish(&transaction, edition, at).await)
    }

    async fn tally(&self, edition: EditionNumber) -> Result<Tally, StoreError> {
        within!(self, Look, |transaction| edition_progress::tally(&transaction, edition).await)
    }

    async fn accepted_by_minute(
        &self,
        edition: EditionNumber,
        limit: u32,
    ) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError> {
        within!(self, Look, |transaction| edition_progress::accepted_by_minute(&transaction, edition, limit).await)
    }

    async fn next_retry(&self, edition: EditionNumber) -> Result<Option<DateTime<Utc>>, StoreError> {
        within!(self, Look, |transaction| edition_progress::next_retry(&transaction, edition).await)
    }

    async fn item_state(&self, id: ItemId) -> Result<Option<DeliveryState>, StoreError> {
        within!(self, Look, |transaction| {
            let (mailing, recipient) = key(id)?;
            let query = "SELECT state FROM deliveries WHERE mailing = $1 AND recipient = $2";
            transaction.row(query, params![mailing, recipient], |row| Ok(row.try_get(0)?)).await
        })
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        within!(self, Look, |transaction| listing::page(&transaction, &self.hasher, filter, after, limit).await)
    }

    async fn retry(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        before: RetriedPart,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<RetriedPart, StoreError> {
        within!(self, DecideEditions, |transaction| {
            let mailboxes = deliveries::ended_mailboxes(&transaction, &self.hasher, filter, edition).await?;
            deliveries::retry(&transaction, edition, (&filter.states, mailboxes), before, limit, at).await
        })
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
        within!(self, DecideEditions, |transaction| {
            let mailboxes = deliveries::ended_mailboxes(&transaction, &self.hasher, filter, edition).await?;
            deliveries::resolve(&transaction, edition, mailboxes, accepted, (before, limit), at).await
        })
    }
}

impl PostgresStore {
    /// The answers to steps that are committed. What was marked too late is put back.
    async fn note(&self, mut taken: Taken, steps: &[Step]) -> Vec<Marked> {
        self.memory.change(std::mem::take(&mut taken.items));
        self.words.note(std::mem::take(&mut taken.words), self.source.losses());
        let (answers, too_late) = taken.answers(steps);
        if !too_late.is_empty() {
            // What is not put back now is so at the end of the run, as if it might have been sent.
            let _ = self.put_back(&too_late).await;
            self.memory.forget(record::items_of(&too_late));
        }
        answers
    }

    async fn put_back(&self, steps: &[Step]) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            record::take_steps(&transaction, &self.hasher, &self.lease, steps).await.map(drop)
        })
    }

    async fn claim_some(
        &self,
        cap: Option<DailyCap>,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<WithinCap, StoreError> {
        let mut over = None;
        for _ in 0..claim::TRIES {
            let me = self.lease.register(over).await?;
            let claimed = within!(self, Change, |transaction| {
                let left = cap::left_today(&transaction, cap).await?;
                let (edition, limit) = DailyCap::bound(left, edition, limit);
                let claimed = claim::claim(&transaction, me, edition, sql::millis(now), limit).await?;
                let epoch = transaction.epoch()?;
                let within = |claimed| WithinCap { claimed, is_reached: left == 0 };
                Ok(claimed.map(|(claimed, lease_until)| (within(claimed), lease_until, epoch)))
            })?;
            match claimed {
                Some((within, lease_until, epoch)) => {
                    self.memory.claimed(&within.claimed, (me, lease_until), epoch);
                    return Ok(within);
                }
                None => over = Some(me),
            }
        }
        let reason = "the lease of this node is over again and again before it is used".to_owned();
        Err(StoreError::Unreachable { place: self.place.clone(), reason })
    }
}
