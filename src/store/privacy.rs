//! What is held about one mailbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AuditRecord, StoreError};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;

/// Everything about one mailbox that is not in its subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Since when it is known.
    pub known_since: Option<DateTime<Utc>>,
    /// What was sent to it, by edition.
    pub deliveries: Vec<HeldDelivery>,
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

/// What a store tells about a person, and forgets.
#[async_trait]
pub trait Privacy {
    /// Everything that is held about a mailbox beside its subscriptions.
    async fn held(&self, recipient: RecipientId) -> Result<Held, StoreError>;
}
