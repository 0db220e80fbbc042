//! What is held about one mailbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AuditRecord, LetterKind, StoreError};
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::request::RequestKind;
use crate::domain::subscriber::RecipientId;

/// Everything about one mailbox that is not in its subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Since when it is known.
    pub known_since: Option<DateTime<Utc>>,
    /// Since when it is suppressed, if it is.
    pub suppressed_since: Option<DateTime<Utc>>,
    /// What was sent to it, by edition.
    pub deliveries: Vec<HeldDelivery>,
    /// What it was asked to confirm, or may undo.
    pub requests: Vec<HeldRequest>,
    /// Mail that was no edition: its text is not kept.
    pub letters: Vec<HeldLetter>,
    /// What was decided about it, oldest first.
    pub audit: Vec<AuditRecord>,
}

/// One edition to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldDelivery {
    /// Which edition.
    pub edition: EditionNumber,
    /// Where it stands.
    pub state: &'static str,
    /// Every attempt that is still remembered, oldest first.
    pub attempts: Vec<HeldAttempt>,
    /// The bounce that came back, if one did.
    pub bounce: Option<HeldBounce>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldAttempt {
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
pub struct HeldBounce {
    /// When it came.
    pub at: DateTime<Utc>,
    /// Its enhanced status code, if it named one.
    pub status: Option<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldRequest {
    /// What was asked for.
    pub kind: RequestKind,
    /// When.
    pub made_at: DateTime<Utc>,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
    /// When it was fulfilled.
    pub done_at: Option<DateTime<Utc>>,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldLetter {
    /// What it was for.
    pub kind: LetterKind,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Where it stands.
    pub state: &'static str,
}

/// What an erasure removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// A mailbox, and not only a suppressed address.
    pub mailbox: bool,
    /// The name of a subscriber who had no other mailbox.
    pub name: bool,
    /// The journal beside the store holds it no longer, either.
    pub is_gone_from_disk: bool,
}

/// What is too old to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// Attempts, letters and requests from before this instant.
    pub attempts_before: DateTime<Utc>,
    /// Addresses of those whose subscriptions all ended before this instant.
    pub ended_before: DateTime<Utc>,
}

/// What a store tells about a person, and forgets.
#[async_trait]
pub trait Privacy {
    /// Everything that is held about a mailbox beside its subscriptions.
    async fn held(&self, recipient: RecipientId) -> Result<Held, StoreError>;

    /// Forgets an address, in whatever state, and everything about it: from the store, its free space and its journal. The
    /// address stays suppressed by its keyed hash. `None` when nothing is known of it.
    async fn erase(&self, address: &Address, at: DateTime<Utc>) -> Result<Option<Erased>, StoreError>;

    /// Forgets some of what is old, about `limit` rows; 0 when nothing is left. Nothing of an edition that is being sent.
    async fn forget_old(&self, old: &Old, at: DateTime<Utc>, limit: u32) -> Result<u64, StoreError>;
}
