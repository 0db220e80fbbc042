//! The mailbox that a path names by its number: found again at the question and at the decision.

use super::view::{HERE, mailbox_path};
use crate::domain::subscriber::{MailboxRecord, RecipientId, SubscriberRecord};
use crate::domain::subscription::subject_data::SubjectData;
use crate::web::console::ask::Seen;
use crate::web::console::asking::{Asking, Refusal};

/// What is known of a mailbox.
pub(super) struct KnownMailbox {
    /// Its organisation, with this mailbox alone.
    pub(super) organisation: SubscriberRecord,
    pub(super) mailbox: MailboxRecord,
    pub(super) data: SubjectData,
}

impl KnownMailbox {
    /// # Errors
    /// The page that says that there's none.
    pub(super) async fn find(asking: &Asking) -> Result<Self, Refusal> {
        let id = RecipientId(asking.number("number")?);
        let found = asking.parts.privacy().mailbox(id).await.map_err(asking.failed(HERE))?;
        let found = found.and_then(|(organisation, data)| {
            let mailbox = organisation.mailboxes.first().cloned()?;
            Some(Self { organisation, mailbox, data })
        });
        found.ok_or_else(|| asking.missing("There's no mailbox with this number. Perhaps it has been erased already."))
    }

    /// The path of its page.
    pub(super) fn path(&self) -> String {
        mailbox_path(self.mailbox.recipient)
    }

    /// What is decided about: whose it is, its address, what it gets, and whether it gets anything.
    pub(super) fn seen(&self) -> Seen {
        let MailboxRecord { address, bands, state, suppressed, .. } = &self.mailbox;
        Seen::of(&(&self.organisation.profile, address.to_string(), bands, state, suppressed))
    }
}
