//! Mailboxes with what belongs to them, in the order in which lists show them.

use std::collections::HashMap;

use crate::domain::subscriber::{MailboxRecord, RecipientId, SubscriberId, SubscriberRecord, Subscription};

/// The name of subscribers that were forgotten.
pub(in crate::store) const NAMELESS: &str = "(erased)";

/// How many mailboxes an organisation may have on average before a page has fewer organisations.
const MAILBOXES: usize = 4;

/// How many mailboxes are read with a page of so many organisations; one more tells that there are too many.
pub(in crate::store) fn most(organisations: u32) -> usize {
    MAILBOXES * organisations as usize
}

/// How many organisations a search by an index has before it stops: those are sorted, and the first of them told.
pub(in crate::store) const ENOUGH: usize = 1_000;

/// Up to how many entries of the index tell how rare a word is.
pub(in crate::store) const LOOKED_AT: i64 = 20_000;

/// What comes after every word that begins so.
pub(in crate::store) fn past(word: &str) -> String {
    format!("{word}\u{10ffff}")
}

/// A mailbox's subscriptions, the oldest first.
pub(in crate::store) fn oldest_first(subscriptions: &mut [Subscription]) {
    subscriptions.sort_by_key(|one| (one.since, one.subscriber, one.origin.as_str()));
}

/// Makes a page end before the organisation whose mailboxes were not all read: it is for the next page. False when the first
/// organisation has too many by itself, so that all of its mailboxes are to be read.
pub(in crate::store) fn end_before_the_last(
    records: &mut Vec<SubscriberRecord>,
    mailboxes: &mut Vec<(SubscriberId, MailboxRecord)>,
) -> bool {
    let cut = mailboxes.last().map_or(SubscriberId(0), |(owner, _)| *owner);
    mailboxes.retain(|(owner, _)| *owner < cut);
    let whole = records.partition_point(|record| record.id < cut);
    records.truncate(whole.max(1));
    whole > 0
}

/// Of the organisations that a query lets through, with their names as they are sorted, the numbers of the first `limit`.
pub(in crate::store) fn first_by_name(mut found: Vec<(String, SubscriberId)>, limit: usize) -> Vec<SubscriberId> {
    found.sort_unstable();
    found.truncate(limit);
    found.into_iter().map(|(_, id)| id).collect()
}

/// Puts organisations in the order of these numbers.
pub(in crate::store) fn in_order_of(ids: &[SubscriberId], records: Vec<SubscriberRecord>) -> Vec<SubscriberRecord> {
    let mut records: HashMap<SubscriberId, SubscriberRecord> =
        records.into_iter().map(|record| (record.id, record)).collect();
    ids.iter().filter_map(|id| records.remove(id)).collect()
}

/// Gives organisations their mailboxes, and these their subscriptions. Both lists are in the order of the organisations.
pub(in crate::store) fn fill(
    records: &mut [SubscriberRecord],
    mailboxes: Vec<(SubscriberId, MailboxRecord)>,
    mut subscriptions: HashMap<RecipientId, Vec<Subscription>>,
) {
    for all in subscriptions.values_mut() {
        oldest_first(all);
    }
    let mut mailboxes = mailboxes.into_iter().peekable();
    for record in records {
        while let Some((_, mut mailbox)) = mailboxes.next_if(|(owner, _)| *owner <= record.id) {
            mailbox.subscriptions = subscriptions.remove(&mailbox.recipient).unwrap_or_default();
            record.mailboxes.push(mailbox);
        }
    }
}
