//! Which stored entry an entry of the file is: an entry is identified by its addresses (contract §3, Sync).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Entry, StoredMailbox, Truth};
use crate::domain::address::Address;

/// For each entry of the file, the position in `truth.entries` of the one that it is. None is claimed twice.
///
/// Pairs are taken in this order: most addresses in common that are active now; then, to keep those apart that name
/// the same mailboxes, those that agree on profile and bands; most addresses in common, ended ones too; then the
/// lowest subscriber number, and the alphabetically first common address rather than the place in the file, so that
/// moving an entry within the file changes nothing. Suppressed addresses are not active: they never start, so they
/// must not decide. That way the pairs stay the same once their changes are applied.
pub(super) fn claims(wish: &[Entry], truth: &Truth, suppressed: &HashSet<&Address>) -> Vec<Option<usize>> {
    let mut pairs = pairs(wish, truth, suppressed);
    pairs.sort_by_cached_key(|pair| {
        (
            Reverse(pair.active),
            Reverse(pair.agree),
            Reverse(pair.common),
            truth.entries[pair.stored].subscriber,
            pair.first.folded(),
            pair.entry,
        )
    });
    let mut claims = vec![None; wish.len()];
    let mut taken = vec![false; truth.entries.len()];
    for pair in pairs {
        if claims[pair.entry].is_none() && !taken[pair.stored] {
            claims[pair.entry] = Some(pair.stored);
            taken[pair.stored] = true;
        }
    }
    claims
}

/// An entry and a stored one with an address in common.
struct Pair<'a> {
    entry: usize,
    stored: usize,
    active: usize,
    common: usize,
    agree: bool,
    first: &'a Address,
}

fn pairs<'a>(wish: &'a [Entry], truth: &'a Truth, suppressed: &HashSet<&Address>) -> Vec<Pair<'a>> {
    let mut holders: HashMap<&Address, Vec<(usize, &StoredMailbox)>> = HashMap::new();
    for (at, stored) in truth.entries.iter().enumerate() {
        for mailbox in &stored.mailboxes {
            holders.entry(&mailbox.address).or_default().push((at, mailbox));
        }
    }
    let mut pairs = Vec::new();
    for (entry, wished) in wish.iter().enumerate() {
        let mut met: BTreeMap<usize, Pair<'a>> = BTreeMap::new();
        for address in &wished.addresses {
            for &(stored, mailbox) in holders.get(address).into_iter().flatten() {
                let agree = truth.entries[stored].profile == wished.profile;
                let pair =
                    met.entry(stored).or_insert(Pair { entry, stored, active: 0, common: 0, agree, first: address });
                pair.common += 1;
                pair.first = pair.first.min(address);
                if !mailbox.ended && !suppressed.contains(address) {
                    pair.active += 1;
                    pair.agree &= mailbox.bands == wished.bands;
                }
            }
        }
        pairs.extend(met.into_values());
    }
    pairs
}
