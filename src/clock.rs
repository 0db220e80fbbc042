//! Where the time comes from: the system, or a moment that was given with `--now`.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// A source of the current time. It is `Copy`, so whoever needs the time holds one.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    /// Always this moment: one-shot commands under `--now`.
    Fixed(DateTime<Utc>),
    /// Starts at a moment and ticks: `run` under `--now`.
    Ticking {
        /// What it showed at `since`.
        start: DateTime<Utc>,
        /// When it was started.
        since: Instant,
    },
}

impl Clock {
    /// A clock that shows `start` now, and ticks.
    pub fn ticking_from(start: DateTime<Utc>) -> Self {
        Self::Ticking { start, since: Instant::now() }
    }

    /// The current time, UTC.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(moment) => *moment,
            Self::Ticking { start, since } => *start + TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX),
        }
    }

    /// Whether this is not the real time.
    pub fn is_pretended(&self) -> bool {
        !matches!(self, Self::System)
    }
}
