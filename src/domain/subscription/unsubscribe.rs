//! What ends a subscription: someone leaves, or a server refuses the mailbox for good.

use chrono::TimeDelta;

use super::mailbox::Mailbox;
use super::mailing_list::MailingList;
use super::request::{PER_ADDRESS, RequestKind};
use super::rows::Subject;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};

/// Ends every subscription of the address and suppresses it. Returns the name of the subscriber it belonged to, or `None`
/// when it had no subscription (it is suppressed all the same).
pub fn unsubscribe(
    list: &mut MailingList,
    address: &Address,
    reason: SuppressionReason,
    actor: &'static str,
) -> Option<String> {
    let fresh = list.suppress(list.key(address), Some(address), reason);
    let Some(id) = list.find(address).map(|mailbox| mailbox.id) else {
        if fresh {
            list.note(actor, "suppress", Subject::Stranger, reason.as_str());
        }
        return None;
    };
    let name = list.subscribed_name(id).map(str::to_owned);
    end(list, id, reason);
    if fresh || name.is_some() {
        list.note(actor, "unsubscribe", Subject::Mailbox(id), reason.as_str());
    }
    name
}

/// As [`unsubscribe`], by the mailbox's number. One that is unknown is none; one whose address was forgotten stays
/// suppressed by its hash, and if the address was subscribed anew since, under another number, that ends too.
pub fn leave(
    list: &mut MailingList,
    id: RecipientId,
    reason: SuppressionReason,
    actor: &'static str,
) -> Option<String> {
    let (key, address) = list.mailbox(id).map(|mailbox| (mailbox.key, mailbox.address.clone()))?;
    let fresh = list.suppress(key, address.as_ref(), reason);
    let successors = list.with_key(key).filter(|other| address.is_none() && other.address.is_some());
    let ids: Vec<_> = [id].into_iter().chain(successors.map(|other| other.id)).collect();
    let name = ids.iter().find_map(|id| list.subscribed_name(*id)).map(str::to_owned);
    for id in ids {
        end(list, id, reason);
    }
    if fresh || name.is_some() {
        list.note(actor, "unsubscribe", Subject::Mailbox(id), reason.as_str());
    }
    name
}

/// As [`leave`]; a mailbox that was mailed gets a good-bye that offers an undo, a few a day. Returns the subscriber's name
/// then, and only then: someone who only was asked whether they want it has nothing to take back. Where its reader left
/// before, nothing changes, and an undo stays: whoever holds a forwarded copy can press the button again.
pub fn leave_with_undo(list: &mut MailingList, id: RecipientId) -> Option<String> {
    if list.mailbox(id).is_some_and(|mailbox| has_left(list, mailbox)) {
        return None;
    }
    let mailed = list.mailbox(id).filter(|mailbox| {
        mailbox.is_active() && mailbox.address.is_some() && list.suppression_of(mailbox.key).is_none()
    });
    let since = list.at() - TimeDelta::days(1);
    let mailed = mailed.filter(|mailbox| mailbox.asked_since(since, |kind| kind == RequestKind::Undo) < PER_ADDRESS);
    let bands = mailed.map(|mailbox| mailbox.bands.clone());
    let name = leave(list, id, SuppressionReason::Unsubscribed, "web")?;
    let request = list.add_request(id, RequestKind::Undo, None, bands?);
    list.mail(id, name.clone(), request);
    Some(name)
}

/// Whether its reader left, and nothing waits for a click that would begin anything.
fn has_left(list: &MailingList, mailbox: &Mailbox) -> bool {
    let by_wish = list.suppression_of(mailbox.key).is_some_and(|known| known.reason.is_readers_wish());
    by_wish && mailbox.state == MailboxState::Ended
}

/// Suppresses a mailbox because of what a mail server said; nothing happens to one that was forgotten.
pub fn refuse_for_good(list: &mut MailingList, id: RecipientId, reason: SuppressionReason) {
    let found = list.mailbox(id).and_then(|mailbox| Some((mailbox.key, mailbox.address.clone()?)));
    let Some((key, address)) = found else { return };
    if list.suppress(key, Some(&address), reason) {
        list.note("relay", "suppress", Subject::Mailbox(id), reason.as_str());
        // What had ended already keeps the reason for which it ended.
        end(list, id, reason);
    }
}

fn end(list: &mut MailingList, id: RecipientId, reason: SuppressionReason) {
    let at = list.at();
    list.change(id, |mailbox| mailbox.end_all(reason.into(), at));
}

/// Lifts a suppression, and begins no subscription. Returns why it was there.
pub fn lift_suppression(list: &mut MailingList, address: &Address, actor: &'static str) -> Option<SuppressionReason> {
    let (key, reason) = (list.key(address), list.suppression(address)?);
    list.lift(key);
    // Whoever is let back begins with a clean slate.
    let ids: Vec<_> = list.with_key(key).map(|mailbox| mailbox.id).collect();
    let subject = ids.first().map_or(Subject::Stranger, |id| Subject::Mailbox(*id));
    for id in ids {
        list.forget_bounces(id);
    }
    list.note(actor, "lift-suppression", subject, reason.as_str());
    Some(reason)
}

/// Why a mailbox cannot move to another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotMove {
    /// No mailbox has the old address.
    #[error("no mailbox has the old address")]
    Unknown,
    /// The old address is suppressed.
    #[error("the old address is suppressed ({0})")]
    OldIsSuppressed(SuppressionReason),
    /// The new address is suppressed.
    #[error("the new address is suppressed ({0})")]
    NewIsSuppressed(SuppressionReason),
    /// The new address has a mailbox already.
    #[error("the new address is a mailbox already")]
    Taken,
}

/// The mailbox moves to another address, and keeps its number, subscriptions and deliveries.
///
/// # Errors
/// When `old` is no mailbox, `new` is one already, or either is suppressed.
pub fn change_address(list: &mut MailingList, old: &Address, new: &Address) -> Result<(), CannotMove> {
    let id = list.find(old).ok_or(CannotMove::Unknown)?.id;
    if let Some(reason) = list.suppression(old) {
        return Err(CannotMove::OldIsSuppressed(reason));
    }
    if let Some(reason) = list.suppression(new) {
        return Err(CannotMove::NewIsSuppressed(reason));
    }
    if old != new && list.find(new).is_some() {
        return Err(CannotMove::Taken);
    }
    // What came back from the old address says nothing about the new one.
    list.forget_bounces(id);
    let (key, at) = (list.key(new), list.at());
    list.change(id, |mailbox| {
        (mailbox.address, mailbox.key, mailbox.changed_at) = (Some(new.clone()), key, Some(at));
    });
    list.note(OPERATOR, "change-address", Subject::Mailbox(id), "");
    Ok(())
}
