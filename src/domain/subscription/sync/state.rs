//! The two sides of a sync: what the file asks for, and what the store holds.

use std::collections::{BTreeMap, HashMap};

use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{Origin, Profile, SubscriberId, SuppressionReason};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::rows::Organisation;

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
    pub subscriber: SubscriberId,
    /// Name, sector, locale, urn.
    pub profile: Profile,
    /// Its config subscriptions, ended ones too.
    pub mailboxes: Vec<StoredMailbox>,
}

/// One config subscription as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMailbox {
    pub address: Address,
    /// The bands of the entry when it was last synced.
    pub bands: BandSet,
    /// Whether it has ended.
    pub ended: bool,
}

/// What the store knows that a sync depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredState {
    /// Every subscriber that the file made.
    pub entries: Vec<StoredEntry>,
    /// Those of the wished addresses that the file must not bring in, and why: they are suppressed, or left.
    pub kept_out: BTreeMap<Address, SuppressionReason>,
}

impl StoredState {
    /// What the store knows that a sync of these addresses depends on.
    pub fn of(list: &MailingList, wished: &[Address]) -> Self {
        let kept_out = wished.iter().filter_map(|address| Some((address.clone(), list.kept_out(address)?)));
        let mut mailboxes: HashMap<SubscriberId, Vec<StoredMailbox>> = HashMap::new();
        for mailbox in list.mailboxes() {
            let Some(address) = &mailbox.address else { continue };
            for one in mailbox.subscriptions.iter().filter(|one| one.origin == Origin::Config) {
                let (address, bands) = (address.clone(), one.bands.clone());
                let stored = StoredMailbox { address, bands, ended: one.ended.is_some() };
                mailboxes.entry(one.subscriber).or_default().push(stored);
            }
        }
        let mut entry = |organisation: &Organisation| StoredEntry {
            subscriber: organisation.id,
            profile: organisation.profile.clone(),
            mailboxes: mailboxes.remove(&organisation.id).unwrap_or_default(),
        };
        let of_config = list.organisations().filter(|organisation| organisation.origin == Origin::Config);
        Self { entries: of_config.map(&mut entry).collect(), kept_out: kept_out.collect() }
    }
}
