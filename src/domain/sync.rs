//! The file is the wish, the store is the truth: what brings one into line with the other (contract §3, Sync).

use std::collections::BTreeMap;

use super::address::Address;
use super::band::BandSet;
use super::subscriber::{Profile, SubscriberId, SuppressionReason};

/// One `[[subscribers]]` entry, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name, sector, locale, urn.
    pub profile: Profile,
    /// Its addresses in the file's order, each once.
    pub addresses: Vec<Address>,
    /// The bands it asks for; never empty.
    pub bands: BandSet,
    /// The line of the entry in the file, from 1, for messages.
    pub line: usize,
}

/// A subscriber that an entry made, as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub subscriber: SubscriberId,
    /// Name, sector, locale, urn.
    pub profile: Profile,
    /// Its config subscriptions, ended ones too.
    pub mailboxes: Vec<StoredMailbox>,
}

/// One config subscription as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMailbox {
    /// The address.
    pub address: Address,
    /// The bands of the entry when it was last synced.
    pub bands: BandSet,
    /// Whether it has ended.
    pub ended: bool,
}

/// What the store knows that a sync depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Every subscriber that the file made.
    pub entries: Vec<StoredEntry>,
    /// Those of the wished addresses that are suppressed, and why.
    pub suppressed: BTreeMap<Address, SuppressionReason>,
}

/// Which subscriber a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// One the store has.
    Known(SubscriberId),
    /// The one that the [`SyncChange::AddSubscriber`] with this number in the list of changes makes.
    New(usize),
}

/// One thing to change in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncChange {
    /// A new organisation.
    AddSubscriber(Profile),
    /// A new name, sector, locale or urn.
    UpdateSubscriber {
        /// Which.
        subscriber: SubscriberId,
        /// Before.
        before: Profile,
        /// Now.
        after: Profile,
    },
    /// A mailbox that the file did not name before.
    Start {
        /// Whose.
        subscriber: Who,
        /// The mailbox.
        address: Address,
        /// Its bands.
        bands: BandSet,
    },
    /// A mailbox whose entry was put back.
    Restore {
        /// Whose.
        subscriber: SubscriberId,
        /// The mailbox.
        address: Address,
        /// Its bands.
        bands: BandSet,
    },
    /// The entry asks for other bands; the mailbox's own choice is dropped.
    Rebands {
        /// Whose.
        subscriber: SubscriberId,
        /// The mailbox.
        address: Address,
        /// Before.
        before: BandSet,
        /// Now.
        after: BandSet,
    },
    /// The entry (or this address of it) is gone from the file.
    End {
        /// Whose.
        subscriber: SubscriberId,
        /// The mailbox.
        address: Address,
    },
}

/// What a sync comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// The changes, to be applied in order, in one transaction.
    pub changes: Vec<SyncChange>,
    /// Wished addresses that are not brought back, and why.
    pub kept_out: Vec<(Address, SuppressionReason)>,
    /// Addresses that several entries name, with the line of the entry that each belongs to and the others'.
    pub shared: Vec<(Address, usize, Vec<usize>)>,
    /// Active config subscriptions before.
    pub active_before: usize,
    /// Of those, how many end.
    pub ending: usize,
}

impl SyncPlan {
    /// More than 10 subscriptions and over 10 % of the file's would end: a person must say yes.
    pub fn needs_consent(&self) -> bool {
        self.ending > 10 && self.ending * 10 > self.active_before
    }
}

/// What brings the store's config subscriptions into line with `wish`. Pure; applied once, a second call changes nothing.
pub fn plan_sync(wish: &[Entry], truth: &Truth) -> SyncPlan {
    let _ = (wish, truth);
    todo!()
}
