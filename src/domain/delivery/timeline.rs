//! When an edition's mails were accepted, in steps that a person can take in at a glance.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// How many steps a chart has at most, but for one that spans years.
const MOST: i64 = 90;

/// The steps, in minutes: a minute, five, an hour, a day, a week.
const STEPS: [i64; 5] = [1, 5, 60, 1_440, 10_080];

/// How many mails were accepted in each step, from the first that has some to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    pub step: TimeDelta,
    /// When each step begins, and how many were accepted in it.
    pub steps: Vec<(DateTime<Utc>, u64)>,
}

impl Timeline {
    /// Of what was accepted in each minute; `None` when nothing was.
    pub fn of(minutes: &[(DateTime<Utc>, u64)]) -> Option<Self> {
        let (first, last) = (minutes.first()?.0, minutes.last()?.0);
        let fits = |minutes: &&i64| (last - first).num_minutes() / **minutes < MOST;
        let step = TimeDelta::minutes(*STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]));
        let begin = |at: DateTime<Utc>| at.duration_trunc(step).unwrap_or(at);
        let mut steps = Vec::new();
        let mut at = begin(first);
        while at <= last {
            steps.push((at, 0));
            at += step;
        }
        for (minute, accepted) in minutes {
            let place = steps.partition_point(|(at, _)| at <= minute).saturating_sub(1);
            if let Some((_, sum)) = steps.get_mut(place) {
                *sum += accepted;
            }
        }
        Some(Self { step, steps })
    }

    /// How many were accepted in all.
    pub fn total(&self) -> u64 {
        self.steps.iter().map(|(_, accepted)| accepted).sum()
    }

    /// The most that were accepted in one step.
    pub fn peak(&self) -> u64 {
        self.steps.iter().map(|(_, accepted)| *accepted).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_770_019_200 + minutes * 60, 0).unwrap()
    }

    #[test]
    fn a_step_is_as_long_as_the_span_asks_for() {
        for (span, step, steps) in [(0, 1, 1), (89, 1, 90), (90, 5, 19), (449, 5, 90), (450, 60, 8), (6_000, 1_440, 5)]
        {
            let timeline = Timeline::of(&[(at(0), 3), (at(span), 4)]).unwrap();
            assert_eq!((timeline.step.num_minutes(), timeline.steps.len()), (step, steps), "{span}");
            assert_eq!((timeline.total(), timeline.peak()), (7, if span == 0 { 7 } else { 4 }));
        }
        assert_eq!(Timeline::of(&[]), None);
    }

    #[test]
    fn each_minute_counts_where_it_belongs() {
        let timeline = Timeline::of(&[(at(1), 2), (at(4), 1), (at(7), 5), (at(200), 1)]).unwrap();
        assert_eq!(timeline.step, TimeDelta::minutes(5));
        assert_eq!(timeline.steps[..3], [(at(0), 3), (at(5), 5), (at(10), 0)]);
        assert_eq!(timeline.steps.last(), Some(&(at(200), 1)));
    }
}
