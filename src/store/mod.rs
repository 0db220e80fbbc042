//! The store: what is remembered, behind a trait of domain verbs that a second backend can implement.
//!
//! Nothing of SQL, of a table or of a rowid shows here. Every verb is one transaction; none spans network I/O.

mod archive;
mod editions;
mod error;
mod outbox;
mod privacy;
mod records;
mod reports;
mod requests;
pub mod sqlite;

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::Segment;
use crate::domain::subscriber::{
    RecipientId, SubscribeRequest, Subscribed, SubscriberCounts, SubscriberRecord, SuppressionReason,
};
use crate::domain::sync::{SyncPlan, Truth};

pub use crate::domain::audit::AuditRecord;
pub use archive::{
    Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedSegment, PublishedText, PublishedView,
    SegmentNumber,
};
pub use editions::{ActivityWithdrawal, Editions, StoreMeta};
pub use error::StoreError;
pub use outbox::{Attempt, AttemptResult, Claimed, ClaimedContent, DeliveryFilter, DeliveryRecord, Outbox, Retried};
pub use privacy::{
    Erased, Erasure, Forgotten, Limits, Privacy, Stage, SubjectAttempt, SubjectBounce, SubjectData, SubjectDelivery,
    SubjectLetter, SubjectRequest,
};
pub use records::Suppression;
pub use reports::{Bounced, ReportKind, Reports};
pub use requests::{Asked, Clicked, Requests};

/// Who made a change: a word for the audit table, such as `cli`, `daemon`, `config`.
pub type Actor = &'static str;

/// What every backend does.
#[async_trait]
pub trait Store: Archive + Editions + Outbox + Privacy + Reports + Requests + Send + Sync {
    /// What a sync of these addresses depends on.
    async fn sync_truth(&self, wished: &[Address]) -> Result<Truth, StoreError>;

    /// Applies a sync, all or nothing.
    async fn apply_sync(&self, plan: &SyncPlan, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Adds or updates mailboxes, all or nothing; one result per request.
    async fn subscribe(&self, requests: &[SubscribeRequest], at: DateTime<Utc>) -> Result<Vec<Subscribed>, StoreError>;

    /// Ends every subscription of the address and suppresses it. Returns the name of the subscriber it belonged to,
    /// or `None` when it had no active subscription (it is suppressed all the same).
    async fn unsubscribe(
        &self,
        address: &Address,
        reason: SuppressionReason,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError>;

    /// As [`Store::unsubscribe`], for the mailbox with this number. One that is unknown is none; one whose address was
    /// forgotten stays suppressed by its key.
    async fn leave(
        &self,
        recipient: RecipientId,
        reason: SuppressionReason,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError>;

    /// The name of the subscriber that a mailbox belongs to, while it has a subscription.
    async fn subscribed_name(&self, recipient: RecipientId) -> Result<Option<String>, StoreError>;

    /// Why this address is never mailed, if so; one that was forgotten is known by its key.
    async fn suppression(&self, address: &Address) -> Result<Option<SuppressionReason>, StoreError>;

    /// Every suppression, oldest first.
    async fn suppressions(&self) -> Result<Vec<Suppression>, StoreError>;

    /// Lifts a suppression, and begins no subscription. Returns why it was there.
    async fn lift_suppression(
        &self,
        address: &Address,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Option<SuppressionReason>, StoreError>;

    /// The mailbox moves to a new address and keeps its number, subscriptions and deliveries.
    /// `Refused` when `old` is unknown, `new` is a mailbox already, or either is suppressed.
    async fn change_address(&self, old: &Address, new: &Address, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Every organisation with its mailboxes, oldest first.
    async fn subscribers(&self) -> Result<Vec<SubscriberRecord>, StoreError>;

    /// Organisations by state.
    async fn subscriber_counts(&self) -> Result<SubscriberCounts, StoreError>;

    /// Suppressed addresses.
    async fn suppression_count(&self) -> Result<u64, StoreError>;

    /// Who would get an edition now: active, unsuppressed mailboxes by segment, counting only bands in `served`.
    /// Mailboxes with none of them are left out.
    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError>;

    /// Active mailboxes per band, bands that are no longer configured too.
    async fn readers(&self) -> Result<BTreeMap<BandName, u64>, StoreError>;
}
