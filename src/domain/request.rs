//! What somebody asked for and must confirm by a click, or may undo.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::band::BandSet;
use super::subscriber::{RecipientId, WordError, words};

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

/// How many confirmations one address may be asked for in a day: whoever asks more often annoys somebody.
pub const PER_ADDRESS: u64 = 3;

/// How many may be asked for in an hour, by everybody together.
pub const PER_HOUR: u64 = 500;

impl RequestKind {
    /// How long the link works (contract §8).
    pub fn lifetime(self) -> TimeDelta {
        match self {
            Self::Subscribe | Self::Bands => TimeDelta::days(7),
            Self::Undo => TimeDelta::days(14),
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// Whose mailbox.
    pub recipient: RecipientId,
    /// What was asked for.
    pub kind: RequestKind,
    /// The name of the subscriber that the mailbox belongs to, or would.
    pub subscriber: String,
    /// The bands asked for; what it had before, for an undo.
    pub bands: BandSet,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
    /// When it was fulfilled.
    pub done_at: Option<DateTime<Utc>>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A click fulfils it.
    Open,
    /// It was fulfilled.
    Done,
    /// It is too late, or a newer one took its place.
    Over,
}

impl Request {
    /// Where it stands at `now`.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.done_at {
            Some(_) => Standing::Done,
            None if now < self.expires_at => Standing::Open,
            None => Standing::Over,
        }
    }
}
