//! How fast mail leaves: a token bucket as the time at which the next token is there (the generic cell rate algorithm).

use std::time::Duration;

/// How much of a delay is made up for: timers wake up late, and a rate that forgot it would stay below what was asked.
pub(super) const SLACK: Duration = Duration::from_millis(20);

/// Refusals within this time are one: whatever was in flight meets the same.
const TOGETHER: Duration = Duration::from_secs(1);

/// After a refusal, this part of what was accepted before it is tried.
const REST: f64 = 0.8;

/// The longest time between two mails that a relay's refusals bring about.
const SLOWEST: Duration = Duration::from_secs(2);

/// How long nothing may be refused before the rate grows, and by how much.
const CALM: Duration = Duration::from_secs(10);
const GROWTH: f64 = 1.25;

/// A rate so high that it limits nothing.
const UNLIMITED: Duration = Duration::from_micros(50);

/// A smooth rate: mails leave evenly, not in a burst at every second. It falls while the relay says that it is too fast.
/// Times count from any fixed moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// Between two mails, as it was asked for.
    asked: Option<Duration>,
    /// Between two mails, as the relay wants it.
    slowed: Option<Duration>,
    next: Duration,
    /// So many were accepted since then.
    accepted: u32,
    since: Duration,
    refused: Option<Duration>,
}

impl Pace {
    /// `per_second` mails a second, at least one; without, as many as go.
    pub fn new(per_second: Option<u32>) -> Self {
        let asked = per_second.map(|per_second| Duration::from_secs(1) / per_second.max(1));
        Self { asked, ..Self::default() }
    }

    /// Whether nobody needs to wait.
    pub fn is_unlimited(&self) -> bool {
        self.asked.is_none() && self.slowed.is_none()
    }

    /// Takes the next token; returns when it is there, which may be before `now`.
    pub fn take(&mut self, now: Duration) -> Duration {
        let Some(interval) = self.asked.max(self.slowed) else { return now };
        let at = self.next.max(now.saturating_sub(SLACK));
        self.next = at + interval;
        at
    }

    /// A mail was accepted.
    pub fn accept(&mut self, now: Duration) {
        self.accepted = self.accepted.saturating_add(1);
        let Some(slowed) = self.slowed.filter(|_| now.saturating_sub(self.since) >= CALM) else { return };
        self.slowed = Some(slowed.div_f64(GROWTH)).filter(|faster| *faster > UNLIMITED && Some(*faster) > self.asked);
        (self.accepted, self.since) = (0, now);
    }

    /// The relay says that it is too fast.
    pub fn slow_down(&mut self, now: Duration) {
        if self.refused.is_some_and(|refused| now.saturating_sub(refused) < TOGETHER) {
            return;
        }
        let taken = f64::from(self.accepted.max(1)) / now.saturating_sub(self.since).max(TOGETHER).as_secs_f64();
        let interval = Duration::from_secs_f64(1.0 / (taken * REST)).min(SLOWEST);
        self.slowed = self.slowed.max(Some(interval));
        // What was taken from the future belongs to the old rate.
        self.next = now;
        (self.accepted, self.since, self.refused) = (0, now, Some(now));
    }
}

/// How many of these moments, which are in order, lie in the second that has most of them.
#[cfg(test)]
pub(super) fn most_in_a_second(moments: &[Duration]) -> u32 {
    let within = |(at, from): (usize, &Duration)| {
        moments[at..].iter().take_while(|to| to.saturating_sub(*from) < Duration::from_secs(1)).count()
    };
    moments.iter().enumerate().map(within).max().unwrap_or(0).try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In no second do more mails leave than asked for, but for the slack and the one that begins it.
        #[test]
        fn never_faster(per_second in 1_u32..2000, gaps in prop::collection::vec(0_u64..40_000, 1..400)) {
            let mut pace = Pace::new(Some(per_second));
            let mut now = Duration::from_secs(5);
            let mut left = Vec::new();
            for gap in gaps {
                now += Duration::from_micros(gap);
                now = now.max(pace.take(now));
                left.push(now);
            }
            let most = f64::from(per_second) * (1.0 + SLACK.as_secs_f64()) + 1.0;
            let within = most_in_a_second(&left);
            prop_assert!(f64::from(within) <= most + 1.0, "{} in a second, at most {}", within, most);
        }

        /// Whoever always has a mail to send gets the rate.
        #[test]
        fn never_slower(per_second in 1_u32..5000) {
            let mut pace = Pace::new(Some(per_second));
            let start = Duration::from_secs(5);
            let mut now = start;
            for _ in 0..per_second {
                // A timer that wakes a millisecond late.
                let at = pace.take(now);
                now = if at > now { at + Duration::from_millis(1) } else { now };
            }
            let took = now.saturating_sub(start);
            prop_assert!(took <= Duration::from_millis(1_030), "{:?}", took);
        }
    }

    /// A relay that takes so many a second, and a bucket of as many: everything arrives, and little is refused.
    fn against(limit: u32, seconds: u64) -> (u32, u32) {
        let (mut pace, mut now) = (Pace::new(None), Duration::from_secs(3));
        let (begun, mut accepted, mut refused) = (now, 0, 0);
        while now.saturating_sub(begun) < Duration::from_secs(seconds) {
            now = pace.take(now).max(now) + Duration::from_millis(2);
            let tokens = f64::from(limit) * (now.saturating_sub(begun).as_secs_f64() + 1.0);
            if f64::from(accepted) < tokens {
                accepted += 1;
                pace.accept(now);
            } else {
                refused += 1;
                pace.slow_down(now);
                now += Duration::from_millis(250);
            }
        }
        (accepted, refused)
    }

    #[test]
    fn falls_to_what_a_relay_takes_and_grows_again() {
        for limit in [1, 14, 100] {
            let (accepted, refused) = against(limit, 300);
            assert!(accepted >= limit * 300 / 2, "{limit} a second: {accepted} accepted");
            assert!(refused <= accepted / 4, "{limit} a second: {refused} refused, {accepted} accepted");
        }
        let mut pace = Pace::new(None);
        pace.slow_down(Duration::from_secs(1));
        assert!(pace.slowed.is_some());
        for second in 1..2_000 {
            pace.accept(Duration::from_secs(second));
        }
        assert!(pace.slowed.is_none(), "{pace:?}");
    }

    #[test]
    fn never_exceeds_what_was_asked_for() {
        let mut pace = Pace::new(Some(2));
        pace.slow_down(Duration::from_secs(1));
        for second in 1..200 {
            pace.accept(Duration::from_secs(second));
        }
        let first = pace.take(Duration::from_mins(5));
        assert_eq!(pace.take(first), first + Duration::from_millis(500));
    }
}
