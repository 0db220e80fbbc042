//! What becomes of the counts of the mailing list when a decision is written.
//!
//! What a mailbox that changed added to the counts is taken away, and what it adds now is added. The others of its subscriber are
//! asked only where they matter: whether one of them speaks for it still, or when they come to another segment with it.

use std::collections::BTreeMap;

use super::band_book::BandBook;
use crate::domain::band::{BandName, BandSet};
use crate::domain::subscriber::{Locale, MailboxState, Profile, RecipientId, Sector, SubscriberId};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::suppression::AddressKey;

/// The row of `list_counts` that counts suppressed addresses.
pub(in crate::store) const SUPPRESSED: &str = "suppressed";

/// The changes of a list, and what they come to.
pub(in crate::store) struct Counting<'a> {
    list: &'a MailingList,
    /// The mailboxes that may count otherwise now, as they were and as they are.
    changed: BTreeMap<RecipientId, (Option<&'a Mailbox>, &'a Mailbox)>,
    /// Of subscribers that were there before, the highest rank among those mailboxes, as they were and as they are.
    best: BTreeMap<SubscriberId, [u8; 2]>,
    readers: BTreeMap<(i64, Sector, Locale), i64>,
    counts: BTreeMap<&'static str, i64>,
}

impl<'a> Counting<'a> {
    /// Begins with what the list itself tells.
    pub(in crate::store) fn of(list: &'a MailingList, bands: &BandBook) -> Self {
        let (best, readers, counts) = Default::default();
        let mut counting = Self { list, changed: changed(list), best, readers, counts };
        counting.count_suppressions();
        counting.count_changed(bands);
        counting.best = counting.best_of_changed();
        counting.count_new();
        counting
    }

    /// Whether a mailbox is among those that are counted already.
    pub(in crate::store) fn is_counted(&self, id: RecipientId) -> bool {
        self.changed.contains_key(&id)
    }

    /// The mailboxes that are counted already, by number.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn counted(&self) -> impl Iterator<Item = RecipientId> {
        self.changed.keys().copied()
    }

    /// The subscribers that came to another segment: their other mailboxes come along.
    pub(in crate::store) fn movers(&self) -> Vec<SubscriberId> {
        let organisations = self.list.changes().organisations.keys().copied();
        organisations.filter(|id| self.segments(*id).is_some_and(|[before, now]| before != now)).collect()
    }

    /// So many other mailboxes of such a subscriber have this mask, and get digests.
    pub(in crate::store) fn move_others(&mut self, owner: SubscriberId, mask: i64, mailboxes: i64) {
        let Some([before, now]) = self.segments(owner) else { return };
        self.add_readers(mask, Some(before), -mailboxes);
        self.add_readers(mask, Some(now), mailboxes);
    }

    /// The subscribers for which another of their mailboxes may speak, and in which states it would: the first of them in which
    /// there is one is the answer for [`Self::add_subscriber`].
    pub(in crate::store) fn asked(&self) -> Vec<(SubscriberId, Vec<MailboxState>)> {
        let changed = self.best.iter().filter(|(_, [before, now])| before != now);
        // One that is no better than the worse of the two changes nothing.
        let better = |worse: u8| SPEAKING.into_iter().filter(move |state| rank(*state) > worse);
        changed.map(|(id, [before, now])| (*id, better(*before.min(now)).collect())).collect()
    }

    /// Counts such a subscriber, of which another mailbox has this state.
    pub(in crate::store) fn add_subscriber(&mut self, id: SubscriberId, other: Option<MailboxState>) {
        let Some([before, now]) = self.best.get(&id).copied() else { return };
        let other = other.map_or(0, rank);
        self.add(word(before.max(other)), -1);
        self.add(word(now.max(other)), 1);
    }

    /// How many mailboxes more get digests, by the parts of their segments.
    pub(in crate::store) fn readers(&self) -> impl Iterator<Item = ((i64, Sector, Locale), i64)> {
        self.readers.iter().filter(|(_, number)| **number != 0).map(|(segment, number)| (*segment, *number))
    }

    /// How many more there are of what `list_counts` counts.
    pub(in crate::store) fn counts(&self) -> impl Iterator<Item = (&'static str, i64)> {
        self.counts.iter().filter(|(_, number)| **number != 0).map(|(what, number)| (*what, *number))
    }

    fn count_suppressions(&mut self) {
        let suppressions = &self.list.changes().suppressions;
        let before: i64 = suppressions.values().flatten().map(|_| 1).sum();
        let after: i64 = suppressions.keys().filter_map(|key| self.list.suppression_of(*key)).map(|_| 1).sum();
        self.add(SUPPRESSED, after - before);
    }

    /// The mailboxes that changed, in the segments of their subscribers as these were and as they are.
    fn count_changed(&mut self, bands: &BandBook) {
        for (before, now) in self.changed.values().copied().collect::<Vec<_>>() {
            if let Some(before) = before.filter(|one| one.is_active() && !self.was_suppressed(one.key)) {
                let segment = profile_before(self.list, before.owner).map(segment);
                self.add_readers(bands.seen(&before.bands), segment, -1);
            }
            if now.is_active() && self.list.suppression_of(now.key).is_none() {
                let segment = self.list.organisation(now.owner).map(|owner| segment(&owner.profile));
                self.add_readers(bands.seen(&now.bands), segment, 1);
            }
        }
    }

    fn was_suppressed(&self, key: AddressKey) -> bool {
        match self.list.changes().suppressions.get(&key) {
            Some(before) => before.is_some(),
            None => self.list.suppression_of(key).is_some(),
        }
    }

    fn best_of_changed(&self) -> BTreeMap<SubscriberId, [u8; 2]> {
        let mut best: BTreeMap<_, [u8; 2]> = BTreeMap::new();
        for (before, now) in self.changed.values() {
            for (at, mailbox) in [*before, Some(*now)].into_iter().enumerate() {
                let Some(mailbox) = mailbox else { continue };
                let best = &mut best.entry(mailbox.owner).or_default()[at];
                *best = rank(mailbox.state).max(*best);
            }
        }
        best
    }

    /// New subscribers have no mailboxes but those that were read.
    fn count_new(&mut self) {
        let organisations = self.list.changes().organisations.iter();
        for id in organisations.filter(|(_, before)| before.is_none()).map(|(id, _)| *id) {
            let [_, now] = self.best.remove(&id).unwrap_or_default();
            self.add(word(now), 1);
        }
    }

    /// The segment of a subscriber as it was, if it was there, and as it is.
    fn segments(&self, id: SubscriberId) -> Option<[(Sector, Locale); 2]> {
        let before = self.list.changes().organisations.get(&id)?.as_ref()?;
        let now = self.list.organisation(id)?;
        Some([segment(&before.profile), segment(&now.profile)])
    }

    /// A subscriber that was not read has no segment, and no mailbox that changed.
    fn add_readers(&mut self, mask: i64, segment: Option<(Sector, Locale)>, number: i64) {
        let Some((sector, locale)) = segment else { return };
        *self.readers.entry((mask, sector, locale)).or_default() += number;
    }

    fn add(&mut self, what: &'static str, number: i64) {
        *self.counts.entry(what).or_default() += number;
    }
}

