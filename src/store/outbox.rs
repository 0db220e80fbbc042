//! The outbox: every mail that waits to be sent, is in hand or was sent. One claim, one record, one recovery for all kinds.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{SegmentNumber, StoreError};
use crate::domain::address::Address;
use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, RetriedPart};
use crate::domain::delivery::{DailyCap, DeliveryId, DeliveryState, EnqueuedMail, ItemId, Outcome, Tally};
use crate::domain::edition::EditionNumber;

/// An item that this process has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: ItemId,
    pub address: Address,
    /// Attempts before this one.
    pub attempts: u32,
    /// When the first of them ended.
    pub first_attempt: Option<DateTime<Utc>>,
    /// An earlier attempt may have been accepted: a refusal now leaves it uncertain.
    pub repeated: bool,
    /// How many of them may have been accepted, as far as attempts are known.
    pub uncertain: u32,
    pub content: ClaimedContent,
}

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedContent {
    /// A segment of the edition that was published.
    Digest {
        segment: SegmentNumber,
        /// The subscriber's name, as it was when the edition was published.
        subscriber: String,
    },
    /// A text of its own.
    Transactional(Box<EnqueuedMail>),
}

/// The result of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptResult {
    /// Of which item.
    pub id: ItemId,
    /// What the relay made of it.
    pub outcome: Outcome,
    pub at: DateTime<Utc>,
    /// When it may be tried again, if it may; `None` gives up (expired), or leaves it uncertain.
    pub retry_at: Option<DateTime<Utc>>,
}

/// One step of a worker: what became of one item, and which is in flight next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    pub result: Option<AttemptResult>,
    pub mark: Option<ItemId>,
}

/// What became of a [`Step`]: whether its mark was set.
pub type Marked = Result<bool, StoreError>;

/// What was claimed within a day's cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithinCap {
    pub claimed: Vec<Claimed>,
    /// The cap left nothing, so that of the edition none was taken.
    pub is_reached: bool,
}

/// What a store does with mails on their way.
#[async_trait]
pub trait Outbox {
    /// Takes up what dead processes left in hand: what was claimed is queued again; what was in flight is, as
    /// [`DeliveryState::after_crash`] says, queued again as `repeated`, or uncertain. Returns how many.
    async fn recover(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Takes up everything that this process has in hand, as [`Outbox::recover`] does for dead ones: for the end of a run,
    /// when no sender of this process is at work any more. Returns how many.
    async fn abandon(&self, resend: bool, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// How many items could be claimed at `now`, counted no further than `most`: of an edition, or of what belongs to none.
    async fn waiting(&self, edition: Option<EditionNumber>, now: DateTime<Utc>, most: u32) -> Result<u32, StoreError>;

    /// Takes at most `limit` items in hand that are queued, or due again at `now`: first what belongs to no edition, then
    /// those of `edition` while it is being sent, by mailbox. Whoever may not be mailed any more is settled on the way. A
    /// restored store gives nothing.
    async fn claim(
        &self,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// As [`Outbox::claim`], but no more than `cap` leaves: whatever other processes handed over, and whatever they have in hand,
    /// counts, so that all of them together keep it.
    async fn claim_within(
        &self,
        cap: DailyCap,
        edition: Option<EditionNumber>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<WithinCap, StoreError>;

    /// How much more a claim within this cap could take: what all processes handed over, and what they have in hand of any edition,
    /// counts.
    async fn left_within(&self, cap: DailyCap) -> Result<u32, StoreError>;

    /// Takes steps in their order, all in one transaction, durably before it returns: each records the result of one item and
    /// marks another as in flight. Says of each whether its mark was set: an item whose mailbox was suppressed since the claim
    /// is settled instead; one whose edition was held since is queued again. A step of which something is `Refused`, because it
    /// is not in this process's hands, changes nothing, and the others count all the same.
    ///
    /// # Errors
    /// When nothing of any step was kept.
    async fn record_and_mark(&self, steps: &Arc<[Step]>) -> Result<Vec<Marked>, StoreError>;

    /// Whether an item is still wanted: its mailbox may get it, and its edition is being sent. Asked just before MAIL
    /// (invariant 4), so it answers within microseconds.
    async fn is_wanted(&self, id: ItemId) -> Result<bool, StoreError>;

    /// At most `limit` items that are queued, of an edition or of what belongs to none, become deferred, each until some moment
    /// of `between`: the relay cannot be reached, so nothing was tried. Returns how many; more may be queued when that is
    /// `limit`.
    async fn postpone(
        &self,
        edition: Option<EditionNumber>,
        between: Range<DateTime<Utc>>,
        limit: u32,
    ) -> Result<u64, StoreError>;

    /// How many attempts since `from` handed an edition's mail over, or may have: what counts against a daily cap.
    async fn handed_over_since(&self, from: DateTime<Utc>) -> Result<u64, StoreError>;

    /// At most `limit` deliveries of this edition that wait become expired, after `before` in earlier parts. Returns how many;
    /// more may wait when that is `limit`.
    async fn expire(
        &self,
        edition: EditionNumber,
        before: u64,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<u64, StoreError>;

    /// The edition becomes `sent` if nothing of it is queued, in hand or deferred. Returns whether it is sent.
    async fn finish(&self, edition: EditionNumber, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Deliveries of an edition by state.
    async fn tally(&self, edition: EditionNumber) -> Result<Tally, StoreError>;

    /// How many mails of an edition were accepted in each minute in which some were, oldest first; of at most `limit` minutes.
    /// Attempts that were forgotten are left out.
    async fn accepted_by_minute(
        &self,
        edition: EditionNumber,
        limit: u32,
    ) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError>;

    /// When the next deferred delivery of the edition may be tried.
    async fn next_retry(&self, edition: EditionNumber) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Where one item stands.
    async fn item_state(&self, id: ItemId) -> Result<Option<DeliveryState>, StoreError>;

    /// Deliveries of editions that `filter` lets through, by edition and mailbox, after `after`: at most `limit`.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError>;

    /// Failed, expired and uncertain deliveries of `edition` that `filter` lets through are queued again, with their full
    /// time anew; suppressed mailboxes stay out. A sent edition is being sent again. Those of at most `limit` mailboxes, which
    /// come after the ones that `before` was about. Returns what that came to, `before` included.
    async fn retry(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        before: RetriedPart,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<RetriedPart, StoreError>;

    /// Uncertain deliveries of `edition` that `filter` lets through become accepted, or failed: an operator found out. Those of at
    /// most `limit` mailboxes, which come after the ones that `before` was about. Returns what that came to, `before` included.
    async fn resolve(
        &self,
        edition: EditionNumber,
        filter: &DeliveryFilter,
        accepted: bool,
        before: ResolvedPart,
        limit: u32,
        at: DateTime<Utc>,
    ) -> Result<ResolvedPart, StoreError>;
}
