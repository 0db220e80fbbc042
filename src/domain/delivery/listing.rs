//! Deliveries as an operator lists them and takes them up again.

use chrono::{DateTime, Utc};

use super::mailing::DeliveryId;
use super::outcome::Reply;
use super::state::DeliveryState;
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::subject_data::SubjectBounce;

/// Which deliveries of editions are meant. An empty list of states or addresses means none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Of this edition alone.
    pub edition: Option<EditionNumber>,
    /// In one of these states.
    pub states: Vec<DeliveryState>,
    /// To one of these mailboxes alone.
    pub addresses: Option<Vec<Address>>,
    /// To one of these mailboxes alone, by their numbers; then nobody is asked whether the addresses are known.
    pub recipients: Option<Vec<RecipientId>>,
    /// Those alone that came back.
    pub bounced: bool,
    /// To mailboxes of this domain alone, in small letters.
    pub domain: Option<String>,
}

/// One delivery of an edition, and what was last said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    pub id: DeliveryId,
    /// The mailbox; `None` once its address was forgotten.
    pub address: Option<Address>,
    /// The subscriber's name, as it was when the edition was published.
    pub subscriber: String,
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    pub last: Option<Attempt>,
    /// The bounce that came back, if one did.
    pub bounce: Option<SubjectBounce>,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
}

/// One SMTP transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    pub reply: Reply,
}

/// What a retry took up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
    /// Queued again, that were refused or given up.
    pub ended: u64,
    /// Queued again, that may have arrived before.
    pub uncertain: u64,
    /// Left as they are, because their mailbox is suppressed or forgotten.
    pub suppressed: u64,
}

/// How far a retry came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetriedPart {
    /// What was taken up so far.
    pub retried: Retried,
    /// The last mailbox that was looked at; `None` before the first part and after the last.
    pub last: Option<RecipientId>,
}

/// How far it came that an operator said what became of uncertain deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResolvedPart {
    /// Of how many it was said so far.
    pub resolved: u64,
    /// The last mailbox that was looked at; `None` before the first part and after the last.
    pub last: Option<RecipientId>,
}
