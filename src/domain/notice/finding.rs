//! One thing that operators are told, and the key that tells it apart from the others.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::edition::{EditionNumber, HoldReason, MissReason};
use crate::domain::subscriber::{WordError, words};
use crate::domain::subscription::wave::WaveId;

words! {
    /// What a notice is about. Whatever is found of one kind goes into one mail, and at most one of each leaves a day.
    NoticeKind, "kind of notice" {
        /// An edition goes out soon.
        Coming = "coming",
        /// An edition does not go out, or did not.
        Held = "held",
        /// The sending of an edition stopped by itself.
        Stopped = "stopped",
        /// An edition has gone out.
        Finished = "finished",
        /// So many bounces that a person has to decide.
        Wave = "wave",
        /// Something else does not go on without a person.
        Attention = "attention",
        /// The relay could not be reached for a while.
        Relay = "relay",
        /// Reviews that fall due, and bank holidays that are not known any further.
        Reviews = "reviews",
    }
}

impl NoticeKind {
    /// In how many days at most one of this kind leaves, the day itself included. Reviews have weeks to go: one mail a week.
    fn days(self) -> u64 {
        if self == Self::Reviews { 7 } else { 1 }
    }

    /// The first day on which one that was told keeps another from being told on `today`.
    pub fn quiet_since(self, today: NaiveDate) -> NaiveDate {
        today.checked_sub_days(Days::new(self.days() - 1)).unwrap_or(today)
    }
}

/// One thing that operators are told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// This edition goes out soon.
    Coming {
        edition: EditionNumber,
        due_at: DateTime<Utc>,
        /// What is in it, in short: where that changes, it is told again.
        content: String,
    },
    Held {
        edition: EditionNumber,
        reason: HoldReason,
        /// When it was last let go before that: a hold after that is another one.
        released_at: Option<DateTime<Utc>>,
    },
    Missed {
        edition: EditionNumber,
        reason: MissReason,
    },
    Stopped {
        edition: EditionNumber,
        reason: HoldReason,
        released_at: Option<DateTime<Utc>>,
    },
    Finished {
        edition: EditionNumber,
    },
    Wave(WaveId),
    /// Something else that needs a person, by a key that stays the same as long as it is the same thing.
    Attention {
        key: String,
    },
    Relay(RelayOutage),
    /// A text is to be checked again by this day.
    Review {
        text: String,
        by: NaiveDate,
    },
    /// The last day of which the bank holidays are known.
    BankHolidays {
        until: NaiveDate,
    },
}

/// A time in which the relay could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayOutage {
    pub since: DateTime<Utc>,
    /// When it was last found so.
    pub seen_at: DateTime<Utc>,
    /// When it answered again.
    pub until: Option<DateTime<Utc>>,
    /// How many mails waited for it at most.
    pub mails: u64,
}

/// What was told, as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub kind: NoticeKind,
    pub finding: String,
    /// The local day.
    pub day: NaiveDate,
}

impl Finding {
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Coming { .. } => NoticeKind::Coming,
            Self::Held { .. } | Self::Missed { .. } => NoticeKind::Held,
            Self::Stopped { .. } => NoticeKind::Stopped,
            Self::Finished { .. } => NoticeKind::Finished,
            Self::Wave(_) => NoticeKind::Wave,
            Self::Attention { .. } => NoticeKind::Attention,
            Self::Relay(_) => NoticeKind::Relay,
            Self::Review { .. } | Self::BankHolidays { .. } => NoticeKind::Reviews,
        }
    }

    /// What tells it from everything else of its kind. Stores keep it.
    pub fn key(&self) -> String {
        let millis = |at: &Option<DateTime<Utc>>| at.map_or(0, |at| at.timestamp_millis());
        match self {
            Self::Coming { edition, due_at, content } => format!("{edition} {} {content}", due_at.timestamp_millis()),
            Self::Held { edition, reason, released_at } | Self::Stopped { edition, reason, released_at } => {
                format!("{edition} {} {}", hashed(reason), millis(released_at))
            }
            Self::Missed { edition, reason } => format!("{edition} missed {}", hashed(reason)),
            Self::Finished { edition } => edition.to_string(),
            Self::Wave(WaveId(id)) => id.to_string(),
            Self::Attention { key } => key.clone(),
            Self::Relay(outage) => outage.since.timestamp_millis().to_string(),
            Self::Review { text, by } => format!("{text} {by}"),
            Self::BankHolidays { until } => format!("bank holidays {until}"),
        }
    }
}

/// A reason in short: what a relay said in it may name an address, and that isn't to be kept here as well.
fn hashed(reason: &impl Serialize) -> String {
    short(&serde_json::to_string(reason).unwrap_or_default())
}

/// 64 bits of a hash: tells texts apart that nobody chooses to be alike.
pub(super) fn short(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text)[..8])
}
