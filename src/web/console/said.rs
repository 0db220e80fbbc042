//! What came of a decision, said once on someone's next page.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::caller::Caller;

/// Sentences that wait for someone's next page: what came of a decision, said once.
#[derive(Debug, Default)]
pub(super) struct Said(Mutex<HashMap<String, Vec<String>>>);

impl Said {
    /// How many sessions it keeps sentences for, should their next page never be asked for.
    const MOST: usize = 1_000;

    pub(super) fn say(&self, caller: &Caller, sentences: Vec<String>) {
        let mut waiting = self.0.lock();
        if waiting.len() < Self::MOST {
            waiting.insert(caller.session_key(), sentences);
        }
    }

    /// What waits, taken away.
    pub(super) fn take(&self, caller: &Caller) -> Vec<String> {
        self.0.lock().remove(&caller.session_key()).unwrap_or_default()
    }
}
