//! What brings the store into line with the file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::matching;
use super::state::{Entry, StoredEntry, StoredMailbox, StoredState};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{Profile, SubscriberId, SuppressionReason};

/// Which subscriber a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// One the store has.
    Known(SubscriberId),
    /// The one that the [`SyncChange::AddSubscriber`] with this number in the list of changes makes.
    New(usize),
}

/// One thing to change in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncChange {
    AddSubscriber(Profile),
    /// A new name, sector, locale or urn.
    UpdateSubscriber {
        subscriber: SubscriberId,
        before: Profile,
        after: Profile,
    },
    /// A mailbox that the file did not name before.
    Start {
        subscriber: Who,
        address: Address,
        bands: BandSet,
    },
    /// A mailbox whose entry was put back.
    Restore {
        subscriber: SubscriberId,
        address: Address,
        bands: BandSet,
    },
    /// The entry asks for other bands; the mailbox's own choice is dropped.
    Rebands {
        subscriber: SubscriberId,
        address: Address,
        before: BandSet,
        after: BandSet,
    },
    /// The entry (or this address of it) is gone from the file.
    End {
        subscriber: SubscriberId,
        address: Address,
    },
}

/// What a sync comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// The changes, to be applied in order. They may be applied in parts; where someone else changes what they rest on between
    /// two parts, the parts before stay, and the rest is planned anew.
    pub changes: Vec<SyncChange>,
    /// Wished addresses that are not brought back, and why.
    pub kept_out: Vec<(Address, SuppressionReason)>,
    /// Addresses that several entries name, with the line of the entry that each belongs to and the others'.
    pub shared: Vec<(Address, usize, Vec<usize>)>,
    /// Active config subscriptions before.
    pub active_before: usize,
    /// Of those, how many end.
    pub ending: usize,
}

impl SyncPlan {
    /// More than 10 subscriptions and over 10 % of the file's would end: a person must say yes.
    pub fn needs_consent(&self) -> bool {
        self.ending > 10 && self.ending * 10 > self.active_before
    }

    /// The changes in parts of so many or a few more: those of one entry stay together, so that no part leaves a subscriber
    /// without a mailbox behind.
    pub fn parts(&self, size: usize) -> Vec<Range<usize>> {
        let (mut parts, mut begin) = (Vec::new(), 0);
        for end in 1..=self.changes.len() {
            let is_last = end == self.changes.len();
            if is_last || (end - begin >= size && self.subscriber(end) != self.subscriber(end - 1)) {
                parts.push(begin..end);
                begin = end;
            }
        }
        parts
    }

    /// Adds a part of the changes to those that were made before: a new subscriber is then at another place.
    pub fn add_to(&self, done: &mut Vec<SyncChange>, part: Range<usize>) {
        let (begin, place) = (part.start, done.len());
        done.extend(self.changes[part].iter().cloned().map(|change| match change {
            SyncChange::Start { subscriber: Who::New(at), address, bands } => {
                SyncChange::Start { subscriber: Who::New(at - begin + place), address, bands }
            }
            other => other,
        }));
    }

    fn subscriber(&self, at: usize) -> Who {
        match &self.changes[at] {
            SyncChange::AddSubscriber(_) => Who::New(at),
            SyncChange::Start { subscriber, .. } => *subscriber,
            SyncChange::UpdateSubscriber { subscriber, .. }
            | SyncChange::Restore { subscriber, .. }
            | SyncChange::Rebands { subscriber, .. }
            | SyncChange::End { subscriber, .. } => Who::Known(*subscriber),
        }
    }
}

