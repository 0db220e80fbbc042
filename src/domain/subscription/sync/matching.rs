//! Which stored entry an entry of the file is: an entry is identified by its addresses.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::state::{Entry, StoredMailbox, StoredState};
use crate::domain::address::Address;

/// For each entry of the file, the position in `stored_state.entries` of the one that it is. None is claimed twice.
///
/// Pairs are taken in this order: most addresses in common that are active now; then, to keep those apart that name
/// the same mailboxes, those that agree on profile and bands; most addresses in common, ended ones too; then the
/// lowest subscriber number, and the alphabetically first common address rather than the place in the file, so that
/// moving an entry within the file changes nothing. Suppressed addresses are not active: they never start, so they
/// must not decide. That way the pairs stay the same once their changes are applied.
pub(super) fn claims(wish: &[Entry], stored_state: &StoredState, kept_out: &HashSet<&Address>) -> Vec<Option<usize>> {
    let mut pairs = pairs(wish, stored_state, kept_out);
    pairs.sort_by_cached_key(|pair| {
        (
            Reverse(pair.active),
            Reverse(pair.agree),
            Reverse(pair.common),
            stored_state.entries[pair.stored].subscriber,
            pair.first.folded(),
            pair.entry,
        )
    });
    let mut claims = vec![None; wish.len()];
    let mut taken = vec![false; stored_state.entries.len()];
    for pair in pairs {
        if claims[pair.entry].is_none() && !taken[pair.stored] {
            claims[pair.entry] = Some(pair.stored);
            taken[pair.stored] = true;
        }
    }
    claims
}

/// An address that more stored entries have says little about which of them an entry is. It then counts only between
/// entries of one name, or an operator's own address in each of 6,000 entries would make 36 million pairs.
const TELLING: usize = 16;

/// An entry and a stored one with an address in common.
struct Pair<'a> {
    entry: usize,
    stored: usize,
    active: usize,
    common: usize,
    agree: bool,
    first: &'a Address,
}

fn pairs<'a>(wish: &'a [Entry], stored_state: &'a StoredState, kept_out: &HashSet<&Address>) -> Vec<Pair<'a>> {
    let held = Held::of(stored_state);
    let mut pairs = Vec::new();
    for (entry, wished) in wish.iter().enumerate() {
        let candidates = held.candidates(wished).into_iter();
        pairs.extend(candidates.filter_map(|stored| held.pair((entry, wished), stored, kept_out)));
    }
    pairs
}

/// Who has which address.
struct Held<'a> {
    stored_state: &'a StoredState,
    holders: HashMap<&'a Address, Vec<usize>>,
    mailboxes: HashMap<(usize, &'a Address), &'a StoredMailbox>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Held<'a> {
    fn of(stored_state: &'a StoredState) -> Self {
        let mut held =
            Self { stored_state, holders: HashMap::new(), mailboxes: HashMap::new(), by_name: HashMap::new() };
        for (at, stored) in stored_state.entries.iter().enumerate() {
            held.by_name.entry(&stored.profile.name).or_default().push(at);
            for mailbox in &stored.mailboxes {
                held.holders.entry(&mailbox.address).or_default().push(at);
                held.mailboxes.insert((at, &mailbox.address), mailbox);
            }
        }
        held
    }

    /// The stored entries that `entry` may be.
    fn candidates(&self, entry: &Entry) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for holders in entry.addresses.iter().filter_map(|address| self.holders.get(address)) {
            if holders.len() <= TELLING {
                found.extend(holders);
            } else {
                found.extend(self.by_name.get(entry.profile.name.as_str()).into_iter().flatten());
            }
        }
        found
    }

    /// What `entry` and the stored one have in common, if anything.
    fn pair<'w>(
        &self,
        (at, entry): (usize, &'w Entry),
        stored: usize,
        kept_out: &HashSet<&Address>,
    ) -> Option<Pair<'w>> {
        let of = |address: &'w Address| Some((address, *self.mailboxes.get(&(stored, address))?));
        let common: Vec<_> = entry.addresses.iter().filter_map(of).collect();
        let active = || common.iter().filter(|(address, mailbox)| !mailbox.ended && !kept_out.contains(address));
        Some(Pair {
            entry: at,
            stored,
            active: active().count(),
            common: common.len(),
            agree: self.stored_state.entries[stored].profile == entry.profile
                && active().all(|(_, mailbox)| mailbox.bands == entry.bands),
            first: common.iter().map(|(address, _)| *address).min()?,
        })
    }
}
