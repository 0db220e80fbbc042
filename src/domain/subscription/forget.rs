//! What is forgotten of a person: at their wish, or when its time is over. Numbers and the keyed hash stay.

use chrono::{DateTime, Utc};

use super::mailing_list::MailingList;
use super::rows::{Forgetting, Subject};
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::{MailboxState, RecipientId, SubscriberId, SuppressionReason};

/// What became of a wish to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// It is done now: what ended by it.
    Done(Ended),
    /// It was done before: only the keyed hash is there.
    Before,
    /// The address is not known, nor its hash.
    Unknown,
}

/// What an erasure ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// The mailbox's number, which stays; none for an address that was only suppressed.
    pub mailbox: Option<RecipientId>,
    /// Subscriptions that were active.
    pub subscriptions: u64,
    /// Requests that waited for a click.
    pub requests: u64,
}

/// Erases a person: whatever is known of the address goes, but for the hash that keeps it suppressed.
pub fn erase(list: &mut MailingList, address: &Address) -> Erasure {
    let key = list.key(address);
    let mailbox = list.find(address).map(|mailbox| {
        let active = mailbox.subscriptions.iter().filter(|one| one.ended.is_none()).count() as u64;
        (mailbox.id, active)
    });
    let suppressed = list.suppression_of(key);
    if mailbox.is_none() && suppressed.is_none_or(|known| known.address.is_none()) {
        let is_hashed = suppressed.is_some() || list.with_key(key).next().is_some();
        return if is_hashed { Erasure::Before } else { Erasure::Unknown };
    }
    list.suppress(key, None, SuppressionReason::Unsubscribed);
    list.erase_suppressed_address(key);
    let Some((id, subscriptions)) = mailbox else { return Erasure::Done(Ended::default()) };
    let at = list.at();
    let requests = list.change(id, |mailbox| {
        // No click fulfils anything any more, not even an undo of leaving.
        let requests = mailbox.close_requests(at, |_| true);
        mailbox.end_all(SuppressionReason::Unsubscribed.into(), at);
        requests
    });
    forget(list, id);
    list.note(OPERATOR, "erase", Subject::Mailbox(id), "");
    Erasure::Done(Ended { mailbox: Some(id), subscriptions, requests: requests.unwrap_or_default() })
}

/// Forgets those of the ended mailboxes that were read of which the last that they had or asked for ended before `limit`, and
/// to which no mail is on its way. Returns how many.
pub fn retire(list: &mut MailingList, limit: DateTime<Utc>) -> u64 {
    let over = list.mailboxes().filter(|mailbox| {
        let ended = mailbox.subscriptions.iter().filter_map(|one| one.ended).max().unwrap_or(mailbox.created_at);
        let waited = mailbox.requests.iter().map(super::request::Request::over_since).max();
        mailbox.state == MailboxState::Ended
            && mailbox.address.is_some()
            && ended.max(waited.unwrap_or(ended)) < limit
            && !list.is_expecting_mail(mailbox.id)
    });
    let over: Vec<_> = over.map(|mailbox| mailbox.id).collect();
    for id in &over {
        forget(list, *id);
        list.note("program", "forget", Subject::Mailbox(*id), "");
    }
    over.len() as u64
}

/// Forgets a mailbox that has no subscription any more. Its keyed hash stays, so that a link in an old mail still keeps mail
/// away, whatever row the address has by then. The suppression list has an address of its own, until it is erased.
fn forget(list: &mut MailingList, id: RecipientId) {
    let at = list.at();
    let subscribers = list.change(id, |mailbox| {
        mailbox.close_requests(at, |_| true);
        (mailbox.address, mailbox.chosen, mailbox.state) = (None, None, MailboxState::Ended);
        mailbox.subscribers()
    });
    let nameless = subscribers.unwrap_or_default().into_iter().filter(|subscriber| names_nobody(list, *subscriber));
    let nameless = nameless.collect();
    list.forget(Forgetting { recipient: id, nameless });
}

/// Whether no mailbox of this subscriber is known any more.
fn names_nobody(list: &MailingList, id: SubscriberId) -> bool {
    let is_of = |mailbox: &super::mailbox::Mailbox| {
        mailbox.owner == id || mailbox.subscriptions.iter().any(|one| one.subscriber == id)
    };
    list.organisation(id).is_some_and(|organisation| !organisation.has_others)
        && !list.mailboxes().any(|mailbox| mailbox.address.is_some() && is_of(mailbox))
}