fn changed<'a>(list: &'a MailingList) -> BTreeMap<RecipientId, (Option<&'a Mailbox>, &'a Mailbox)> {
    let changes = list.changes();
    let of = |now: &'a Mailbox| match changes.mailboxes.get(&now.id) {
        Some(before) => Some((now.id, (before.as_ref(), now))),
        None => changes.suppressions.contains_key(&now.key).then_some((now.id, (Some(now), now))),
    };
    list.mailboxes().filter_map(of).collect()
}

/// The states of a mailbox that speaks for its subscriber, the highest first.
const SPEAKING: [MailboxState; 2] = [MailboxState::Active, MailboxState::Pending];

/// Which of a subscriber's mailboxes speaks for it: the highest.
fn rank(state: MailboxState) -> u8 {
    match state {
        MailboxState::Active => 2,
        MailboxState::Pending => 1,
        MailboxState::Ended => 0,
    }
}

/// The row of `list_counts` for subscribers whose best mailbox has this rank.
fn word(rank: u8) -> &'static str {
    SPEAKING.into_iter().find(|state| self::rank(*state) == rank).unwrap_or(MailboxState::Ended).as_str()
}

fn profile_before(list: &MailingList, id: SubscriberId) -> Option<&Profile> {
    let before = list.changes().organisations.get(&id).and_then(Option::as_ref);
    before.or_else(|| list.organisation(id)).map(|one| &one.profile)
}

fn segment(profile: &Profile) -> (Sector, Locale) {
    (profile.sector, profile.locale)
}

/// Mailboxes by band, from mailboxes by set of bands.
pub(in crate::store) fn by_band(sets: Vec<(BandSet, u64)>) -> BTreeMap<BandName, u64> {
    let mut readers = BTreeMap::new();
    for (band, number) in sets.into_iter().flat_map(|(set, number)| set.into_iter().map(move |band| (band, number))) {
        *readers.entry(band).or_default() += number;
    }
    readers
}
