//! What is held about one mailbox, for whoever asks for it (UK GDPR, article 15).

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::mailing_list::MailingList;
use super::request::RequestKind;
use super::wave::WaveId;
use crate::domain::address::Address;
use crate::domain::audit::AuditRecord;
use crate::domain::bulletin::{BulletinId, BulletinName};
use crate::domain::delivery::TransactionalKind;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{MailboxRecord, Origin, RecipientId, SubscriberRecord, Subscription};

impl MailingList {
    /// The mailbox of this address, if it is known: its number, and its subscriber with that mailbox alone.
    pub fn record(&self, address: &Address) -> Option<(RecipientId, SubscriberRecord)> {
        self.record_of(self.find(address)?.id)
    }

    /// As [`Self::record`], by the mailbox's number.
    pub fn record_of(&self, id: RecipientId) -> Option<(RecipientId, SubscriberRecord)> {
        let mailbox = self.mailbox(id)?;
        let owner = self.organisation(mailbox.owner)?;
        let record = MailboxRecord {
            recipient: mailbox.id,
            address: mailbox.address.clone()?,
            bands: mailbox.bands.clone(),
            chosen: mailbox.chosen.is_some(),
            state: mailbox.state,
            suppressed: self.suppression_of(mailbox.key).map(|suppression| suppression.reason),
            subscriptions: mailbox.subscriptions.clone(),
        };
        let subscriber = SubscriberRecord { id: owner.id, profile: owner.profile.clone(), mailboxes: vec![record] };
        Some((mailbox.id, subscriber))
    }
}

/// Everything about one mailbox that is not in its subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SubjectData {
    /// Since when it is known.
    pub known_since: Option<DateTime<Utc>>,
    /// Since when it is suppressed, if it is.
    pub suppressed_since: Option<DateTime<Utc>>,
    /// The wave of bounces with which it waits for a person, if it does.
    pub waits_in: Option<WaveId>,
    /// What was sent to it, by edition.
    pub deliveries: Vec<SubjectDelivery>,
    /// What it asked for, oldest first.
    pub requests: Vec<SubjectRequest>,
    /// Mail to it that was no edition, oldest first.
    pub letters: Vec<SubjectLetter>,
    /// What was decided about it, oldest first.
    pub audit: Vec<AuditRecord>,
}

impl SubjectData {
    /// Who chose its bands last, as the audit has it: the actor, such as `recipient` or `import`.
    /// A mailbox that came with others by a file has no line of its own there.
    pub fn chosen_by(&self, subscriptions: &[Subscription]) -> Option<&str> {
        let chooses = |record: &&AuditRecord| match record.action.as_str() {
            "subscribe" | "update" => true,
            "confirm" => record.detail != RequestKind::Undo.as_str(),
            _ => false,
        };
        let audit = self.audit.iter().rev().find(chooses).map(|record| record.actor.as_str());
        audit.or_else(|| Some(subscriptions.iter().rfind(|one| one.origin != Origin::Config)?.origin.actor()))
    }
}

/// One edition to it, or one bulletin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectDelivery {
    /// The number under which it was sent; in JSON, nothing for a bulletin.
    #[serde(serialize_with = "editions_alone")]
    pub edition: EditionNumber,
    /// What the bulletin is called, if it is one.
    pub bulletin: Option<BulletinName>,
    pub state: &'static str,
    /// Every attempt that is still remembered, oldest first.
    pub attempts: Vec<SubjectAttempt>,
    /// The bounce that came back, if one did.
    pub bounce: Option<SubjectBounce>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn editions_alone<S: Serializer>(number: &EditionNumber, serializer: S) -> Result<S::Ok, S::Error> {
    BulletinId::of(*number).map_or(Some(number), |_| None).serialize(serializer)
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectAttempt {
    pub at: DateTime<Utc>,
    /// What came of it, in a word.
    pub outcome: String,
    /// The reply code, if one came.
    pub code: Option<u16>,
    pub reply: String,
}

/// A bounce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectBounce {
    pub at: DateTime<Utc>,
    /// Its enhanced status code, if it named one.
    pub status: Option<String>,
}

/// A wish that waited for a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectRequest {
    /// What it was for.
    pub kind: RequestKind,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
    /// When the click came, if it did.
    pub done_at: Option<DateTime<Utc>>,
}

/// A letter, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectLetter {
    /// What it is for.
    pub kind: TransactionalKind,
    /// When it was made.
    pub at: DateTime<Utc>,
    pub state: &'static str,
    /// The relay's last reply code, if one came.
    pub code: Option<u16>,
    /// What the relay said last.
    pub reply: Option<String>,
}
