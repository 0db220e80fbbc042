//! What is read of the mailing list for one decision.

use std::collections::BTreeSet;

use super::bounce::DeliveryHistory;
use super::mailbox::Mailbox;
use super::suppression::Suppression;
use crate::domain::subscriber::{Origin, Profile, RecipientId, SubscriberId};

/// A subscribing organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: SubscriberId,
    /// Name, sector, locale, urn.
    pub profile: Profile,
    /// What it came from first.
    pub origin: Origin,
    /// Whether an entry of config.toml names one of its mailboxes now: then its profile is the config's.
    pub is_in_config: bool,
    /// Whether it has a mailbox with a known address that is not among those that were read.
    pub has_others: bool,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The subscribers that the mailboxes below belong to, and those of the register numbers that were asked for.
    pub organisations: Vec<Organisation>,
    /// The mailboxes; with each all that have the same hash, forgotten ones too.
    pub mailboxes: Vec<Mailbox>,
    /// What keeps mail away from one of them, or from an address that was asked for.
    pub suppressions: Vec<Suppression>,
    /// The numbers that a new subscriber, mailbox and request get.
    pub next: Numbers,
    /// How many questions were asked in the last hour, of everybody together.
    pub asked_lately: u64,
    /// Mailboxes to which mail is on its way, or may be.
    pub expecting_mail: BTreeSet<RecipientId>,
    /// What was sent to the mailbox that a bounce is about.
    pub history: DeliveryHistory,
}

/// The numbers that come next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of subscribers.
    pub subscriber: u64,
    /// Of mailboxes.
    pub recipient: u64,
    /// Of requests.
    pub request: u64,
}
