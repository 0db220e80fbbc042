//! How fast mail leaves: a token bucket as the time at which the next token is there (the generic cell rate algorithm).

use std::time::Duration;

/// How much of a delay is made up for: timers wake up late, and a rate that forgot it would stay below what was asked.
const SLACK: Duration = Duration::from_millis(20);

/// A smooth rate: mails leave evenly, not in a burst at every second. Times count from any fixed moment.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    interval: Duration,
    next: Duration,
}

impl Rate {
    /// `per_second` mails a second, at least one.
    pub fn per_second(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), next: Duration::ZERO }
    }

    /// Takes the next token; returns when it is there, which may be before `now`.
    pub fn take(&mut self, now: Duration) -> Duration {
        let at = self.next.max(now.saturating_sub(SLACK));
        self.next = at + self.interval;
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In no second do more mails leave than asked for, but for the slack and the one that begins it.
        #[test]
        fn never_faster(per_second in 1_u32..2000, gaps in prop::collection::vec(0_u64..40_000, 1..400)) {
            let mut rate = Rate::per_second(per_second);
            let mut now = Duration::from_secs(5);
            let mut left = Vec::new();
            for gap in gaps {
                now += Duration::from_micros(gap);
                now = now.max(rate.take(now));
                left.push(now);
            }
            let most = f64::from(per_second) * (1.0 + SLACK.as_secs_f64()) + 1.0;
            for (at, from) in left.iter().enumerate() {
                let within = left[at..].iter().take_while(|to| to.saturating_sub(*from) < Duration::from_secs(1)).count();
                #[allow(clippy::cast_precision_loss)]
                let within = within as f64;
                prop_assert!(within <= most + 1.0, "{} in a second, at most {}", within, most);
            }
        }

        /// Whoever always has a mail to send gets the rate.
        #[test]
        fn never_slower(per_second in 1_u32..5000) {
            let mut rate = Rate::per_second(per_second);
            let start = Duration::from_secs(5);
            let mut now = start;
            for _ in 0..per_second {
                // A timer that wakes a millisecond late.
                let at = rate.take(now);
                now = if at > now { at + Duration::from_millis(1) } else { now };
            }
            let took = now.saturating_sub(start);
            prop_assert!(took <= Duration::from_millis(1_030), "{:?}", took);
        }
    }
}
