//! What someone asked for and must confirm by a click, or may undo.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::domain::band::BandSet;
use crate::domain::subscriber::{RecipientId, SubscriberId, WordError, words};

/// A request's number, given by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

words! {
    /// What was asked for.
    RequestKind, "request" {
        /// To get the digests.
        Subscribe = "subscribe",
        /// Other bands.
        Bands = "bands",
        /// To take leaving back.
        Undo = "undo",
    }
}

impl RequestKind {
    /// Whether it asks its reader for something that nobody has shown to be their wish.
    pub fn is_question(self) -> bool {
        self != Self::Undo
    }

    /// How long the link works.
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Self::Subscribe | Self::Bands => TimeDelta::days(7),
            Self::Undo => TimeDelta::days(14),
        }
    }
}

/// How many mails of one sort with a link an address gets in a day, questions or good-byes: whoever causes more annoys
/// someone.
pub(super) const PER_ADDRESS: usize = 3;

/// Whether a click fulfils a request at `now`; a link that does nothing any more is not worth a mail either.
pub fn is_open(done_at: Option<DateTime<Utc>>, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    done_at.is_none() && now < expires_at
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub recipient: RecipientId,
    /// What was asked for.
    pub kind: RequestKind,
    /// The subscriber that the mailbox would belong to; none where that does not change.
    pub subscriber: Option<SubscriberId>,
    /// The bands asked for; what it had before, for an undo.
    pub bands: BandSet,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When its link stops working: its time is over, or another took its place.
    pub expires_at: DateTime<Utc>,
    /// When it was fulfilled.
    pub done_at: Option<DateTime<Utc>>,
}

impl Request {
    /// Whether a click fulfils it at `now`.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        is_open(self.done_at, self.expires_at, now)
    }

    /// Since when nothing is waited for any more: it was fulfilled, or it is too late.
    pub fn over_since(&self) -> DateTime<Utc> {
        self.done_at.map_or(self.expires_at, |done| done.min(self.expires_at))
    }
}
