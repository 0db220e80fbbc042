//! What requests make us log: anyone can ask a thousand times, so a line of each kind is written once a minute at most.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a line keeps others of its kind away.
const PAUSE: Duration = Duration::from_mins(1);

/// Lines of one kind.
pub(super) struct LogLimiter(Mutex<Written>);

struct Written {
    last: Option<Instant>,
    left_out: u64,
}

impl LogLimiter {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Written { last: None, left_out: 0 }))
    }

    /// Logs it, unless one of its kind was logged a moment ago.
    pub(super) fn error(&self, text: &str) {
        match self.turn(Instant::now()) {
            None => {}
            Some(0) => tracing::error!("{text}"),
            Some(left_out) => tracing::error!(left_out, "{text}"),
        }
    }

    /// The same for what is someone's own affair, and may be worth a look.
    pub(super) fn warn(&self, text: &str) {
        match self.turn(Instant::now()) {
            None => {}
            Some(0) => tracing::warn!("{text}"),
            Some(left_out) => tracing::warn!(left_out, "{text}"),
        }
    }

    /// How many lines were left out since the last one, when it is time for another.
    fn turn(&self, now: Instant) -> Option<u64> {
        let mut written = self.0.lock();
        if written.last.is_some_and(|last| now.duration_since(last) < PAUSE) {
            written.left_out += 1;
            return None;
        }
        written.last = Some(now);
        Some(std::mem::take(&mut written.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_says_how_many_were_left_out() {
        let (limiter, start) = (LogLimiter::new(), Instant::now());
        assert_eq!(limiter.turn(start), Some(0));
        for second in 0..60 {
            assert_eq!(limiter.turn(start + Duration::from_secs(second)), None);
        }
        assert_eq!(limiter.turn(start + PAUSE), Some(60));
        assert_eq!(limiter.turn(start + PAUSE), None);
        assert_eq!(limiter.turn(start + 5 * PAUSE), Some(1));
    }
}
