//! Counts what happens in a run, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
        let (counter, reply) = match outcome {
            Outcome::Accepted(_) => (&self.accepted, None),
            Outcome::Transient(reply) => (&self.deferred, Some(reply)),
            Outcome::Uncertain(reply) => (&self.uncertain, Some(reply)),
            Outcome::Permanent { reply, .. } => (&self.failed, Some(reply)),
            Outcome::SenderRefused(reply) => return self.note(reply),
            Outcome::Withheld => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if let Some(reply) = reply {
            self.note(reply);
        }
    }
}
