//! What a decision changes in the mailing list: written all or nothing.

use std::collections::BTreeMap;

use super::bounce::BounceRecord;
use super::mailbox::Mailbox;
use super::request::RequestId;
use super::rows::Organisation;
use super::suppression::{AddressKey, Suppression};
use crate::domain::subscriber::{RecipientId, SubscriberId};

/// One line of the audit table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who did it.
    pub actor: &'static str,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub subject: Subject,
    /// More, for people. Never an address.
    pub detail: String,
}

/// What a line of the audit table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A subscriber.
    Subscriber(SubscriberId),
    /// A mailbox.
    Mailbox(RecipientId),
    /// An address that may have no mailbox.
    Address,
    /// An address without a mailbox.
    Stranger,
}

/// A mail that the decision makes due: its words come from whoever asked for the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// To which mailbox.
    pub recipient: RecipientId,
    /// The name of its subscriber.
    pub subscriber: String,
    /// The request that its link is for.
    pub request: RequestId,
}

/// A mailbox that is forgotten, with the traces of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgetting {
    /// Which.
    pub recipient: RecipientId,
    /// Subscribers of which no mailbox is known any more: their names go, too.
    pub nameless: Vec<SubscriberId>,
}

/// What a decision changed. Rows stand here as they were before; none where there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Subscribers.
    pub organisations: BTreeMap<SubscriberId, Option<Organisation>>,
    /// Mailboxes with their subscriptions and requests.
    pub mailboxes: BTreeMap<RecipientId, Option<Mailbox>>,
    /// Suppressions.
    pub suppressions: BTreeMap<AddressKey, Option<Suppression>>,
    /// Bounces that are noted.
    pub bounces: Vec<BounceRecord>,
    /// Mailboxes whose bounces count no more.
    pub clean_slates: Vec<RecipientId>,
    /// Mails that became due.
    pub mails: Vec<DueMail>,
    /// Mailboxes that are forgotten.
    pub forgotten: Vec<Forgetting>,
    /// The audit table's new lines.
    pub notes: Vec<Note>,
}
