//! Counts what happens in a run, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::app::metrics;
use crate::domain::delivery::{Outcome, Reply};

/// What happened in this run so far.
#[derive(Debug, Default)]
pub struct Progress {
    accepted: AtomicU64,
    deferred: AtomicU64,
    failed: AtomicU64,
    uncertain: AtomicU64,
    trouble: Mutex<Option<Reply>>,
}

impl Progress {
    /// Handed over.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Put off, or perhaps handed over.
    pub fn deferred(&self) -> u64 {
        self.deferred.load(Ordering::Relaxed) + self.uncertain.load(Ordering::Relaxed)
    }

    /// Refused for good.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Attempts.
    pub fn attempts(&self) -> u64 {
        self.accepted() + self.deferred() + self.failed()
    }

    /// What was said last where a mail was not accepted.
    pub fn trouble(&self) -> Option<Reply> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what went wrong outside any delivery.
    pub(super) fn note(&self, reply: &Reply) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply.clone());
    }

    /// Counts an attempt.
    pub(super) fn count(&self, outcome: &Outcome) {
        metrics::count(outcome);
        let counter = match outcome {
            Outcome::Accepted(_) => Some(&self.accepted),
            Outcome::Transient(_) => Some(&self.deferred),
            Outcome::Uncertain(_) => Some(&self.uncertain),
            Outcome::Permanent { .. } => Some(&self.failed),
            Outcome::SenderRefused(_) | Outcome::Withheld => None,
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(reply) = outcome.reply().filter(|_| !matches!(outcome, Outcome::Accepted(_))) {
            self.note(reply);
        }
    }
}
