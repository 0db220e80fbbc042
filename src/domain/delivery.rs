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

/// Where a delivery stands. `Claimed` and `InFlight` together are what people see as *sending*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Waits for its turn.
    Queued,
    /// A process has it in hand; nothing was sent that could be accepted.
    Claimed,
    /// The final dot may have been sent, and no reply is recorded.
    InFlight,
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
    /// Nothing was handed over, and nothing was said: the mailbox was suppressed, the edition held or the run stopped.
    Withheld,
}

impl Outcome {
    /// What was said; none when nothing was handed over.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accepted(reply)
            | Self::Transient(reply)
            | Self::Permanent { reply, .. }
            | Self::Uncertain(reply)
            | Self::SenderRefused(reply) => Some(reply),
            Self::Withheld => None,
        }
    }
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

/// Something that happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A process takes it in hand: it is queued, or deferred and due.
    Claim,
    /// Its final dot is about to be sent.
    Mark,
    /// The process stops cleanly before the dot.
    Release,
    /// An attempt ended.
    Outcome {
        /// What the relay made of it.
        outcome: &'a Outcome,
        /// Whether there is a time for another attempt.
        retry: bool,
    },
    /// The process that had it in hand died.
    Crash {
        /// Whether what may have been accepted is sent again (`on_uncertain = "resend"`).
        resend: bool,
    },
    /// The relay cannot be reached, so nothing was tried.
    Postpone,
    /// A newer edition fell due.
    Expire,
    /// Its mailbox was suppressed.
    Suppress,
    /// An operator takes it up again.
    Retry,
    /// An operator found out what became of it.
    Resolve {
        /// Whether it was accepted.
        accepted: bool,
    },
}

/// An event that cannot happen to a delivery in this state: a fault in the program, and nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a delivery that is {state:?} cannot take {event}")]
pub struct Impossible {
    /// Where the delivery stands.
    pub state: DeliveryState,
    /// The event, in a word: never a reply's text.
    pub event: &'static str,
}

impl Event<'_> {
    /// The event in a word.
    fn name(self) -> &'static str {
        match self {
            Self::Claim => "a claim",
            Self::Mark => "a mark",
            Self::Release => "a release",
            Self::Outcome { .. } => "an outcome",
            Self::Crash { .. } => "a crash",
            Self::Postpone => "a postponement",
            Self::Expire => "an expiry",
            Self::Suppress => "a suppression",
            Self::Retry => "a retry",
            Self::Resolve { .. } => "a resolution",
        }
    }
}

impl DeliveryState {
    /// Every state, in the order of [`DeliveryState::code`].
    pub const ALL: &[Self] = &[
        Self::Queued,
        Self::Claimed,
        Self::InFlight,
        Self::Accepted,
        Self::Deferred,
        Self::Uncertain,
        Self::Failed,
        Self::Expired,
        Self::Suppressed,
    ];

    /// The number that stores keep: 0 queued, 1 claimed, 2 at the dot, 3 accepted, 4 deferred, 5 uncertain, 6 failed,
    /// 7 expired, 8 suppressed. It never changes its meaning.
    pub fn code(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Claimed => 1,
            Self::InFlight => 2,
            Self::Accepted => 3,
            Self::Deferred => 4,
            Self::Uncertain => 5,
            Self::Failed => 6,
            Self::Expired => 7,
            Self::Suppressed => 8,
        }
    }

    /// The state with this [`DeliveryState::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The word that people and JSON see (contract §5).
    pub fn group(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Claimed | Self::InFlight => "sending",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Claimed | Self::InFlight | Self::Deferred)
    }

    /// Where `event` leads (contract §6).
    ///
    /// `repeated` says that an earlier attempt may have been accepted: whatever would end the delivery without a 2xx
    /// then leaves it uncertain, because every 2xx ends as accepted or uncertain (invariant 3).
    ///
    /// # Errors
    /// [`Impossible`] when this cannot happen in this state.
    pub fn on(self, event: Event<'_>, repeated: bool) -> Result<Self, Impossible> {
        let ends = |end| if repeated { Self::Uncertain } else { end };
        Ok(match (self, event) {
            (Self::Queued | Self::Deferred | Self::Uncertain, Event::Claim) => Self::Claimed,
            (Self::Claimed, Event::Mark) => Self::InFlight,
            (Self::Claimed, Event::Release | Event::Crash { .. }) | (Self::InFlight, Event::Crash { resend: true }) => {
                Self::Queued
            }
            (Self::InFlight, Event::Crash { resend: false }) => Self::Uncertain,
            (Self::Claimed | Self::InFlight, Event::Outcome { outcome, retry }) => match outcome {
                Outcome::Accepted(_) if self == Self::InFlight => Self::Accepted,
                // With a retry time it stays uncertain while it waits: that is what is known of it.
                Outcome::Uncertain(_) if self == Self::InFlight => Self::Uncertain,
                Outcome::Accepted(_) | Outcome::Uncertain(_) => return Err(self.impossible(event)),
                Outcome::Transient(_) if retry => Self::Deferred,
                Outcome::Transient(_) => ends(Self::Expired),
                Outcome::Permanent { .. } => ends(Self::Failed),
                // The run stops, and the recipient is not to blame: it waits for the next run.
                Outcome::SenderRefused(_) | Outcome::Withheld => Self::Queued,
            },
            (Self::Queued, Event::Postpone) => Self::Deferred,
            (Self::Queued | Self::Deferred, Event::Expire) => ends(Self::Expired),
            (Self::Queued | Self::Claimed | Self::Deferred, Event::Suppress) => ends(Self::Suppressed),
            (Self::Failed | Self::Expired | Self::Uncertain, Event::Retry) => Self::Queued,
            (Self::Uncertain, Event::Resolve { accepted: true }) => Self::Accepted,
            (Self::Uncertain, Event::Resolve { accepted: false }) => Self::Failed,
            _ => return Err(self.impossible(event)),
        })
    }

    /// Whether an attempt up to and including `event` may have been accepted without our knowing.
    /// Once that is so, it stays so.
    pub fn repeated_after(self, event: Event<'_>, repeated: bool) -> bool {
        let unknown = matches!(event, Event::Crash { .. } | Event::Outcome { outcome: Outcome::Uncertain(_), .. });
        repeated || (self == Self::InFlight && unknown)
    }

    fn impossible(self, event: Event<'_>) -> Impossible {
        Impossible { state: self, event: event.name() }
    }
}

#[cfg(test)]
mod tests;
