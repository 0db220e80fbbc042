//! What is held about one mailbox, and how it is forgotten: at a person's wish, or when its time is over.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AuditRecord, StoreError};
use crate::domain::address::Address;
use crate::domain::delivery::TransactionalKind;
use crate::domain::edition::EditionNumber;
use crate::domain::request::RequestKind;
use crate::domain::subscriber::RecipientId;

/// Everything about one mailbox that is not in its subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SubjectData {
    /// Since when it is known.
    pub known_since: Option<DateTime<Utc>>,
    /// Since when it is suppressed, if it is.
    pub suppressed_since: Option<DateTime<Utc>>,
    /// What was sent to it, by edition.
    pub deliveries: Vec<SubjectDelivery>,
    /// What it asked for, oldest first.
    pub requests: Vec<SubjectRequest>,
    /// Mail to it that was no edition, oldest first.
    pub letters: Vec<SubjectLetter>,
    /// What was decided about it, oldest first.
    pub audit: Vec<AuditRecord>,
}

/// One edition to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectDelivery {
    /// Which edition.
    pub edition: EditionNumber,
    /// Where it stands.
    pub state: &'static str,
    /// Every attempt that is still remembered, oldest first.
    pub attempts: Vec<SubjectAttempt>,
    /// The bounce that came back, if one did.
    pub bounce: Option<SubjectBounce>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectAttempt {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// What came of it, in a word.
    pub outcome: String,
    /// The reply code, if one came.
    pub code: Option<u16>,
    /// What was said.
    pub reply: String,
}

/// A bounce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectBounce {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its enhanced status code, if it named one.
    pub status: Option<String>,
}

/// A wish that waited for a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectRequest {
    /// What it was for.
    pub kind: RequestKind,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
    /// When the click came, if it did.
    pub done_at: Option<DateTime<Utc>>,
}

/// A letter, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectLetter {
    /// What it is for.
    pub kind: TransactionalKind,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Where it stands.
    pub state: &'static str,
    /// The relay's last reply code, if one came.
    pub code: Option<u16>,
    /// What the relay said last.
    pub reply: Option<String>,
}

/// What was removed of one person. Counts only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The mailbox's number, which stays; none for an address that was only suppressed.
    pub mailbox: Option<RecipientId>,
    /// Subscriptions that ended by it.
    pub subscriptions: u64,
    /// Deliveries that stay as counts, without an address.
    pub deliveries: u64,
    /// Replies of the relay that were removed, from attempts and letters.
    pub replies: u64,
    /// Requests that were closed.
    pub requests: u64,
    /// Letters that were emptied.
    pub letters: u64,
    /// Subscribers whose name went, because it named nobody else.
    pub names: u64,
}

/// What became of a wish to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// It is done now.
    Done(Erased),
    /// It was done before: only the keyed hash is there.
    Before,
    /// The address is not known, nor its hash.
    Unknown,
}

/// Up to when things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts and bounces from before this go.
    pub attempts: DateTime<Utc>,
    /// Mailboxes that ended before this are forgotten.
    pub ended: DateTime<Utc>,
    /// Requests and letters that were settled, and made before this, go.
    pub settled: DateTime<Utc>,
}

/// Where forgetting goes on after a small part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Attempts, after this delivery.
    Attempts(EditionNumber, RecipientId),
    /// Bounces.
    Bounces,
    /// Mailboxes, after this one.
    Mailboxes(RecipientId),
    /// Letters.
    Letters,
    /// Requests.
    Requests,
}

impl Stage {
    /// Where it begins.
    pub const FIRST: Self = Self::Attempts(EditionNumber(0), RecipientId(0));
}

/// How much of each was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Attempts.
    pub attempts: u64,
    /// Bounces.
    pub bounces: u64,
    /// Addresses of mailboxes.
    pub mailboxes: u64,
    /// Letters.
    pub letters: u64,
    /// Requests.
    pub requests: u64,
}

impl std::ops::AddAssign for Forgotten {
    fn add_assign(&mut self, more: Self) {
        self.attempts += more.attempts;
        self.bounces += more.bounces;
        self.mailboxes += more.mailboxes;
        self.letters += more.letters;
        self.requests += more.requests;
    }
}

/// What a store tells about a person, and forgets.
#[async_trait]
pub trait Privacy {
    /// Everything that is held about a mailbox beside its subscriptions.
    async fn held(&self, recipient: RecipientId) -> Result<SubjectData, StoreError>;

    /// Removes what tells who was behind an address: every subscription ends, the address goes, and with it what relays
    /// said about it, and names that named nobody else. Its hash stays suppressed, its number and its deliveries stay for
    /// the counts. What is queued for it is not sent. Idempotent.
    async fn erase(&self, address: &Address, at: DateTime<Utc>) -> Result<Erasure, StoreError>;

    /// A small part of what is older than the limits, from `stage` on: what went, and where to go on; `None` at the end.
    /// Attempts of an edition that is being sent stay, and bounces that a rule of editions in a row may ask for.
    async fn forget(
        &self,
        limits: Limits,
        stage: Stage,
        at: DateTime<Utc>,
    ) -> Result<(Forgotten, Option<Stage>), StoreError>;

    /// Whether something was forgotten that may still lie in the store's files.
    async fn is_unscrubbed(&self) -> Result<bool, StoreError>;

    /// Removes from the store's files what was forgotten; with `erased`, looks for that address in them, too. False when
    /// others that read the store were in the way: then [`Privacy::is_unscrubbed`] stays true.
    async fn scrub(&self, erased: Option<&Address>) -> Result<bool, StoreError>;

    /// When everything that was too old was last forgotten.
    async fn tidied(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Notes that everything that was too old is forgotten.
    async fn note_tidied(&self, at: DateTime<Utc>) -> Result<(), StoreError>;
}
