//! [`Editions`] on `PostgreSQL`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{approved, audit, edition_rows, meta, restored};
use crate::domain::activity::ActivityId;
use crate::domain::edition::state::Changed;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::edits::ApprovedTexts;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::sql::params;
use crate::store::postgres::engine::transaction::within;
use crate::store::{ActivityWithdrawal, Actor, AuditNumber, AuditRecord, Editions, Release, StoreError, StoreMeta};

#[async_trait]
impl Editions for PostgresStore {
    async fn meta(&self) -> Result<Option<StoreMeta>, StoreError> {
        within!(self, Look, |transaction| meta::read(&transaction).await)
    }

    async fn begin(&self, meta: StoreMeta, at: DateTime<Utc>) -> Result<StoreMeta, StoreError> {
        let known = self.meta().await?.filter(|known| known.anchor == meta.anchor);
        if let Some(known) = known {
            return Ok(known);
        }
        within!(self, DecideEditions, |transaction| meta::begin(&transaction, meta, at).await)
    }

    async fn check_version(&self) -> Result<(), StoreError> {
        // Every transaction asks for it, with its first statement; this one is refused where a change would be.
        within!(self, Change, |transaction| transaction.run("SELECT", params![]).await.map(drop))
    }

    async fn editions(&self) -> Result<Vec<Edition>, StoreError> {
        within!(self, Look, |transaction| edition_rows::all(&transaction).await)
    }

    async fn edition(&self, number: EditionNumber) -> Result<Option<Edition>, StoreError> {
        within!(self, Look, |transaction| edition_rows::one(&transaction, number).await)
    }

    async fn approved_texts(&self, number: EditionNumber) -> Result<Option<ApprovedTexts>, StoreError> {
        within!(self, Look, |transaction| approved::read(&transaction, number).await)
    }

    async fn withdrawn(&self) -> Result<BTreeSet<ActivityId>, StoreError> {
        within!(self, Look, |transaction| edition_rows::withdrawn(&transaction).await)
    }

    async fn write_editions(
        &self,
        changed: &Changed,
        activities: &[ActivityWithdrawal],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within!(self, DecideEditions, |transaction| {
            edition_rows::change(&transaction, changed, activities, actor, at).await
        })
    }

    async fn restored(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        within!(self, Look, |transaction| meta::restored(&transaction).await)
    }

    async fn release_restored(&self, resend: bool, at: DateTime<Utc>) -> Result<Release, StoreError> {
        within!(self, DecideEditions, |transaction| restored::release(&transaction, resend, at).await)
    }

    async fn audit_page(
        &self,
        subjects: Option<&BTreeSet<String>>,
        after: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError> {
        within!(self, Look, |transaction| audit::page(&transaction, subjects, after, limit).await)
    }

    async fn audit_page_before(
        &self,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError> {
        within!(self, Look, |transaction| audit::page_before(&transaction, before, limit).await)
    }
}
