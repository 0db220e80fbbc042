//! Subscribing organisations, their mailboxes, and where each subscription came from.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::audit::OPERATOR;
use super::band::BandSet;

/// A subscriber's number, given by the store, never used twice, kept when the store moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriberId(pub u64);

/// A mailbox's number, given by the store, never used twice, kept when the store moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecipientId(pub u64);

impl RecipientId {
    /// No mailbox of the list has this number. A mail to an operator has it, and so has a sample in a preview.
    pub const NOBODY: Self = Self(0);
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in the order to show.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word that config, CSV and JSON use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            /// Capital letters make no difference: spreadsheets begin a cell with one.
            fn from_str(text: &str) -> Result<Self, WordError> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text)).ok_or(WordError {
                    what: $what,
                    expected: Self::ALL.iter().map(|value| value.as_str()).collect(),
                })
            }
        }
    };
}
pub(crate) use words;

/// Gives each value of a kind the number by which stores know it: once, and for ever.
macro_rules! codes {
    ($name:ident { $($variant:ident = $code:literal),* $(,)? }) => {
        impl $name {
            /// The number that stores keep. It never changes its meaning.
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code),* }
            }

            /// The value with this number.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

/// A word is none of those that its place allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not one of: {}", expected.join(", "))]
pub struct WordError {
    pub what: &'static str,
    pub expected: Vec<&'static str>,
}

words! {
    /// What kind of organisation subscribes; it changes the wording of the digest.
    Sector, "sector" {
        /// A school: hands on to families.
        School = "school",
        /// Social care: works with families.
        SocialCare = "social-care",
        /// Police and the like.
        LawEnforcement = "law-enforcement",
        Health = "health",
        Charity = "charity",
        /// Anything else, families too.
        Other = "other",
    }
}
codes!(Sector { School = 0, SocialCare = 1, LawEnforcement = 2, Health = 3, Charity = 4, Other = 5 });

words! {
    /// The language and region of a digest.
    Locale, "locale" {
        EnGb = "en-GB",
    }
}
codes!(Locale { EnGb = 0 });

words! {
    /// Where a subscription came from.
    Origin, "origin" {
        /// `[[subscribers]]` in config.toml.
        Config = "config",
        Cli = "cli",
        Import = "import",
    }
}
// 0 and 1 take no room in a row, and most mailboxes are imported.
codes!(Origin { Config = 0, Import = 1, Cli = 2 });

impl Origin {
    /// Whether such subscriptions come by the file: the audit has a line for all that one brings, and one of its own only for
    /// what was there before.
    pub fn is_by_the_file(self) -> bool {
        matches!(self, Self::Config | Self::Import)
    }

    /// Who made such a subscription, as the audit names them.
    pub fn actor(self) -> &'static str {
        match self {
            Self::Cli => OPERATOR,
            Self::Config | Self::Import => self.as_str(),
        }
    }
}

words! {
    /// Why a mailbox is never mailed again.
    SuppressionReason, "reason" {
        Unsubscribed = "unsubscribed",
        Bounced = "bounced",
        Complained = "complained",
        Operator = "operator",
    }
}

words! {
    /// What ended a subscription.
    EndedBy, "end" {
        /// Its entry is gone from config.toml.
        Config = "config",
        /// Someone unsubscribed the mailbox.
        Unsubscribed = "unsubscribed",
        Bounced = "bounced",
        Complained = "complained",
        Operator = "operator",
    }
}

impl EndedBy {
    /// Whether the mailbox's reader wanted it so: then the config file does not bring it back.
    pub fn is_readers_wish(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Complained)
    }

    /// The reason to keep mail away that goes with it; none for an entry that is gone.
    pub fn as_suppression(self) -> Option<SuppressionReason> {
        match self {
            Self::Config => None,
            Self::Unsubscribed => Some(SuppressionReason::Unsubscribed),
            Self::Bounced => Some(SuppressionReason::Bounced),
            Self::Complained => Some(SuppressionReason::Complained),
            Self::Operator => Some(SuppressionReason::Operator),
        }
    }
}