/// What brings the store's config subscriptions into line with `wish`. Pure; applied once, a second call changes nothing.
///
/// An entry is the stored one with which it shares most addresses. Every start and restore comes before any end, so
/// that a mailbox that moves between entries is never without a subscription. `Who::New(n)` is the
/// [`SyncChange::AddSubscriber`] at `changes[n]`.
pub fn plan_sync(wish: &[Entry], stored_state: &StoredState) -> SyncPlan {
    let mut plan = SyncPlan {
        active_before: stored_state.entries.iter().flat_map(|stored| &stored.mailboxes).filter(|m| !m.ended).count(),
        ..SyncPlan::default()
    };
    let lines = Lines::of(wish);
    plan.shared = lines.shared();
    plan.kept_out = lines.order.iter().filter_map(|a| Some(((*a).clone(), *stored_state.kept_out.get(*a)?))).collect();
    // Nothing of theirs starts, changes or ends while they are kept out: they get nothing whatever the file says.
    let kept_out: HashSet<&Address> = plan.kept_out.iter().map(|(address, _)| address).collect();
    let claims = matching::claims(wish, stored_state, &kept_out);
    let mut claimed_by = vec![None; stored_state.entries.len()];
    for (entry, claim) in wish.iter().zip(claims) {
        bring_in(entry, claim.map(|at| &stored_state.entries[at]), &kept_out, &mut plan.changes);
        if let Some(at) = claim {
            claimed_by[at] = Some(entry);
        }
    }
    for (stored, entry) in stored_state.entries.iter().zip(claimed_by) {
        for address in gone(stored, entry, &kept_out) {
            plan.ending += usize::from(!lines.by_address.contains_key(address));
            plan.changes.push(SyncChange::End { subscriber: stored.subscriber, address: address.clone() });
        }
    }
    plan
}

/// Adds what starts, comes back or changes for one entry and the stored entry that it is.
fn bring_in(entry: &Entry, stored: Option<&StoredEntry>, kept_out: &HashSet<&Address>, changes: &mut Vec<SyncChange>) {
    let open: Vec<&Address> = entry.addresses.iter().filter(|address| !kept_out.contains(address)).collect();
    if open.is_empty() {
        return;
    }
    let Some(stored) = stored else {
        let subscriber = Who::New(changes.len());
        changes.push(SyncChange::AddSubscriber(entry.profile.clone()));
        changes.extend(open.into_iter().map(|address| start(subscriber, address, entry)));
        return;
    };
    let subscriber = stored.subscriber;
    if stored.profile != entry.profile {
        let (before, after) = (stored.profile.clone(), entry.profile.clone());
        changes.push(SyncChange::UpdateSubscriber { subscriber, before, after });
    }
    let known: HashMap<&Address, &StoredMailbox> = stored.mailboxes.iter().map(|m| (&m.address, m)).collect();
    for address in open {
        match known.get(address) {
            None => changes.push(start(Who::Known(subscriber), address, entry)),
            Some(mailbox) if mailbox.ended => {
                let (address, bands) = (address.clone(), entry.bands.clone());
                changes.push(SyncChange::Restore { subscriber, address, bands });
            }
            Some(mailbox) if mailbox.bands != entry.bands => {
                let (before, after) = (mailbox.bands.clone(), entry.bands.clone());
                changes.push(SyncChange::Rebands { subscriber, address: address.clone(), before, after });
            }
            Some(_) => {}
        }
    }
}

fn start(subscriber: Who, address: &Address, entry: &Entry) -> SyncChange {
    SyncChange::Start { subscriber, address: address.clone(), bands: entry.bands.clone() }
}

/// The active addresses of a stored entry that its entry in the file (if there is one) no longer names.
fn gone<'a>(stored: &'a StoredEntry, entry: Option<&Entry>, kept_out: &HashSet<&Address>) -> Vec<&'a Address> {
    let named: HashSet<&Address> = entry.into_iter().flat_map(|entry| &entry.addresses).collect();
    let active = stored.mailboxes.iter().filter(|mailbox| !mailbox.ended);
    let addresses = active.map(|mailbox| &mailbox.address);
    addresses.filter(|address| !named.contains(address) && !kept_out.contains(address)).collect()
}

/// Which lines of the file name an address.
struct Lines<'a> {
    /// Every address once, in the file's order.
    order: Vec<&'a Address>,
    by_address: HashMap<&'a Address, Vec<usize>>,
}

impl<'a> Lines<'a> {
    fn of(wish: &'a [Entry]) -> Self {
        let mut lines = Self { order: Vec::new(), by_address: HashMap::new() };
        for entry in wish {
            for address in &entry.addresses {
                let named = lines.by_address.entry(address).or_default();
                if named.is_empty() {
                    lines.order.push(address);
                }
                named.push(entry.line);
            }
        }
        lines
    }

    fn shared(&self) -> Vec<(Address, usize, Vec<usize>)> {
        let named = self.order.iter().map(|address| (*address, &self.by_address[*address]));
        let several = named.filter_map(|(address, lines)| Some((address, lines.split_first()?)));
        let several = several.filter(|(_, (_, others))| !others.is_empty());
        several.map(|(address, (first, others))| (address.clone(), *first, others.to_vec())).collect()
    }
}
