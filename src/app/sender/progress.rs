//! Counts what happens in a run, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::app::metrics;
use crate::domain::delivery::{Mailing, Outcome, Reply};

/// What happened in this run so far. The counts are of an edition's or a bulletin's mails; what belongs to neither is counted apart.
#[derive(Debug, Default)]
pub struct Progress {
    accepted: AtomicU64,
    deferred: AtomicU64,
    failed: AtomicU64,
    uncertain: AtomicU64,
    trouble: Mutex<Option<Reply>>,
    posted: AtomicU64,
    not_posted: Mutex<Option<Reply>>,
}

/// What became of confirmations and good-byes that waited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// So many were accepted.
    pub accepted: u64,
    /// What was said last about one that was not.
    pub trouble: Option<Reply>,
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
        self.trouble.lock().clone()
    }

    /// What became of the confirmations and good-byes that were sent along.
    pub fn posted(&self) -> Posted {
        let trouble = self.not_posted.lock().clone();
        Posted { accepted: self.posted.load(Ordering::Relaxed), trouble }
    }

    /// Notes what went wrong outside any mail.
    pub(super) fn note(&self, reply: &Reply) {
        *self.trouble.lock() = Some(reply.clone());
    }

    /// Counts an attempt.
    pub(super) fn count(&self, mailing: Mailing, outcome: &Outcome) {
        match mailing {
            Mailing::Edition(_) | Mailing::Bulletin(_) => self.count_digest(outcome),
            Mailing::Transactional(_) if matches!(outcome, Outcome::Accepted(_)) => {
                self.posted.fetch_add(1, Ordering::Relaxed);
            }
            Mailing::Transactional(_) => {
                if let Some(reply) = outcome.reply() {
                    *self.not_posted.lock() = Some(reply.clone());
                }
            }
        }
    }

    fn count_digest(&self, outcome: &Outcome) {
        metrics::count(outcome);
        let counter = match outcome {
            Outcome::Accepted(_) => Some(&self.accepted),
            Outcome::Transient(_) => Some(&self.deferred),
            Outcome::Uncertain(_) => Some(&self.uncertain),
            Outcome::Permanent { .. } => Some(&self.failed),
            Outcome::SenderRefused(_) | Outcome::Throttled { .. } | Outcome::Withheld => None,
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(reply) = outcome.reply().filter(|_| !matches!(outcome, Outcome::Accepted(_))) {
            self.note(reply);
        }
    }
}
