//! Subscribers and mailboxes as they are shown in lists.

use serde::Serialize;

use crate::config::Config;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{MailboxRecord, RecipientId, SubscriberId, SubscriberRecord};
use crate::messages;
use crate::messages::mailbox::standing;
use crate::web::console::caller::Caller;
use crate::web::console::masked::shown;

/// The path of the page that they begin at.
pub(super) const HERE: &str = "/subscribers";

/// Where a list is imported.
pub(super) const IMPORT: &str = "/subscribers/import";

/// A subscriber with its mailboxes.
#[derive(Debug, Serialize)]
pub(super) struct Organisation {
    pub(super) name: String,
    url: String,
    sector: &'static str,
    /// Empty where it has none.
    urn: String,
    mailboxes: Vec<Mailbox>,
}

#[derive(Debug, Serialize)]
pub(super) struct Mailbox {
    address: String,
    url: String,
    bands: String,
    word: &'static str,
    class: &'static str,
}

impl Organisation {
    pub(super) fn new(config: &Config, caller: &Caller, record: &SubscriberRecord) -> Self {
        let profile = &record.profile;
        Self {
            name: profile.name.clone(),
            url: caller.link(&path(record.id)),
            sector: messages::sectors::many(profile.sector),
            urn: profile.urn.clone().unwrap_or_default(),
            mailboxes: record.mailboxes.iter().map(|mailbox| Mailbox::new(config, caller, mailbox)).collect(),
        }
    }
}

impl Mailbox {
    fn new(config: &Config, caller: &Caller, mailbox: &MailboxRecord) -> Self {
        let (word, class) = standing(mailbox);
        Self {
            address: shown(caller, &mailbox.address),
            url: caller.link(&mailbox_path(mailbox.recipient)),
            bands: bands(config, &mailbox.bands),
            word,
            class,
        }
    }
}

/// Bands as people call them: those of the config by their labels, others by their names.
pub(super) fn bands(config: &Config, set: &BandSet) -> String {
    let known = config.bands.ordered(set).into_iter().map(|band| band.label.clone());
    let others = set.iter().filter(|name| config.bands.get(name).is_none()).map(ToString::to_string);
    let all: Vec<String> = known.chain(others).collect();
    if all.is_empty() { "no age group".to_owned() } else { all.join(", ") }
}

/// The path of a subscriber's page.
pub(super) fn path(SubscriberId(id): SubscriberId) -> String {
    format!("/subscribers/{id}")
}

/// The path of a mailbox's page: by its number, because addresses do not belong into URLs.
pub(in crate::web::console) fn mailbox_path(RecipientId(id): RecipientId) -> String {
    format!("/subscribers/mailboxes/{id}")
}
