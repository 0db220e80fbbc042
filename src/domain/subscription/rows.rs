//! Rows of the mailing list: what is read for one decision, and what it changes, all or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};

use super::bounce::{EnhancedStatus, Meaning, PastDelivery};
use super::mailbox::Mailbox;
use super::request::RequestId;
use super::suppression::{AddressKey, Suppression};
use super::wave::{BounceContext, Wave, WaveId, WaveState};
use crate::domain::delivery::Event;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{Origin, Profile, RecipientId, SubscriberId};

/// A subscribing organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
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
    /// How many questions were asked in the last hour, of everyone together.
    pub asked_lately: u64,
    /// Mailboxes to which mail is on its way, or may be.
    pub expecting_mail: BTreeSet<RecipientId>,
    /// What was sent to the mailbox that a bounce is about.
    pub history: DeliveryHistory,
    /// What that bounce is judged by.
    pub context: BounceContext,
    /// The wave that a decision is about, with some of its bounces.
    pub wave: Option<WavePart>,
    /// Imports that are not done, oldest first.
    pub unfinished_imports: Vec<UnfinishedImport>,
    /// How often a sync has changed anything.
    pub syncs: u64,
}

/// An import of which parts are written, and others are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedImport {
    /// Tells the file from others.
    pub file: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// How many rows the file asks for.
    pub rows: u64,
}

/// What was sent to a mailbox of which something came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryHistory {
    /// When the edition or bulletin that came back was published; `None` when it never went to this mailbox.
    pub published_at: Option<DateTime<Utc>>,
    /// What a bounce of it that is known already means.
    pub known: Option<Meaning>,
    /// When that one came.
    pub known_at: Option<DateTime<Utc>>,
    /// The wave that the known bounce is one of, unless it was confirmed.
    pub wave: Option<WaveId>,
    /// Of the last [`LOOK_BACK`](super::bounce::LOOK_BACK) editions those that went to the mailbox, newest first. Bulletins are
    /// none.
    pub newest_first: Vec<PastDelivery>,
}

impl DeliveryHistory {
    /// The moment to judge a bounce by: a hard one that is known already is as old as it is.
    pub fn judged_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.known_at.filter(|_| self.known == Some(Meaning::Gone)).unwrap_or(now)
    }
}

/// A bounce as it is remembered: one for each mailbox and edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceRecord {
    pub recipient: RecipientId,
    pub edition: EditionNumber,
    /// When it came, or was first judged as it is now.
    pub at: DateTime<Utc>,
    /// The status that it named, if any.
    pub status: Option<EnhancedStatus>,
    pub meaning: Meaning,
    /// The mail server that reported it, if it named itself.
    pub server: Option<String>,
    /// The wave that it is one of.
    pub wave: Option<WaveId>,
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
    /// Of waves.
    pub wave: u64,
}

/// One line of the audit table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub actor: &'static str,
    pub action: &'static str,
    pub subject: Subject,
    /// More, for people. Never an address.
    pub detail: String,
    /// The detail of the line that this one takes the place of, if any: what is written in parts has one line, which grows.
    pub replaces: Option<String>,
}

/// What a line of the audit table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Subscriber(SubscriberId),
    Mailbox(RecipientId),
    /// An address without a mailbox.
    Stranger,
    Wave(WaveId),
    /// The mailing list as a whole.
    List,
}

/// As the audit names it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscriber(SubscriberId(id)) => write!(f, "subscriber {id}"),
            Self::Mailbox(RecipientId(id)) => write!(f, "recipient {id}"),
            Self::Wave(WaveId(id)) => write!(f, "wave {id}"),
            Self::List => f.write_str("mailing list"),
            Self::Stranger => f.write_str("an address without a mailbox"),
        }
    }
}

/// A mail that the decision makes due: its words come from whoever asked for the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    pub recipient: RecipientId,
    /// The name of its subscriber.
    pub subscriber: String,
    /// The request that its link is for.
    pub request: RequestId,
}

/// A wave with some of its bounces, by mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavePart {
    pub wave: Wave,
    pub bounces: Vec<BounceRecord>,
    /// Whether no bounce of it comes after these.
    pub is_last: bool,
}

/// What becomes of a wave, and of some of its bounces and deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub wave: WaveId,
    pub edition: EditionNumber,
    pub state: WaveState,
    /// The mailboxes whose bounces are settled with it.
    pub recipients: Vec<RecipientId>,
    /// What these bounces mean from now on.
    pub meaning: Meaning,
    /// The wave that they are of from now on.
    pub bounces_of: Option<WaveId>,
    /// What happens to the deliveries, if anything does.
    pub event: Option<Event<'static>>,
    /// Whether all of its bounces are settled now.
    pub is_last: bool,
}

/// A mailbox that is forgotten, with the traces of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgetting {
    pub recipient: RecipientId,
    /// Subscribers of which no mailbox is known any more: their names go, too.
    pub nameless: Vec<SubscriberId>,
}

/// What a decision changed. Rows stand here as they were before; none where there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub organisations: BTreeMap<SubscriberId, Option<Organisation>>,
    /// Mailboxes with their subscriptions and requests.
    pub mailboxes: BTreeMap<RecipientId, Option<Mailbox>>,
    pub suppressions: BTreeMap<AddressKey, Option<Suppression>>,
    /// A new wave, with the mailboxes whose bounces were noted before and are of it.
    pub wave: Option<(Wave, Vec<RecipientId>)>,
    /// A wave that is settled.
    pub settlement: Option<Settlement>,
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
    /// Whether an import that is not done was noted, or is done.
    pub imports: bool,
    /// Whether a sync changed something.
    pub sync: bool,
}
