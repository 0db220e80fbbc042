//! Syncs against a small model of a store.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{Locale, Profile, Sector, SubscriberId, SuppressionReason};

fn address(name: &str) -> Address {
    format!("{name}@school.example").parse().unwrap()
}

fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), sector: Sector::School, locale: Locale::EnGb, urn: None }
}

fn bands(names: &str) -> BandSet {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

fn entry(name: &str, addresses: &str, names: &str) -> Entry {
    let addresses = addresses.split_whitespace().map(address).collect();
    Entry { profile: profile(name), addresses, bands: bands(names), line: 0 }
}

/// A file with entries on lines 1, 2, 3 …
fn file(entries: &[(&str, &str, &str)]) -> Vec<Entry> {
    let lines = entries.iter().zip(1..);
    lines.map(|((name, addresses, names), line)| Entry { line, ..entry(name, addresses, names) }).collect()
}

/// What a store does with a plan, in memory.
#[derive(Debug, Clone, Default)]
struct Model(StoredState);

impl Model {
    fn sync(&mut self, wish: &[Entry]) -> SyncPlan {
        let plan = plan_sync(wish, &self.0);
        self.apply(&plan);
        plan
    }

    fn apply(&mut self, plan: &SyncPlan) {
        let mut made = BTreeMap::new();
        for (at, change) in plan.changes.iter().enumerate() {
            match change {
                SyncChange::AddSubscriber(profile) => {
                    let subscriber = SubscriberId(self.0.entries.len() as u64 + 1);
                    made.insert(at, subscriber);
                    self.0.entries.push(StoredEntry { subscriber, profile: profile.clone(), mailboxes: Vec::new() });
                }
                SyncChange::UpdateSubscriber { subscriber, before, after } => {
                    let stored = self.entry(*subscriber);
                    assert_eq!(&stored.profile, before);
                    stored.profile = after.clone();
                }
                SyncChange::Start { subscriber, address, bands } => {
                    let subscriber = match subscriber {
                        Who::Known(id) => *id,
                        Who::New(at) => made[at],
                    };
                    let stored = self.entry(subscriber);
                    assert!(stored.mailboxes.iter().all(|mailbox| mailbox.address != *address), "started twice");
                    let (address, bands) = (address.clone(), bands.clone());
                    stored.mailboxes.push(StoredMailbox { address, bands, ended: false });
                }
                SyncChange::Restore { subscriber, address, bands } => {
                    let mailbox = self.mailbox(*subscriber, address);
                    assert!(mailbox.ended, "restored what had not ended");
                    (mailbox.ended, mailbox.bands) = (false, bands.clone());
                }
                SyncChange::Rebands { subscriber, address, before, after } => {
                    let mailbox = self.mailbox(*subscriber, address);
                    assert!(!mailbox.ended && mailbox.bands == *before && before != after);
                    mailbox.bands = after.clone();
                }
                SyncChange::End { subscriber, address } => {
                    let mailbox = self.mailbox(*subscriber, address);
                    assert!(!mailbox.ended, "ended twice");
                    mailbox.ended = true;
                }
            }
        }
    }

    fn entry(&mut self, subscriber: SubscriberId) -> &mut StoredEntry {
        self.0.entries.iter_mut().find(|stored| stored.subscriber == subscriber).unwrap()
    }

    fn mailbox(&mut self, subscriber: SubscriberId, address: &Address) -> &mut StoredMailbox {
        self.entry(subscriber).mailboxes.iter_mut().find(|mailbox| mailbox.address == *address).unwrap()
    }

    /// Someone leaves: every subscription ends, as the store's `unsubscribe` does.
    fn leave(&mut self, address: &Address) {
        self.0.kept_out.insert(address.clone(), SuppressionReason::Unsubscribed);
        let mailboxes = self.0.entries.iter_mut().flat_map(|stored| &mut stored.mailboxes);
        mailboxes.filter(|mailbox| mailbox.address == *address).for_each(|mailbox| mailbox.ended = true);
    }

    /// `1 Hillside: a+ b-`, active and ended, by subscriber.
    fn sketch(&self) -> Vec<String> {
        let mailbox = |m: &StoredMailbox| format!(" {}{}", m.address.local(), if m.ended { '-' } else { '+' });
        let line = |stored: &StoredEntry| {
            let mailboxes: String = stored.mailboxes.iter().map(mailbox).collect();
            format!("{} {}:{mailboxes}", stored.subscriber.0, stored.profile.name)
        };
        self.0.entries.iter().map(line).collect()
    }

    /// The active addresses that are not suppressed, with the bands that they get.
    fn audience(&self) -> BTreeMap<Address, BandSet> {
        let mut found: BTreeMap<Address, BandSet> = BTreeMap::new();
        for mailbox in self.0.entries.iter().flat_map(|stored| &stored.mailboxes).filter(|m| !m.ended) {
            found.entry(mailbox.address.clone()).or_default().extend(mailbox.bands.iter().cloned());
        }
        found.retain(|address, _| !self.0.kept_out.contains_key(address));
        found
    }
}

#[test]
fn a_first_sync_adds_everyone() {
    let mut model = Model::default();
    let plan = model.sync(&file(&[("Hillside", "a b", "4-5"), ("Brook", "c", "8-10")]));
    assert_eq!(model.sketch(), ["1 Hillside: a+ b+", "2 Brook: c+"]);
    assert_eq!((plan.active_before, plan.ending, plan.needs_consent()), (0, 0, false));
    assert!(matches!(plan.changes[4], SyncChange::Start { subscriber: Who::New(3), .. }), "{:?}", plan.changes);
}

#[test]
fn an_entry_is_known_by_its_addresses() {
    let mut model = Model::default();
    model.sync(&file(&[("Hillside", "a b", "4-5"), ("Brook", "c", "8-10")]));
    let plan = model.sync(&file(&[("Brook", "C", "5-7"), ("Hillside Academy", "b x", "4-5")]));
    assert_eq!(model.sketch(), ["1 Hillside Academy: a- b+ x+", "2 Brook: c+"]);
    assert_eq!((plan.changes.len(), plan.active_before, plan.ending), (4, 3, 1));
}

#[test]
fn removing_ends_and_putting_back_restores() {
    let mut model = Model::default();
    let both = file(&[("Hillside", "a", "4-5"), ("Brook", "c", "8-10")]);
    model.sync(&both);
    let plan = model.sync(&both[..1]);
    assert_eq!(plan.changes, [SyncChange::End { subscriber: SubscriberId(2), address: address("c") }]);
    let back = model.sync(&both);
    let restored = SyncChange::Restore { subscriber: SubscriberId(2), address: address("c"), bands: bands("8-10") };
    assert_eq!(back.changes, [restored]);
}

#[test]
fn a_mailbox_that_moves_never_lapses() {
    let mut model = Model::default();
    model.sync(&file(&[("Hillside", "a b", "4-5"), ("Brook", "c", "8-10")]));
    let plan = model.sync(&file(&[("Hillside", "b", "4-5"), ("Brook", "c a", "8-10")]));
    assert_eq!(model.sketch(), ["1 Hillside: a- b+", "2 Brook: c+ a+"]);
    assert!(matches!(plan.changes[..], [SyncChange::Start { .. }, SyncChange::End { .. }]));
    assert_eq!(plan.ending, 0, "it is still named, so nobody loses it");
}

#[test]
fn the_entry_that_keeps_its_name_keeps_its_identity() {
    let mut model = Model::default();
    model.sync(&file(&[("Hillside", "a", "4-5"), ("Brook", "c", "8-10")]));
    model.sync(&file(&[("Brook", "a c", "8-10")]));
    assert_eq!(model.sketch(), ["1 Hillside: a-", "2 Brook: c+ a+"]);
}

#[test]
fn nobody_who_left_is_brought_back() {
    let mut model = Model::default();
    model.sync(&file(&[("Hillside", "a b", "4-5")]));
    model.leave(&address("a"));
    model.0.kept_out.insert(address("z"), SuppressionReason::Bounced);
    let wish = file(&[("Hillside", "A b", "4-5"), ("New", "z", "4-5"), ("Other", "a", "8-10")]);
    let plan = model.sync(&wish);
    assert_eq!(plan.changes, []);
    let kept = [(address("a"), SuppressionReason::Unsubscribed), (address("z"), SuppressionReason::Bounced)];
    assert_eq!(plan.kept_out, kept);
    model.0.kept_out.clear();
    model.sync(&wish);
    assert_eq!(model.sketch(), ["1 Hillside: a+ b+", "2 New: z+", "3 Other: a+"]);
}

#[test]
fn a_shared_mailbox_is_reported_with_its_lines() {
    let mut model = Model::default();
    let wish = file(&[("Hillside", "a", "4-5"), ("Brook", "b A", "8-10"), ("Third", "a", "14+")]);
    let plan = model.sync(&wish);
    assert_eq!(plan.shared, [(address("a"), 1, vec![2, 3])]);
    assert_eq!(model.audience()[&address("a")], bands("4-5 8-10 14+"));
    // Without the first entry, the others still name it: nothing of it is lost but the first one's bands.
    let plan = model.sync(&wish[1..]);
    assert_eq!((plan.ending, plan.changes.len()), (0, 1));
    assert_eq!(model.audience()[&address("a")], bands("8-10 14+"));
}

#[test]
fn two_entries_for_one_school_stay_two() {
    let mut model = Model::default();
    let wish = file(&[("Hillside", "a", "4-5"), ("Hillside", "a", "8-10")]);
    model.sync(&wish);
    let swapped: Vec<_> = wish.iter().rev().cloned().collect();
    assert_eq!(model.sync(&swapped).changes, []);
}

#[test]
fn ending_many_needs_consent() {
    let mut model = Model::default();
    let wish: Vec<_> = (0..40).map(|at| entry(&format!("S{at}"), &format!("s{at}"), "4-5")).collect();
    model.sync(&wish);
    assert!(!plan_sync(&wish[10..], &model.0).needs_consent());
    let plan = plan_sync(&wish[11..], &model.0);
    assert_eq!((plan.ending, plan.active_before, plan.needs_consent()), (11, 40, true));
}

#[test]
fn a_part_never_splits_an_entry() {
    let wish = file(&[("One", "a", "4-5"), ("Two", "b c", "4-5"), ("Three", "d e", "4-5"), ("Four", "f", "4-5")]);
    let plan = plan_sync(&wish, &StoredState::default());
    assert_eq!(plan.parts(3), [0..5, 5..8, 8..10]);
    assert_eq!((plan.parts(100).len(), SyncPlan::default().parts(3).len()), (1, 0));
    // What was done in parts can be told as if it had been done at once.
    let mut done = vec![plan.changes[0].clone()];
    plan.add_to(&mut done, 5..8);
    assert!(matches!(done[2], SyncChange::Start { subscriber: Who::New(1), .. }), "{done:?}");
}

#[test]
fn thousands_of_entries_are_matched() {
    let stored = |at: u64| StoredEntry {
        subscriber: SubscriberId(at),
        profile: profile(&format!("S{at}")),
        mailboxes: ["s", "t", "everywhere"]
            .map(|name| if name == "everywhere" { address(name) } else { address(&format!("{name}{at}")) })
            .map(|address| StoredMailbox { address, bands: bands("4-5"), ended: false })
            .to_vec(),
    };
    let stored_state = StoredState { entries: (0..6000).map(stored).collect(), kept_out: BTreeMap::new() };
    let wish: Vec<_> =
        (0..6000).map(|at| entry(&format!("S{at}"), &format!("s{at} t{at} everywhere"), "4-5")).collect();
    assert_eq!(plan_sync(&wish, &stored_state).changes, []);
    assert_eq!(plan_sync(&wish, &StoredState::default()).changes.len(), 24_000);
}

/// Up to 6 entries over 7 addresses, so that they overlap, split and merge.
fn files() -> impl Strategy<Value = Vec<Entry>> {
    let one =
        (0..3_u8, prop::collection::btree_set(0..7_usize, 1..4), prop::sample::select(vec!["4-5", "8-10", "4-5 14+"]));
    prop::collection::vec(one, 0..6).prop_map(|drafts| {
        let of = |set: BTreeSet<usize>| {
            set.into_iter().map(|at| ["a", "b", "c", "d", "e", "f", "g"][at]).collect::<Vec<_>>()
        };
        let numbered = drafts.into_iter().zip(1..);
        numbered
            .map(|((name, set, names), line)| Entry { line, ..entry(&format!("S{name}"), &of(set).join(" "), names) })
            .collect()
    })
}

/// Twenty entries with `a` in each, few names, and sometimes an address of their own.
fn crowds() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec((0..12_u8, prop::option::of(0..9_u8)), 20).prop_map(|drafts| {
        let own = |at: Option<u8>| at.map_or("a".to_owned(), |at| format!("a own{at}"));
        drafts.into_iter().map(|(name, at)| entry(&format!("S{name}"), &own(at), "4-5")).collect()
    })
}

