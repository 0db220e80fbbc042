//! Whether a database shows less than was known before it was asked.

use std::sync::OnceLock;

use super::error::PostgresError;
use super::purpose::Purpose;
use super::source::Source;
use crate::store::Epoch;

tokio::task_local! {
    static UNWATCHED: ();
}

/// Does something with a database that has lost something: nothing in it asks for that again.
pub(in crate::store::postgres) async fn unwatched<T>(work: impl Future<Output = T>) -> T {
    UNWATCHED.scope((), work).await
}

/// What one transaction is told, beside what was known when it began.
pub(super) struct Watch {
    source: Source,
    expected: Option<Epoch>,
    shown: OnceLock<Epoch>,
    /// By how much it raises a counter, if it does.
    step: i64,
    /// It may raise a counter: that lasts when it was committed, and not before.
    purpose: Purpose,
    is_look: bool,
    is_shared: bool,
}

impl Watch {
    /// Before anything is asked.
    pub(super) fn begin(source: &Source, purpose: Purpose, step: i64) -> Self {
        let (is_shared, expected) = (source.is_shared(), source.known().highest());
        let is_look = purpose == Purpose::Look || !is_shared;
        Self { source: source.clone(), expected, shown: OnceLock::new(), step, purpose, is_look, is_shared }
    }

    /// Whether nothing that it does lasts.
    pub(super) fn is_look(&self) -> bool {
        self.is_look
    }

    /// Refuses what a database shows that has lost something, or what was left by the transaction before, unless someone is at that.
    pub(super) fn look_at(&self, epoch: Epoch, is_trace_lost: bool) -> Result<(), PostgresError> {
        let known = self.source.known();
        let expected = self.expected.or_else(|| known.remembered(epoch.database));
        let is_dealt_with = expected.is_some_and(|expected| epoch.is_beyond(expected));
        if is_dealt_with {
            // Someone has held the store back since, so it's known that what was left here may be gone.
            self.source.forget_traces();
        }
        let is_trace_lost = is_trace_lost && !is_dealt_with;
        let is_behind = expected.is_some_and(|expected| epoch.is_behind(expected));
        let is_lost = is_trace_lost || is_behind || known.is_missing();
        if is_lost && UNWATCHED.try_with(|()| ()).is_err() {
            known.miss(is_trace_lost);
            return Err(PostgresError::SetBack);
        }
        let _ = self.shown.set(epoch);
        if !self.purpose.decides() && !is_lost {
            known.note(epoch, self.is_shared);
        }
        Ok(())
    }

    /// What it was shown, once it was.
    pub(super) fn shown(&self) -> Option<Epoch> {
        self.shown.get().copied()
    }

    /// What it raised lasts.
    pub(super) fn committed(&self) {
        if let Some(epoch) = self.shown.get().filter(|_| self.purpose.decides()) {
            // In a look nothing is raised.
            let epoch = if self.is_shared { self.purpose.raised(*epoch, self.step) } else { *epoch };
            self.source.known().note(epoch, self.is_shared);
        }
    }
}
