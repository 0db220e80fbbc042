//! What is held about one mailbox, and how it is forgotten: at a person's wish, or when its time is over.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AuditRecord, StoreError};
use crate::domain::address::Address;
use crate::domain::delivery::TransactionalKind;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::request::RequestKind;

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

/// Records that are kept for a time, and where forgetting them goes on after a small part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Attempts of editions that are sent, after this delivery.
    Attempts(EditionNumber, RecipientId),
    /// Bounces, but for those that a rule of editions in a row may ask for.
    Bounces,
    /// Letters that are settled.
    Letters,
    /// Requests that are over, and of which no letter is left.
    Requests,
}

/// What a store tells about a person, and forgets.
#[async_trait]
pub trait Privacy {
    /// Everything that is held about a mailbox beside its subscriptions.
    async fn subject_data(&self, recipient: RecipientId) -> Result<SubjectData, StoreError>;

    /// Removes a small part of the records that are older than `before`: how many went, and where to go on; `None` at the end.
    async fn forget_records(
        &self,
        records: Records,
        before: DateTime<Utc>,
    ) -> Result<(u64, Option<Records>), StoreError>;

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
