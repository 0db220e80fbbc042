//! The highest epoch that this process knows. A database that shows a lower one has lost something that was answered: a standby was
//! promoted that had not got it yet, or an earlier moment was restored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::store::{Epoch, EpochMemory};

/// What is known, here and beyond the life of this process.
pub(in crate::store::postgres) struct Known {
    highest: Mutex<Option<Epoch>>,
    beyond: Option<Arc<dyn EpochMemory>>,
    /// Something else than a decision was missed.
    is_missing: AtomicBool,
    /// Whoever holds the store back after a loss.
    pub(in crate::store::postgres) holding: tokio::sync::Mutex<()>,
}

impl Known {
    /// What is remembered from before.
    pub(super) fn from(memory: Option<Arc<dyn EpochMemory>>) -> Self {
        let highest = memory.as_ref().and_then(|memory| memory.known());
        let (holding, is_missing) = (tokio::sync::Mutex::default(), AtomicBool::new(false));
        Self { highest: Mutex::new(highest), beyond: memory, is_missing, holding }
    }

    /// The highest so far. What began after it was asked must show as much.
    pub(in crate::store::postgres) fn highest(&self) -> Option<Epoch> {
        *self.highest.lock()
    }

    /// The database has come so far, and whether that lasts.
    pub(in crate::store::postgres) fn note(&self, epoch: Epoch, lasts: bool) {
        let higher = {
            let mut highest = self.highest.lock();
            let higher = highest.map_or(epoch, |known| epoch.or_higher(known));
            if highest.replace(higher) == Some(higher) {
                return;
            }
            higher
        };
        if let (Some(beyond), true) = (&self.beyond, lasts) {
            beyond.remember(higher);
        }
    }

    /// Something that was answered is not there, whatever the numbers are.
    pub(super) fn miss(&self, is_missing: bool) {
        self.is_missing.fetch_or(is_missing, Ordering::SeqCst);
    }

    /// Whether that was so, once.
    pub(in crate::store::postgres) fn take_missing(&self) -> bool {
        self.is_missing.swap(false, Ordering::SeqCst)
    }

    /// What a look has found and dealt with, as far as it can.
    pub(in crate::store::postgres) fn accept(&self, epoch: Epoch) {
        *self.highest.lock() = Some(epoch);
    }
}
