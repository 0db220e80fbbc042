//! A sync's changes, carried out on the mailing list.

use std::collections::HashMap;

use super::plan::{SyncChange, SyncPlan, Who};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{EndedBy, Origin, SubscriberId};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::rows::Subject;

const ACTOR: &str = "config";

/// A change is about a subscriber that no other change makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("change {0} of the sync makes no subscriber")]
pub struct UnknownSubscriber(pub usize);

/// Carries out every change, in order.
///
/// # Errors
/// When the plan contradicts itself; then the list must not be written.
pub fn apply(list: &mut MailingList, plan: &SyncPlan) -> Result<(), UnknownSubscriber> {
    let mut made = HashMap::new();
    for (at, change) in plan.changes.iter().enumerate() {
        match change {
            SyncChange::AddSubscriber(profile) => {
                made.insert(at, list.add_organisation(profile.clone(), Origin::Config, ACTOR));
            }
            SyncChange::UpdateSubscriber { subscriber, after, .. } => {
                list.update_profile(*subscriber, after.clone(), ACTOR);
            }
            SyncChange::Start { subscriber, address, bands } => {
                let subscriber = match subscriber {
                    Who::Known(id) => *id,
                    Who::New(at) => *made.get(at).ok_or(UnknownSubscriber(*at))?,
                };
                start(list, subscriber, address, bands, "start");
            }
            SyncChange::Restore { subscriber, address, bands } => start(list, *subscriber, address, bands, "restore"),
            SyncChange::Rebands { subscriber, address, after, .. } => reband(list, *subscriber, address, after),
            SyncChange::End { subscriber, address } => end(list, *subscriber, address),
        }
    }
    Ok(())
}

/// A mailbox that the file names now. One that left or was suppressed since the plan was made stays away.
fn start(list: &mut MailingList, subscriber: SubscriberId, address: &Address, bands: &BandSet, action: &'static str) {
    if list.kept_out(address).is_some() {
        return;
    }
    let known = list.find(address).map(|mailbox| mailbox.id);
    let id = known.unwrap_or_else(|| list.add_mailbox(address, subscriber, bands.clone()));
    let at = list.at();
    list.change(id, |mailbox| {
        // Somebody who left and came back by themselves chose their bands then; the entry has not changed since.
        let before = mailbox.subscription_mut(subscriber, Origin::Config);
        let returned = before.and_then(|one| one.ended_by).is_some_and(|by| by != EndedBy::Config);
        mailbox.join(subscriber, Origin::Config, bands.clone(), at);
        if !returned {
            mailbox.chosen = None;
        }
        mailbox.refresh();
    });
    list.note(ACTOR, action, Subject::Mailbox(id), named(subscriber));
}

fn reband(list: &mut MailingList, subscriber: SubscriberId, address: &Address, bands: &BandSet) {
    let Some(id) = list.find(address).map(|mailbox| mailbox.id) else { return };
    list.change(id, |mailbox| {
        if let Some(one) = mailbox.subscription_mut(subscriber, Origin::Config) {
            one.bands.clone_from(bands);
        }
        mailbox.chosen = None;
        mailbox.refresh();
    });
    list.note(ACTOR, "bands", Subject::Mailbox(id), named(subscriber));
}

fn end(list: &mut MailingList, subscriber: SubscriberId, address: &Address) {
    let Some(id) = list.find(address).map(|mailbox| mailbox.id) else { return };
    let at = list.at();
    list.change(id, |mailbox| {
        let one = mailbox.subscription_mut(subscriber, Origin::Config).filter(|one| one.ended.is_none());
        if let Some(one) = one {
            (one.ended, one.ended_by) = (Some(at), Some(EndedBy::Config));
        }
        mailbox.refresh();
    });
    list.note(ACTOR, "end", Subject::Mailbox(id), named(subscriber));
}

fn named(subscriber: SubscriberId) -> String {
    format!("subscriber {}", subscriber.0)
}
