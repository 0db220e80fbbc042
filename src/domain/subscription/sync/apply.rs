//! A sync's changes, carried out on the mailing list.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::plan::{SyncChange, SyncPlan, Who};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{EndedBy, Origin, RecipientId, SubscriberId};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::rows::Subject;

const ACTOR: &str = "config";

/// A change is about a subscriber that no other change makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("change {0} of the sync makes no subscriber")]
pub struct UnknownSubscriber(pub usize);

/// Which mailboxes have bands of their own, chosen by their readers or an operator.
pub type Choices = HashMap<RecipientId, BandSet>;

/// Changes that are carried out together.
#[derive(Debug, Clone)]
pub struct SyncPart {
    pub plan: Arc<SyncPlan>,
    /// Which of the plan's changes: whole entries.
    pub changes: Range<usize>,
    /// The choices as they were when the sync began: one that was made since stays.
    pub choices: Arc<Choices>,
    /// How often a sync had changed anything by then: if another has since, what was planned is out of date.
    pub syncs: u64,
    /// What the parts before came to, if there were any.
    pub before: Option<SyncFigures>,
}

impl SyncPart {
    /// The addresses that it is about, and the subscribers.
    pub fn about(&self) -> (Vec<Address>, Vec<SubscriberId>) {
        let (mut addresses, mut subscribers) = (Vec::new(), Vec::new());
        for change in &self.plan.changes[self.changes.clone()] {
            match change {
                SyncChange::AddSubscriber(_) => {}
                SyncChange::UpdateSubscriber { subscriber, .. } => subscribers.push(*subscriber),
                SyncChange::Start { address, .. }
                | SyncChange::Restore { address, .. }
                | SyncChange::Rebands { address, .. }
                | SyncChange::End { address, .. } => addresses.push(address.clone()),
            }
        }
        (addresses, subscribers)
    }
}

/// The choices that are made now.
pub fn choices(list: &MailingList) -> Choices {
    list.mailboxes().filter_map(|mailbox| Some((mailbox.id, mailbox.chosen.clone()?))).collect()
}

/// Carries out a part of the changes, in order. Returns what the sync came to up to its end; or nothing where what was planned
/// is out of date: then nothing is changed, and the rest must be planned anew.
///
/// # Errors
/// When the plan contradicts itself; then the list must not be written.
pub fn apply_part(list: &mut MailingList, part: &SyncPart) -> Result<Option<SyncFigures>, UnknownSubscriber> {
    let changes = &part.plan.changes;
    if list.syncs() != part.syncs || !changes[part.changes.clone()].iter().all(|change| is_due(list, change)) {
        return Ok(None);
    }
    let mut made = HashMap::new();
    for at in part.changes.clone() {
        match &changes[at] {
            SyncChange::AddSubscriber(profile) => {
                made.insert(at, list.add_organisation(profile.clone(), Origin::Config));
            }
            SyncChange::UpdateSubscriber { subscriber, after, .. } => {
                list.update_profile(*subscriber, after.clone(), ACTOR);
            }
            SyncChange::Start { subscriber, address, bands } => {
                let subscriber = match subscriber {
                    Who::Known(id) => *id,
                    Who::New(at) => *made.get(at).ok_or(UnknownSubscriber(*at))?,
                };
                start(list, (subscriber, "start"), address, bands, &part.choices);
            }
            SyncChange::Restore { subscriber, address, bands } => {
                start(list, (*subscriber, "restore"), address, bands, &part.choices);
            }
            SyncChange::Rebands { subscriber, address, after, .. } => {
                reband(list, *subscriber, address, after, &part.choices);
            }
            SyncChange::End { subscriber, address } => end(list, *subscriber, address),
        }
    }
    list.count_sync();
    let mut figures = part.before.unwrap_or_default();
    changes[part.changes.clone()].iter().for_each(|change| figures.count(change));
    list.note_so_far(ACTOR, "sync", Subject::List, figures.to_json(), part.before.map(SyncFigures::to_json));
    Ok(Some(figures))
}

