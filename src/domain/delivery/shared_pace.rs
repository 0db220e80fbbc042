//! One rate for several processes: each takes the next turns, as many as it can use at once, and nobody else gets those. So all
//! of them together never exceed it, whoever comes or goes.

use std::time::Duration;

use chrono::TimeDelta;

use super::pace::SLACK;

/// Turns are never given further ahead: a clock that was set back would stop everything for as long.
const FURTHEST: Duration = Duration::from_mins(5);

/// What is asked for: the next part of the time in which mail may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnsWanted {
    /// How long all of them take.
    pub span: Duration,
    /// So long ago the first may be at most: nobody took that time.
    pub slack: Duration,
    /// So far ahead it is at most.
    pub furthest: Duration,
}

/// A rate that is kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedPace {
    interval: Duration,
}

impl SharedPace {
    /// `per_second` mails a second, at least one.
    pub fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1) }
    }

    /// What so many who wait ask for together.
    pub fn wanted(self, turns: u32) -> TurnsWanted {
        TurnsWanted { span: self.interval.saturating_mul(turns), slack: SLACK, furthest: FURTHEST }
    }

    /// When each of so many turns is, where the answer came at `now` and the first begins so much later than that, or earlier.
    pub fn turns(self, turns: u32, now: Duration, first: TimeDelta) -> impl Iterator<Item = Duration> {
        let first = match first.to_std() {
            Ok(ahead) => now.saturating_add(ahead),
            Err(_) => now.saturating_sub((-first).to_std().unwrap_or_default()),
        };
        (0..turns).map(move |turn| first.saturating_add(self.interval.saturating_mul(turn)))
    }

    /// Whether a turn may still be used at `now`. Made up for later, it would come on top of what others send then.
    pub fn is_good(turn: Duration, now: Duration) -> bool {
        now.saturating_sub(turn) <= SLACK
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::delivery::pace::most_in_a_second;

    /// As a store gives turns: the next begins where the last ends, but no longer ago than the slack.
    fn give(next: &mut Duration, now: Duration, wanted: TurnsWanted) -> TimeDelta {
        let first = (*next).max(now.saturating_sub(wanted.slack)).min(now + wanted.furthest);
        *next = first + wanted.span;
        let from = |time: Duration| TimeDelta::from_std(time).expect("it is short");
        from(first) - from(now)
    }

    proptest! {
        /// Processes that come and go, and use their turns late or not at all: in no second do more mails leave than asked for, but
        /// for the slack and the one that begins it.
        #[test]
        fn together_never_faster(
            per_second in 1_u32..500,
            asked in prop::collection::vec((0_u64..60_000, 1_u32..9, 0_u64..30_000), 1..120),
        ) {
            let pace = SharedPace::new(per_second);
            let (mut next, mut now, mut left) = (Duration::ZERO, Duration::from_secs(5), Vec::new());
            for (gap, turns, late) in asked {
                now += Duration::from_micros(gap);
                // So many never wait at once: they would get turns that others have, too.
                if next + pace.wanted(turns).span > now + FURTHEST {
                    continue;
                }
                let first = give(&mut next, now, pace.wanted(turns));
                let used = pace.turns(turns, now, first).map(|turn| (turn, turn.max(now) + Duration::from_micros(late)));
                left.extend(used.filter(|(turn, at)| SharedPace::is_good(*turn, *at)).map(|(_, at)| at));
            }
            left.sort();
            let most = f64::from(per_second) * (1.0 + 2.0 * SLACK.as_secs_f64()) + 1.0;
            let within = most_in_a_second(&left);
            prop_assert!(f64::from(within) <= most + 1.0, "{} in a second, at most {}", within, most);
        }
    }

    #[test]
    fn turns_lie_evenly_from_where_the_last_ended() {
        let (pace, mut next, now) = (SharedPace::new(10), Duration::ZERO, Duration::from_mins(1));
        let millis = |turns: u32, next: &mut Duration| {
            let first = give(next, now, pace.wanted(turns));
            pace.turns(turns, now, first).map(|turn| turn.as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(millis(3, &mut next), [59_980, 60_080, 60_180]);
        assert_eq!(millis(2, &mut next), [60_280, 60_380]);
        assert!(SharedPace::is_good(Duration::from_millis(59_980), now));
        assert!(!SharedPace::is_good(Duration::from_millis(59_979), now));
    }
}
