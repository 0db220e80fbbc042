//! One edition to one mailbox: its states, and what a reply does to them (contract §6).

use std::fmt;

use serde::Serialize;

use super::edition::EditionNumber;
use super::subscriber::{RecipientId, SuppressionReason};

/// Which delivery: unique, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The edition.
    pub edition: EditionNumber,
    /// The mailbox.
    pub recipient: RecipientId,
}

/// Where a delivery stands. `Claimed` and `AtDot` together are what people see as *sending*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Waits for its turn.
    Queued,
    /// A process has it in hand; nothing was sent that could be accepted.
    Claimed,
    /// The final dot may have been sent, and no reply is recorded.
    AtDot,
    /// The relay answered 2xx to the final dot.
    Accepted,
    /// Waits for its next attempt.
    Deferred,
    /// Nobody can know whether it was accepted.
    Uncertain,
    /// Refused for good.
    Failed,
    /// Given up.
    Expired,
    /// The mailbox was suppressed after the edition was published.
    Suppressed,
}

/// What the relay made of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx at the final dot.
    Accepted(Reply),
    /// Try again later: 4xx anywhere, or no connection before the dot.
    Transient(Reply),
    /// Refused: 5xx at RCPT, DATA or the dot. `suppress` when the reply says the mailbox does not exist.
    Permanent {
        /// What was said.
        reply: Reply,
        /// Whether the address must never be mailed again.
        suppress: Option<SuppressionReason>,
    },
    /// The dot was sent and no valid reply came: it may have been accepted.
    Uncertain(Reply),
    /// The relay refuses us, not the recipient: the run must stop (5xx at EHLO, AUTH or MAIL).
    SenderRefused(Reply),
}

/// What was said, for the operator. It never holds a whole address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reply {
    /// The reply code, or `None` when none came.
    pub code: Option<u16>,
    /// The text, one line, at most 500 characters.
    pub text: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code} {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

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
