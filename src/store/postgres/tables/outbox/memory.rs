//! What this process remembers of the items that it has in hand, so that it need not ask for what nobody else changes.
//!
//! It is never relied upon: what is written is written only where the database still has it so.

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::Mutex;

use crate::domain::delivery::{DeliveryState, ItemId};
use crate::store::shared::in_hand::InHand;
use crate::store::{Claimed, Epoch};

/// An item as it was when it was claimed or marked.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    pub(super) item: InHand,
    /// How far the database had come at least when it was seen that the item was wanted.
    pub(super) wanted_as_of: Epoch,
    /// Until when the lease lasts at least under which it was claimed.
    pub(super) lease_until: Option<Instant>,
    /// Our number under which it was claimed.
    pub(super) claim: i64,
}

/// What an item has become that was marked; see [`Remembered`].
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) item: InHand,
    pub(super) wanted_as_of: Epoch,
    pub(super) lease_until: Option<Instant>,
}

/// All of them.
#[derive(Default)]
pub(in crate::store::postgres) struct Memory(Mutex<HashMap<ItemId, Remembered>>);

impl Memory {
    /// These were claimed under this number, whose lease lasts until then, by a transaction to which the database showed this.
    pub(super) fn claimed(&self, claimed: &[Claimed], (claim, lease_until): (i64, Instant), epoch: Epoch) {
        let mut items = self.0.lock();
        for Claimed { id, attempts, repeated, .. } in claimed {
            let item = InHand::wanted(DeliveryState::Claimed, *attempts, *repeated);
            items.insert(*id, Remembered { item, wanted_as_of: epoch, lease_until: Some(lease_until), claim });
        }
    }

    /// This is what those have become that are remembered: in flight, or out of our hands.
    pub(super) fn change(&self, changed: Vec<(ItemId, Option<InFlight>)>) {
        let mut items = self.0.lock();
        for (id, marked) in changed {
            match (marked, items.get_mut(&id)) {
                (Some(InFlight { item, wanted_as_of, lease_until }), Some(known)) => {
                    *known = Remembered { item, wanted_as_of, lease_until, claim: known.claim };
                }
                _ => drop(items.remove(&id)),
            }
        }
    }

    /// Nothing is known of these any more.
    pub(super) fn forget(&self, ids: impl Iterator<Item = ItemId>) {
        self.change(ids.map(|id| (id, None)).collect());
    }

    /// Nothing is in hand any more.
    pub(super) fn clear(&self) {
        *self.0.lock() = HashMap::new();
    }

    /// All of these, if each is remembered.
    pub(super) fn all(&self, ids: impl Iterator<Item = ItemId>) -> Option<HashMap<ItemId, Remembered>> {
        let items = self.0.lock();
        ids.map(|id| Some((id, items.get(&id)?.clone()))).collect()
    }

    /// How far the database had come when an item was seen to be wanted, and our number under which it was claimed, if its lease lasts beyond `until`.
    pub(super) fn wanted_as_of(&self, id: ItemId, until: Instant) -> Option<(Epoch, i64)> {
        let items = self.0.lock();
        let item = items.get(&id)?;
        item.lease_until.filter(|lease| *lease > until).map(|_| (item.wanted_as_of, item.claim))
    }
}
