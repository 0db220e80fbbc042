//! The store: what is remembered, behind a trait of domain verbs that a second backend can implement.
//!
//! Nothing of SQL, of a table or of a rowid shows here. Every verb is one transaction; none spans network I/O.

mod deliveries;
mod error;
mod letters;
mod privacy;
mod reading;
mod records;
mod reports;
pub mod sqlite;
mod subscribers;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::activity::{ActivityId, Notice};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::delivery::{DeliveryId, DeliveryState, Outcome, Tally};
use crate::domain::edition::{Edition, EditionChange, EditionNumber};
use crate::domain::rendered::Rendered;
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::sender::Sender;

pub use crate::domain::audit::AuditRecord;
pub use deliveries::{Attempt, DeliveryFilter, DeliveryRecord, Retried};
pub use error::StoreError;
pub use letters::{ClaimedLetter, LetterId, LetterKind, Letters, NewLetter};
pub use privacy::{
    Privacy, Records, SubjectAttempt, SubjectBounce, SubjectData, SubjectDelivery, SubjectLetter, SubjectRequest,
};
pub use reading::{PublishedEdition, Reading};
pub use records::Facts;
pub use reports::{ReportKind, Reports};
pub use subscribers::{Decision, Scope, Subscribers, Traces, decide};

/// Who made a change: a word for the audit table, such as `cli`, `daemon`, `config`.
pub type Actor = &'static str;

/// One rendered segment of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedSegment {
    /// What its recipients share.
    pub key: SegmentKey,
    /// What they read.
    pub rendered: Rendered,
}

/// A page that the web view and the feeds will show for a published edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedText {
    /// The activity.
    pub activity: ActivityId,
    /// The whole checked activity, as it went out.
    pub content: crate::domain::activity::Activity,
}

/// An edition as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The edition as it was when the segments were rendered.
    pub edition: Edition,
    /// The instant: every mail's Date.
    pub at: DateTime<Utc>,
    /// The bands of the service; others do not count when recipients are grouped.
    pub served: BandSet,
    /// The sender's side of every header.
    pub sender: Sender,
    /// Every segment, rendered and checked.
    pub segments: Vec<PublishedSegment>,
    /// The theme as it went out.
    pub theme: crate::domain::activity::Theme,
    /// The texts of its activities.
    pub texts: Vec<PublishedText>,
    /// Its notices.
    pub notices: Vec<Notice>,
}

/// What became of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is being sent, to so many recipients.
    Now {
        /// How many.
        recipients: u64,
    },
    /// Somebody else published it before; nothing changed.
    Already,
    /// The edition's date, picks or state changed since it was rendered, one of its activities was withdrawn, or recipients
    /// now form a segment that was not; nothing changed. Render again and retry.
    Changed,
    /// It may not be published in its state (withdrawn, missed, held, gone); nothing changed.
    Refused(String),
}

/// A published edition's mails, as every attempt and every node must build them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which edition.
    pub edition: EditionNumber,
    /// Every mail's Date.
    pub at: DateTime<Utc>,
    /// The sender's side of every header.
    pub sender: Sender,
    /// The segments, by number.
    pub segments: BTreeMap<SegmentNumber, PublishedSegment>,
}

/// A segment's number within its edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub u32);

/// One mailbox of a published edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Its segment.
    pub segment: SegmentNumber,
    /// The subscriber's name, as it was when the edition was published.
    pub subscriber: String,
    /// The mailbox.
    pub address: Address,
}

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
pub trait Store: Letters + Privacy + Reading + Reports + Subscribers + Send + Sync {
    /// What the store remembers about itself; `None` before [`Store::begin`].
    async fn facts(&self) -> Result<Option<Facts>, StoreError>;

    /// Remembers anchor and first fortnight if nothing is remembered yet. A different anchor replaces the old one
    /// (and drops editions that are not published) unless something was published: then `Refused`.
    async fn begin(&self, facts: Facts, at: DateTime<Utc>) -> Result<Facts, StoreError>;

    /// Every edition, by number.
    async fn editions(&self) -> Result<Vec<Edition>, StoreError>;

    /// Applies changes, all or nothing. A change that the edition's state does not allow (see [`EditionChange`]) is
    /// skipped: another process was first. Returns how many were applied.
    async fn change_editions(
        &self,
        changes: &[EditionChange],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<usize, StoreError>;

    /// As [`Store::change_editions`], if every edition that the changes are about is still as it was `seen` (or still
    /// absent). Returns whether they were applied; when not, read again and decide again.
    async fn change_seen(
        &self,
        seen: &[Edition],
        changes: &[EditionChange],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Activities an operator withdrew.
    async fn withdrawn(&self) -> Result<BTreeSet<ActivityId>, StoreError>;

    /// Withdraws an activity (or takes that back) and applies the changes that follow from it, all or nothing, if every
    /// edition is still as it was `seen`. Returns whether it was not so before; `None` when an edition was not as seen,
    /// and nothing changed.
    async fn withdraw_activity(
        &self,
        activity: &ActivityId,
        withdrawn: bool,
        (seen, changes): (&[Edition], &[EditionChange]),
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Option<bool>, StoreError>;

    /// Who would get an edition now: active, unsuppressed mailboxes by segment, counting only bands in `served`.
    /// Mailboxes with none of them are left out.
    async fn audience(&self, served: &BandSet) -> Result<Vec<Segment>, StoreError>;

    /// In one transaction: stores segments and texts, makes the edition `sending`, inserts one delivery per recipient.
    async fn publish(&self, publication: &Publication) -> Result<Published, StoreError>;

    /// Everybody whom a published edition is for, by segment and name; nobody when it was not published.
    async fn addressees(&self, edition: EditionNumber) -> Result<Vec<Addressee>, StoreError>;

    /// What was published; `None` when the edition was not.
    async fn published(&self, edition: EditionNumber) -> Result<Option<Stored>, StoreError>;

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

    /// When the backup was made from which this store was restored, until [`Store::release_restored`]. Meanwhile nothing is
    /// claimed or published.
    async fn restored(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Lets a restored store send again, with the editions that were held for it. What waits in them may have been accepted
    /// after the backup was made: it is sent when `resend`, and otherwise becomes uncertain. Returns the editions.
    async fn release_restored(&self, resend: bool, at: DateTime<Utc>) -> Result<Vec<EditionNumber>, StoreError>;

    /// The audit table, oldest first.
    async fn audit(&self) -> Result<Vec<AuditRecord>, StoreError>;
}