/// [`files`] with every address in one entry at most.
fn disjoint() -> impl Strategy<Value = Vec<Entry>> {
    files().prop_map(|mut wish| {
        let mut seen = BTreeSet::new();
        for entry in &mut wish {
            entry.addresses.retain(|address| seen.insert(address.clone()));
        }
        wish.retain(|entry| !entry.addresses.is_empty());
        wish
    })
}

/// A model with a past: some files were synced, and after each someone may have left, or been suppressed alone.
fn models() -> impl Strategy<Value = Model> {
    prop::collection::vec((files(), prop::option::of((0..7_usize, any::<bool>()))), 0..4).prop_map(|past| {
        let mut model = Model::default();
        for (wish, leaves) in past {
            model.sync(&wish);
            if let Some((at, ends)) = leaves {
                let address = address(["a", "b", "c", "d", "e", "f", "g"][at]);
                if ends {
                    model.leave(&address);
                } else {
                    model.0.kept_out.insert(address, SuppressionReason::Operator);
                }
            }
        }
        model
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Also where so many entries share a mailbox that it no longer tells them apart.
    #[test]
    fn once_is_enough_for_a_crowd(past in crowds(), wish in crowds()) {
        let mut model = Model::default();
        model.sync(&past);
        model.sync(&wish);
        prop_assert_eq!(plan_sync(&wish, &model.0).changes, &[]);
    }

    #[test]
    fn once_is_enough(mut model in models(), wish in files()) {
        let plan = model.sync(&wish);
        let again = plan_sync(&wish, &model.0);
        prop_assert_eq!(&again.changes, &[]);
        prop_assert_eq!((again.ending, again.kept_out, again.shared), (0, plan.kept_out, plan.shared));
    }

    /// After a sync exactly the wished addresses are active, with the union of the bands, but for those who left.
    #[test]
    fn the_store_is_as_wished(mut model in models(), wish in files()) {
        let stored = model.0.entries.iter().flat_map(|stored| &stored.mailboxes).filter(|mailbox| !mailbox.ended);
        let before: BTreeSet<Address> = stored.map(|mailbox| mailbox.address.clone()).collect();
        let plan = model.sync(&wish);
        let mut wished: BTreeMap<Address, BandSet> = BTreeMap::new();
        for entry in &wish {
            for address in entry.addresses.iter().filter(|address| !model.0.kept_out.contains_key(*address)) {
                wished.entry(address.clone()).or_default().extend(entry.bands.iter().cloned());
            }
        }
        prop_assert_eq!(model.audience(), wished);
        let lost = before.iter().filter(|address| !wish.iter().any(|entry| entry.addresses.contains(address))).count();
        prop_assert!(plan.ending >= lost && (plan.ending == 0) == (lost == 0));
    }

    #[test]
    fn nobody_lapses_on_the_way(mut model in models(), wish in files()) {
        let before = model.audience();
        let plan = plan_sync(&wish, &model.0);
        let ends = |change: &SyncChange| matches!(change, SyncChange::End { .. });
        prop_assert!(plan.changes.iter().skip_while(|change| !ends(change)).all(ends));
        model.apply(&plan);
        let kept = before.keys().filter(|address| wish.iter().any(|entry| entry.addresses.contains(address)));
        for address in kept {
            prop_assert!(model.audience().contains_key(address));
        }
    }

    /// Where no address is in two entries, moving entries about in the file changes no identity.
    #[test]
    fn the_place_in_the_file_is_immaterial(model in models(), wish in disjoint(), turn in 0..6_usize) {
        let mut moved = wish.clone();
        moved.reverse();
        moved.rotate_left(turn.min(wish.len()));
        let (mut one, mut other) = (model.clone(), model.clone());
        one.sync(&wish);
        other.sync(&moved);
        let known = model.0.entries.len();
        prop_assert_eq!(active(&one, known), active(&other, known));
        let count = |model: &Model| model.0.entries.len();
        prop_assert_eq!(count(&one), count(&other));
    }
}

/// What the first `known` subscribers have.
/// A subscriber with its mailboxes: bands, and whether they have ended.
type Held = (Profile, BTreeMap<Address, (BandSet, bool)>);

fn active(model: &Model, known: usize) -> Vec<Held> {
    let stored = model.0.entries.iter().take(known);
    let mailboxes = |stored: &StoredEntry| {
        stored.mailboxes.iter().map(|m| (m.address.clone(), (m.bands.clone(), m.ended))).collect()
    };
    stored.map(|stored| (stored.profile.clone(), mailboxes(stored))).collect()
}
