//! What came back by mail: how many messages of which kind, and whose a delivery was.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::StoreError;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::BounceCount;
use crate::domain::subscription::report_kind::ReportKind;

/// What a store does with reports.
#[async_trait]
pub trait Reports {
    /// One more message of this kind came in.
    async fn count_report(&self, kind: ReportKind) -> Result<(), StoreError>;

    /// How many messages of each kind came in; kinds of which none came are left out.
    async fn report_counts(&self) -> Result<BTreeMap<ReportKind, u64>, StoreError>;

    /// How many bounces of each edition mean what, by edition; none where none.
    async fn bounce_counts(&self) -> Result<Vec<BounceCount>, StoreError>;

    /// Remembers that the message of this mark was dealt with and lies where it lay.
    async fn note_left_behind(&self, mark: &str) -> Result<(), StoreError>;

    /// Forgets it: the message lies there no more.
    async fn forget_left_behind(&self, mark: &str) -> Result<(), StoreError>;

    /// The marks of all such messages.
    async fn left_behind(&self) -> Result<BTreeSet<String>, StoreError>;

    /// The mailboxes of a published edition, by number, after `after`: at most `limit`.
    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError>;
}
