//! A sync's changes, carried out on the mailing list.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

/// Changes that are carried out together.
#[derive(Debug, Clone)]
pub struct SyncPart {
    pub plan: Arc<SyncPlan>,
    /// Which of the plan's changes.
    pub changes: Range<usize>,
    /// The subscribers that changes before made.
    pub made: HashMap<usize, SubscriberId>,
    /// How often a sync had changed anything by then: if another has since, what was planned is out of date.
    pub syncs: u64,
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

/// Carries out every change, in order.
///
/// # Errors
/// When the plan contradicts itself; then the list must not be written.
pub fn apply(list: &mut MailingList, plan: &SyncPlan) -> Result<(), UnknownSubscriber> {
    let plan = Arc::new(plan.clone());
    let changes = 0..plan.changes.len();
    apply_part(list, &SyncPart { plan, changes, made: HashMap::new(), syncs: list.syncs() }).map(drop)
}

/// Carries out a part of the changes, in order. Returns the subscribers that were made up to its end, or nothing where another
/// sync came between: then nothing is changed.
///
/// # Errors
/// When the plan contradicts itself; then the list must not be written.
pub fn apply_part(
    list: &mut MailingList,
    part: &SyncPart,
) -> Result<Option<HashMap<usize, SubscriberId>>, UnknownSubscriber> {
    if list.syncs() != part.syncs {
        return Ok(None);
    }
    let mut made = part.made.clone();
    for at in part.changes.clone() {
        match &part.plan.changes[at] {
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
                start(list, subscriber, address, bands, "start");
            }
            SyncChange::Restore { subscriber, address, bands } => start(list, *subscriber, address, bands, "restore"),
            SyncChange::Rebands { subscriber, address, after, .. } => reband(list, *subscriber, address, after),
            SyncChange::End { subscriber, address } => end(list, *subscriber, address),
        }
    }
    list.count_sync();
    if part.changes.end == part.plan.changes.len() {
        list.note(ACTOR, "sync", Subject::List, SyncFigures::of(&part.plan).to_json());
    }
    Ok(Some(made))
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
    fn of(plan: &SyncPlan) -> Self {
        let mut figures = Self::default();
        for change in &plan.changes {
            let number = match change {
                SyncChange::AddSubscriber(_) => &mut figures.subscribers,
                SyncChange::UpdateSubscriber { .. } => &mut figures.updated,
                SyncChange::Start { .. } | SyncChange::Restore { .. } => &mut figures.started,
                SyncChange::Rebands { .. } => &mut figures.rebanded,
                SyncChange::End { .. } => &mut figures.ended,
            };
            *number += 1;
        }
        figures
    }

    /// As the audit table keeps them.
    fn to_json(self) -> String {
        serde_json::to_string(&self).expect("numbers always become JSON")
    }
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
    if known.is_some() {
        list.note(ACTOR, action, Subject::Mailbox(id), named(subscriber));
    }
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