impl From<SuppressionReason> for EndedBy {
    fn from(reason: SuppressionReason) -> Self {
        match reason {
            SuppressionReason::Unsubscribed => Self::Unsubscribed,
            SuppressionReason::Bounced => Self::Bounced,
            SuppressionReason::Complained => Self::Complained,
            SuppressionReason::Operator => Self::Operator,
        }
    }
}

words! {
    /// Where a mailbox stands.
    MailboxState, "state" {
        /// Gets digests.
        Active = "active",
        /// Waits for a confirmation.
        Pending = "pending",
        /// Gets nothing more.
        Ended = "ended",
    }
}
codes!(MailboxState { Ended = 0, Active = 1, Pending = 2 });

/// What is known of a subscribing organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub sector: Sector,
    pub locale: Locale,
    /// Its register number, if it has one.
    pub urn: Option<String>,
}

/// Whether this may be a register number: 1 to 20 letters and digits.
pub fn is_urn(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

/// A wish to add or update one mailbox, by the CLI or a CSV row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeRequest {
    /// The organisation. Rows that share a `urn` are one subscriber; one without is its own.
    pub profile: Profile,
    pub address: Address,
    /// What it asks for; never empty.
    pub bands: BandSet,
    /// [`Origin::Cli`] or [`Origin::Import`].
    pub origin: Origin,
}

/// One mailbox as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRecord {
    pub recipient: RecipientId,
    pub address: Address,
    pub bands: BandSet,
    /// Whether `bands` is its own last choice rather than what the config entries say.
    pub chosen: bool,
    pub state: MailboxState,
    /// Why it is never mailed, if so.
    pub suppressed: Option<SuppressionReason>,
    pub subscriptions: Vec<Subscription>,
}

/// One subscription: a subscriber named a mailbox. There is one for each mailbox, subscriber and origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub subscriber: SubscriberId,
    pub origin: Origin,
    pub bands: BandSet,
    pub since: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    pub ended_by: Option<EndedBy>,
}

/// One organisation with the mailboxes that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberRecord {
    pub id: SubscriberId,
    /// Name, sector, locale, urn.
    pub profile: Profile,
    /// Its mailboxes, oldest first.
    pub mailboxes: Vec<MailboxRecord>,
}

/// How many organisations stand where: one is active while it has an active mailbox,
/// else pending while it has a pending one, else ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SubscriberCounts {
    pub active: u64,
    /// Waiting for a confirmation.
    pub pending: u64,
    pub ended: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored must be read by every later version.
    #[test]
    fn every_word_has_its_number_for_ever() {
        fn known<T: Copy>(all: &[T], parts: impl Fn(T) -> (&'static str, u8, bool)) -> Vec<(&'static str, u8)> {
            let known = all.iter().map(|one| parts(*one));
            known.inspect(|(word, _, back)| assert!(back, "{word}")).map(|(word, code, _)| (word, code)).collect()
        }
        macro_rules! known {
            ($name:ident) => {
                known($name::ALL, |one| (one.as_str(), one.code(), $name::from_code(one.code()) == Some(one)))
            };
        }
        let sectors =
            [("school", 0), ("social-care", 1), ("law-enforcement", 2), ("health", 3), ("charity", 4), ("other", 5)];
        assert_eq!(known!(Sector), sectors);
        assert_eq!(known!(Locale), [("en-GB", 0)]);
        assert_eq!(known!(Origin), [("config", 0), ("cli", 2), ("import", 1)]);
        assert_eq!(known!(MailboxState), [("active", 1), ("pending", 2), ("ended", 0)]);
        assert_eq!((Sector::from_code(6), Locale::from_code(1), Origin::from_code(3)), (None, None, None));
    }
}
