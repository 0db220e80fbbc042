//! The store: what is remembered, behind a trait of domain verbs that a second backend can implement.
//!
//! Nothing of SQL, of a table or of a rowid shows here. Every verb is one transaction; none spans network I/O.

mod archive;
mod deliveries;
mod editions;
mod error;
mod letters;
mod privacy;
mod reports;
pub mod sqlite;
mod subscribers;

use std::ops::Range;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryId, DeliveryState, Outcome, Tally};
use crate::domain::edition::EditionNumber;

pub use crate::domain::audit::AuditRecord;
pub use archive::{
    Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedSegment, PublishedText, PublishedView,
    SegmentNumber,
};
pub use deliveries::{Attempt, DeliveryFilter, DeliveryRecord, Retried};
pub use editions::{ActivityWithdrawal, Editions, StoreMeta};
pub use error::StoreError;
pub use letters::{ClaimedLetter, LetterId, LetterKind, Letters, NewLetter};
pub use privacy::{
    Privacy, Records, SubjectAttempt, SubjectBounce, SubjectData, SubjectDelivery, SubjectLetter, SubjectRequest,
};
pub use reports::{ReportKind, Reports};
pub use subscribers::{Decision, Scope, Subscribers, Traces, decide};

/// Who made a change: a word for the audit table, such as `cli`, `daemon`, `config`.
pub type Actor = &'static str;

/// A delivery that this process has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which delivery.
    pub id: DeliveryId,
    /// Its segment.
    pub segment: SegmentNumber,
    /// Where it goes.
    pub address: Address,
    /// The subscriber's name, as it was when the edition was published.
    pub subscriber: String,
    /// Attempts before this one.
    pub attempts: u32,
    /// When the first of them ended.
    pub first_attempt: Option<DateTime<Utc>>,
    /// An earlier attempt may have been accepted: a refusal now leaves it uncertain.
    pub repeated: bool,
}

/// A step of the sender: the result of one delivery, the mark of the next, or both, committed together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// What became of a delivery that was at the dot or claimed, and when it is tried again if it is deferred.
    pub done: Option<Done>,
    /// The delivery whose final dot will be sent next.
    pub mark: Option<DeliveryId>,
}

/// The result of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Which delivery.
    pub id: DeliveryId,
    /// What the relay made of it.
    pub outcome: Outcome,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// When it may be tried again, if it may; `None` gives up (expired), or leaves it uncertain.
    pub retry_at: Option<DateTime<Utc>>,
}

/// What every backend does.
#[async_trait]
pub trait Store: Archive + Editions + Letters + Privacy + Reports + Subscribers + Send + Sync {
    /// Takes up what dead processes left in hand: claimed ones are queued again; those at the dot are queued again as
    /// `repeated` when `resend`, else uncertain. Returns how many.
    async fn recover(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Takes at most `limit` deliveries in hand that are queued, or deferred and due at `now`. Suppressed mailboxes
    /// become `suppressed` on the way and are not returned.
    async fn claim(&self, edition: EditionNumber, now: DateTime<Utc>, limit: u32) -> Result<Vec<Claimed>, StoreError>;

    /// Records results and marks, durably, before it returns. Returns whether the mark was set: a mailbox suppressed since
    /// the claim is not marked and becomes `suppressed`; one of an edition that was held since is queued again. A mark of
    /// a delivery that is not claimed by this process is `Refused`.
    async fn step(&self, step: Step) -> Result<bool, StoreError>;

    /// Whether a delivery is still wanted: its mailbox is not suppressed and its edition is being sent. Asked just before
    /// MAIL (invariant 4), so it answers within microseconds.
    async fn is_wanted(&self, id: DeliveryId) -> Result<bool, StoreError>;

    /// Everything queued of this edition becomes deferred, each until some moment of `between`: the relay cannot be
    /// reached, so nothing was tried. Returns how many.
    async fn postpone(&self, edition: EditionNumber, between: Range<DateTime<Utc>>) -> Result<u64, StoreError>;

    /// How many attempts since `from` handed a mail over, or may have: what counts against a daily cap.
    async fn handed_over_since(&self, from: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Puts claimed (not marked) deliveries of this process back to queued: a clean stop.
    async fn release(&self, edition: EditionNumber) -> Result<u64, StoreError>;

    /// Takes up everything that this process has in hand, as [`Store::recover`] does for dead ones: for the end of a run,
    /// when no sender of this process is at work any more. Returns how many.
    async fn abandon(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Everything queued or deferred of this edition becomes expired.
    async fn expire(&self, edition: EditionNumber, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// The edition becomes `sent` if nothing of it is queued, in hand or deferred. Returns whether it is sent.
    async fn finish(&self, edition: EditionNumber, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Deliveries by state.
    async fn tally(&self, edition: EditionNumber) -> Result<Tally, StoreError>;

    /// When the next deferred delivery of the edition may be tried.
    async fn next_retry(&self, edition: EditionNumber) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// The state of one delivery.
    async fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryState>, StoreError>;

    /// Deliveries that `filter` lets through, by edition and mailbox, after `after`: at most `limit`.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Failed, expired and uncertain deliveries of `edition` that `filter` lets through are queued again, with their full
    /// time anew; suppressed mailboxes stay out. A sent edition is being sent again. `Refused` when a newer edition was
    /// published: the calendar would expire them at once.
    async fn retry(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        at: DateTime<Utc>,
    ) -> Result<Retried, StoreError>;

    /// Uncertain deliveries of `edition` that `filter` lets through become accepted, or failed: an operator found out.
    /// Returns how many.
    async fn resolve(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        accepted: bool,
        at: DateTime<Utc>,
    ) -> Result<u64, StoreError>;
}
