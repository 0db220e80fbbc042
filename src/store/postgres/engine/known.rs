//! The highest epoch that this process knows. A database that shows a lower one has lost something that was answered: a standby was
//! promoted that had not got it yet, or an earlier moment was restored. So has one that has never had an epoch that was known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::store::{Epoch, EpochMemory};

/// What is known, here and beyond the life of this process.
pub(in crate::store::postgres) struct Known {
    state: Mutex<State>,
    beyond: Option<Arc<dyn EpochMemory>>,
    /// What was remembered when the process began, of whichever databases.
    remembered: Vec<Epoch>,
    /// Something else than a decision was missed.
    is_missing: AtomicBool,
    /// Whoever holds the store back after a loss, or looks whether there was one.
    pub(in crate::store::postgres) holding: tokio::sync::Mutex<()>,
    /// Something is to be remembered.
    pub(super) news: Notify,
}

#[derive(Default)]
struct State {
    highest: Option<Epoch>,
    /// The highest of those that last, as long as it is not remembered beyond this process.
    waits: Option<Epoch>,
    /// What this process remembered last.
    written: Option<Epoch>,
    /// What is to be looked for in the database: it must have had these.
    to_find: Vec<Epoch>,
}

impl Known {
    /// What is remembered from before.
    pub(super) fn from(memory: Option<Arc<dyn EpochMemory>>) -> Self {
        let remembered = memory.as_ref().map(|memory| memory.known()).unwrap_or_default();
        let state = Mutex::new(State { to_find: remembered.clone(), ..State::default() });
        let (holding, news) = (tokio::sync::Mutex::default(), Notify::new());
        Self { state, beyond: memory, remembered, is_missing: AtomicBool::new(false), holding, news }
    }

    /// The highest so far. What began after it was asked must show as much.
    pub(in crate::store::postgres) fn highest(&self) -> Option<Epoch> {
        self.state.lock().highest
    }

    /// What was remembered of a database when the process began.
    pub(in crate::store::postgres) fn remembered(&self, database: i64) -> Option<Epoch> {
        self.remembered.iter().copied().find(|known| known.database == database)
    }

    /// The database has come so far, and whether that lasts.
    pub(in crate::store::postgres) fn note(&self, epoch: Epoch, lasts: bool) {
        let mut state = self.state.lock();
        let higher = state.highest.map_or(epoch, |known| epoch.or_higher(known));
        if state.highest.replace(higher) != Some(higher) && lasts {
            state.waits = Some(higher);
            self.news.notify_one();
        }
    }

    /// Remembers beyond this process what is not yet. What another process knew is to be found in the database, too.
    pub(in crate::store::postgres) fn remember(&self) {
        let (Some(beyond), Some(waits)) = (&self.beyond, self.state.lock().waits.take()) else { return };
        let before = beyond.remember(waits);
        let mut state = self.state.lock();
        if before != state.written {
            state.to_find.extend(before);
        }
        state.written = Some(waits);
    }

    /// What is to be looked for in the database, and what is known to be in it once that was found.
    pub(super) fn to_find(&self) -> (Vec<Epoch>, Option<Epoch>) {
        let state = self.state.lock();
        (state.to_find.clone(), state.highest)
    }

    /// The first so many of them were found; `next` is looked for the next time.
    pub(super) fn found(&self, number: usize, next: Option<Epoch>) {
        let mut state = self.state.lock();
        let number = number.min(state.to_find.len());
        state.to_find.drain(..number);
        state.to_find.extend(next);
    }

    /// Something that was answered is not there, whatever the numbers are.
    pub(super) fn miss(&self, is_missing: bool) {
        self.is_missing.fetch_or(is_missing, Ordering::SeqCst);
    }

    /// Whether that was so, and nobody has seen to it yet.
    pub(in crate::store::postgres) fn is_missing(&self) -> bool {
        self.is_missing.load(Ordering::SeqCst)
    }

    /// A loss was dealt with, as far as it can be: what was known before does not count any more.
    pub(in crate::store::postgres) fn accept(&self, epoch: Epoch, lasts: bool) {
        self.note(epoch, lasts);
        let mut state = self.state.lock();
        state.highest = Some(epoch);
        state.to_find = vec![epoch];
        self.is_missing.store(false, Ordering::SeqCst);
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        self.remember();
    }
}
