//! How long things are kept: what is older goes, a little at a time.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{AppError, Service};
pub use crate::store::Forgotten;
use crate::store::{Limits, Stage};

/// How long requests and letters stay once they are settled.
const SETTLED: TimeDelta = TimeDelta::days(28);

/// How often it is looked for what is too old.
const EVERY: TimeDelta = TimeDelta::days(1);

impl Service {
    /// Forgets what is older than `[retention]` says. Between two parts others come to write.
    ///
    /// # Errors
    /// When the store fails. What is forgotten by then stays so; the next time goes on.
    pub async fn tidy_up(&self, stop: &CancellationToken) -> Result<Forgotten, AppError> {
        let now = self.clock.now();
        let mut gone = Forgotten::default();
        let mut stage = Some(Stage::FIRST);
        while let Some(at) = stage {
            if stop.is_cancelled() {
                return Ok(gone);
            }
            let begun = Instant::now();
            let (part, next) = self.store.forget(self.limits(), at, now).await?;
            gone += part;
            stage = next;
            if part != Forgotten::default() {
                tokio::time::sleep(begun.elapsed().clamp(Duration::from_millis(1), Duration::from_millis(100))).await;
            }
        }
        self.store.note_tidied(now).await?;
        self.scrub().await?;
        Ok(gone)
    }

    /// [`Self::tidy_up`], if that was not done within a day: for commands that do the daemon's work.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tidy_up_daily(&self, stop: &CancellationToken) -> Result<Option<Forgotten>, AppError> {
        let now = self.clock.now();
        // A clock that ran ahead must not put it off for ever.
        let fresh = self.store.tidied().await?.is_some_and(|at| at <= now && now - at < EVERY);
        if fresh { Ok(None) } else { self.tidy_up(stop).await.map(Some) }
    }

    /// Gets what was forgotten out of the store's files, if that is still to be done; whether nothing is left to do.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn scrub(&self) -> Result<bool, AppError> {
        Ok(!self.store.is_unscrubbed().await? || self.store.scrub(None).await?)
    }

    fn limits(&self) -> Limits {
        let now = self.clock.now();
        let retention = self.config.retention;
        Limits {
            // What counts against today's cap stays, however short the time.
            attempts: (now - retention.attempts).min(self.config.schedule.midnight_before(now)),
            ended: now - retention.ended,
            settled: now - SETTLED,
        }
    }
}