/// Whether what a change was planned on is still so.
fn is_due(list: &MailingList, change: &SyncChange) -> bool {
    let held = |subscriber: SubscriberId, address: &Address| {
        let subscriptions = list.find(address).into_iter().flat_map(|mailbox| &mailbox.subscriptions);
        subscriptions.into_iter().find(|one| one.subscriber == subscriber && one.origin == Origin::Config)
    };
    let may_come = |address: &Address| list.kept_out(address).is_none();
    match change {
        SyncChange::AddSubscriber(_) => true,
        SyncChange::UpdateSubscriber { subscriber, before, .. } => {
            list.organisation(*subscriber).is_some_and(|organisation| organisation.profile == *before)
        }
        SyncChange::Start { subscriber: Who::New(_), address, .. } => may_come(address),
        SyncChange::Start { subscriber: Who::Known(id), address, .. } => {
            may_come(address) && held(*id, address).is_none()
        }
        SyncChange::Restore { subscriber, address, .. } => {
            may_come(address) && held(*subscriber, address).is_some_and(|one| one.ended.is_some())
        }
        SyncChange::Rebands { subscriber, address, before, .. } => {
            let held = held(*subscriber, address);
            may_come(address) && held.is_some_and(|one| one.ended.is_none() && one.bands == *before)
        }
        SyncChange::End { subscriber, address } => held(*subscriber, address).is_some_and(|one| one.ended.is_none()),
    }
}

/// How many of each kind a sync changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncFigures {
    /// Subscribers that are new.
    pub subscribers: u64,
    /// Subscribers with another profile.
    pub updated: u64,
    /// Mailboxes that began, or began again.
    pub started: u64,
    /// Mailboxes with other bands.
    pub rebanded: u64,
    /// Mailboxes whose entries are gone.
    pub ended: u64,
}

impl SyncFigures {
    fn count(&mut self, change: &SyncChange) {
        let number = match change {
            SyncChange::AddSubscriber(_) => &mut self.subscribers,
            SyncChange::UpdateSubscriber { .. } => &mut self.updated,
            SyncChange::Start { .. } | SyncChange::Restore { .. } => &mut self.started,
            SyncChange::Rebands { .. } => &mut self.rebanded,
            SyncChange::End { .. } => &mut self.ended,
        };
        *number += 1;
    }

    /// As the audit table keeps them.
    fn to_json(self) -> String {
        serde_json::to_string(&self).expect("numbers always become JSON")
    }
}

/// A mailbox that the file names now.
fn start(
    list: &mut MailingList,
    (subscriber, action): (SubscriberId, &'static str),
    address: &Address,
    bands: &BandSet,
    choices: &Choices,
) {
    let known = list.find(address).map(|mailbox| mailbox.id);
    let id = known.unwrap_or_else(|| list.add_mailbox(address, subscriber, bands.clone()));
    let at = list.at();
    list.change(id, |mailbox| {
        // Someone who left and came back by themselves chose their bands then; the entry has not changed since.
        let before = mailbox.subscription_mut(subscriber, Origin::Config);
        let returned = before.and_then(|one| one.ended_by).is_some_and(|by| by != EndedBy::Config);
        mailbox.join(subscriber, Origin::Config, bands.clone(), at);
        if !returned {
            drop_choice(mailbox, choices);
        }
        mailbox.refresh();
    });
    if known.is_some() {
        list.note(ACTOR, action, Subject::Mailbox(id), named(subscriber));
    }
}

/// The entry speaks last, unless someone chose anew while the sync was under way.
fn drop_choice(mailbox: &mut Mailbox, choices: &Choices) {
    if mailbox.chosen.as_ref() == choices.get(&mailbox.id) {
        mailbox.chosen = None;
    }
}

fn reband(list: &mut MailingList, subscriber: SubscriberId, address: &Address, bands: &BandSet, choices: &Choices) {
    let Some(id) = list.find(address).map(|mailbox| mailbox.id) else { return };
    list.change(id, |mailbox| {
        if let Some(one) = mailbox.subscription_mut(subscriber, Origin::Config) {
            one.bands.clone_from(bands);
        }
        drop_choice(mailbox, choices);
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
