//! [`Editions`] on `SQLite`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{approved, audit, edition_rows, meta, restored};
use crate::domain::activity::ActivityId;
use crate::domain::edition::state::Changed;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::edits::ApprovedTexts;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::schema;
use crate::store::{ActivityWithdrawal, Actor, AuditNumber, AuditRecord, Editions, Release, StoreError, StoreMeta};

#[async_trait]
impl Editions for SqliteStore {
    async fn meta(&self) -> Result<Option<StoreMeta>, StoreError> {
        self.read(meta::read).await
    }

    async fn begin(&self, meta: StoreMeta, at: DateTime<Utc>) -> Result<StoreMeta, StoreError> {
        self.write(move |conn| meta::begin(conn, meta, at)).await
    }

    async fn editions(&self) -> Result<Vec<Edition>, StoreError> {
        self.read(edition_rows::all).await
    }

    async fn edition(&self, number: EditionNumber) -> Result<Option<Edition>, StoreError> {
        self.read(move |conn| edition_rows::one(conn, number)).await
    }

    async fn approved_texts(&self, number: EditionNumber) -> Result<Option<ApprovedTexts>, StoreError> {
        self.read(move |conn| approved::read(conn, number)).await
    }

    async fn withdrawn(&self) -> Result<BTreeSet<ActivityId>, StoreError> {
        self.read(edition_rows::withdrawn).await
    }

    async fn write_editions(
        &self,
        changed: &Changed,
        activities: &[ActivityWithdrawal],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (changed, activities) = (changed.clone(), activities.to_vec());
        self.write(move |conn| edition_rows::change(conn, &changed, &activities, actor, at)).await
    }

    async fn check_version(&self) -> Result<(), StoreError> {
        self.read(schema::check_known).await
    }

    async fn restored(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(meta::restored).await
    }

    async fn release_restored(&self, resend: bool, at: DateTime<Utc>) -> Result<Release, StoreError> {
        self.write(move |conn| restored::release(conn, resend, at)).await
    }

    async fn audit_page(
        &self,
        subjects: Option<&BTreeSet<String>>,
        after: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError> {
        let subjects = subjects.cloned();
        self.read(move |conn| audit::page(conn, subjects.as_ref(), after, limit)).await
    }

    async fn audit_page_before(
        &self,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError> {
        self.read(move |conn| audit::page_before(conn, before, limit)).await
    }
}
