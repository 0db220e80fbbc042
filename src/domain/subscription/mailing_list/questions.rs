//! What is asked of a mailing list: who is kept out, whose a mailbox is, whether anything changed.

use super::MailingList;
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::rows::Changes;
use crate::domain::subscription::suppression::Suppression;

impl MailingList {
    /// Whether a subscriber, a mailbox or a suppression is not as it was.
    pub fn is_changed(&self) -> bool {
        let Changes { organisations, mailboxes, suppressions, .. } = &self.changes;
        let is_other = |(id, before): (&RecipientId, &Option<Mailbox>)| before.as_ref() != self.mailbox(*id);
        !organisations.is_empty() || !suppressions.is_empty() || mailboxes.iter().any(is_other)
    }

    /// Whether an address that was known until now is to be forgotten.
    pub fn is_forgetful(&self) -> bool {
        let had = |before: &Option<Suppression>| before.as_ref().is_some_and(|before| before.address.is_some());
        let erased = |key| self.suppression_of(key).is_some_and(|now| now.address.is_none());
        let Changes { forgotten, suppressions, .. } = &self.changes;
        !forgotten.is_empty() || suppressions.iter().any(|(key, before)| had(before) && erased(*key))
    }

    /// Why the config file must not bring this address in, if so: it is suppressed, or its reader left or complained and has
    /// not been subscribed since. Who left and was forgotten is known by the hash.
    pub fn kept_out(&self, address: &Address) -> Option<SuppressionReason> {
        let key = self.key(address);
        if let Some(suppression) = self.suppression_of(key) {
            return Some(suppression.reason);
        }
        let rows = || self.with_key(key);
        if rows().any(|mailbox| mailbox.address.is_some() && mailbox.is_active()) {
            return None;
        }
        let left = rows().filter_map(|mailbox| Some((mailbox.address.is_some(), mailbox.last_left()?)));
        let (_, (_, by)) = left.max_by_key(|(is_known, (ended, _))| (*is_known, *ended))?;
        by.as_suppression()
    }

    /// The name of the subscriber that a mailbox belongs to, unless the mailbox has ended.
    pub fn subscribed_name(&self, id: RecipientId) -> Option<&str> {
        let mailbox = self.mailbox(id).filter(|mailbox| mailbox.state != MailboxState::Ended)?;
        self.owner_name(mailbox)
    }

    /// The bands that an active mailbox gets, and its subscriber's name.
    pub fn subscribed_bands(&self, id: RecipientId) -> Option<(&str, &BandSet)> {
        let mailbox = self.mailbox(id).filter(|mailbox| mailbox.is_active())?;
        Some((self.owner_name(mailbox)?, &mailbox.bands))
    }

    pub(in crate::domain::subscription) fn owner_name(&self, mailbox: &Mailbox) -> Option<&str> {
        self.organisation(mailbox.owner).map(|owner| owner.profile.name.as_str())
    }
}
