//! How many mails of an edition stand where.

use serde::Serialize;

/// How many deliveries of an edition stand where. They always add up to `total` (invariant 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of them.
    pub total: u64,
    /// Waiting for their turn.
    pub queued: u64,
    /// In hand.
    pub sending: u64,
    /// Handed over.
    pub accepted: u64,
    /// Waiting for another attempt.
    pub deferred: u64,
    /// Perhaps handed over.
    pub uncertain: u64,
    /// Refused.
    pub failed: u64,
    /// Given up.
    pub expired: u64,
    /// Suppressed since publishing.
    pub suppressed: u64,
}

impl Tally {
    /// Whether nothing is queued, in hand or waiting for another attempt.
    pub fn is_settled(&self) -> bool {
        self.queued + self.sending + self.deferred == 0
    }
}
