//! What the relay made of one attempt.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::subscriber::{SuppressionReason, WordError, words};

words! {
    /// An [`Outcome`] in a word, as stores keep it beside the attempt.
    OutcomeKind, "outcome" {
        Accepted = "accepted",
        Transient = "transient",
        Permanent = "permanent",
        Uncertain = "uncertain",
        SenderRefused = "sender-refused",
        Throttled = "throttled",
        Withheld = "withheld",
    }
}

impl OutcomeKind {
    /// Those after which the mail arrived, or may have.
    pub const ARRIVED: &[Self] = &[Self::Accepted, Self::Uncertain];
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
        reply: Reply,
        /// Whether the address must never be mailed again.
        suppress: Option<SuppressionReason>,
    },
    /// The dot was sent and no valid reply came: it may have been accepted.
    Uncertain(Reply),
    /// The relay refuses us, not the recipient: the run must stop (5xx at EHLO, AUTH or MAIL).
    SenderRefused(Reply),
    /// We are too fast for the relay, have too many connections, or sent enough for today: the mail is not to blame, and goes
    /// back into the queue as if it had not been tried.
    Throttled {
        reply: Reply,
        /// What the relay has had enough of.
        limit: RelayLimit,
    },
    /// Nothing was handed over, and nothing was said: the mailbox was suppressed, the edition held or the run stopped.
    Withheld,
}

impl Outcome {
    /// What it is, without what was said.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Accepted(_) => OutcomeKind::Accepted,
            Self::Transient(_) => OutcomeKind::Transient,
            Self::Permanent { .. } => OutcomeKind::Permanent,
            Self::Uncertain(_) => OutcomeKind::Uncertain,
            Self::SenderRefused(_) => OutcomeKind::SenderRefused,
            Self::Throttled { .. } => OutcomeKind::Throttled,
            Self::Withheld => OutcomeKind::Withheld,
        }
    }

    /// Whether it counts as an attempt at the mail.
    pub fn is_attempt(&self) -> bool {
        !matches!(self, Self::Throttled { .. } | Self::Withheld)
    }

    /// What was said; none when nothing was handed over.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accepted(reply)
            | Self::Transient(reply)
            | Self::Permanent { reply, .. }
            | Self::Uncertain(reply)
            | Self::Throttled { reply, .. }
            | Self::SenderRefused(reply) => Some(reply),
            Self::Withheld => None,
        }
    }

    /// What was said, to be changed.
    pub fn reply_mut(&mut self) -> Option<&mut Reply> {
        match self {
            Self::Accepted(reply)
            | Self::Transient(reply)
            | Self::Permanent { reply, .. }
            | Self::Uncertain(reply)
            | Self::Throttled { reply, .. }
            | Self::SenderRefused(reply) => Some(reply),
            Self::Withheld => None,
        }
    }
}

/// What a relay has had enough of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayLimit {
    /// The rate, or the connections: it takes more in a moment.
    Pace,
    /// The quota of the day: it takes more tomorrow.
    Day,
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
