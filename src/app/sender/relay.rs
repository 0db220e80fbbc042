//! How the relay fares, as all workers together see it: whoever cannot reach it waits, but not for ever.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a relay that never answered in this run is tried.
const NEVER_SEEN: Duration = Duration::from_secs(2);

/// How long one that did is waited for.
const LOST: Duration = Duration::from_mins(1);

/// The first pause of a worker that found no relay, and the longest.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// When the relay answered last.
#[derive(Debug)]
pub(super) struct Relay {
    begun: Instant,
    answered: Mutex<Option<Instant>>,
}

impl Relay {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), answered: Mutex::new(None) }
    }

    /// It answered.
    pub(super) fn note_reachable(&self) {
        *self.answered.lock() = Some(Instant::now());
    }

    /// Whether it answered in this run.
    pub(super) fn has_answered(&self) -> bool {
        self.answered.lock().is_some()
    }

    /// Whether it was waited for long enough.
    pub(super) fn is_lost(&self) -> bool {
        match *self.answered.lock() {
            Some(answered) => answered.elapsed() >= LOST,
            None => self.begun.elapsed() >= NEVER_SEEN,
        }
    }
}

/// The pause after so many failures in a row of one worker; `jitter` from 0 to 1 shortens it by up to a half.
pub(super) fn pause(failures: u32, jitter: f64) -> Duration {
    let nominal = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    nominal.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let pauses: Vec<_> = (0..8).map(|failures| pause(failures, 0.0).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(pause(u32::MAX, 1.0), Duration::from_millis(2500));
    }
}
