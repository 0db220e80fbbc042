//! How fast mail leaves at most, as far as the config limits it.

use chrono::{DateTime, TimeDelta, Utc};

/// What limits how fast mail leaves. How fast the relay takes it is not known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throughput {
    /// Mails in a second; none where the config has no limit.
    pub per_second: Option<u32>,
    /// The day's cap; none where there is none.
    pub day: Option<DaysCap>,
}

/// A day's cap, and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysCap {
    /// Mails in a day, at least one.
    pub most: u32,
    /// Mails that may leave today.
    pub left: u32,
    /// When the next day begins.
    pub midnight: DateTime<Utc>,
}

impl Throughput {
    /// When the last of so many mails leaves at the earliest, if the first leaves now.
    pub fn ends_at(&self, mails: u64, now: DateTime<Utc>) -> DateTime<Utc> {
        let (last_day, mails) = match self.day {
            Some(day) if mails > u64::from(day.left) => day.last(mails - u64::from(day.left)),
            _ => (now, mails),
        };
        let seconds = self.per_second.map_or(0, |per_second| mails / u64::from(per_second.max(1)));
        let takes = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
        takes.and_then(|takes| last_day.checked_add_signed(takes)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl DaysCap {
    /// When the last day begins on which some of the rest leave, and how many leave on it.
    fn last(self, rest: u64) -> (DateTime<Utc>, u64) {
        let most = u64::from(self.most.max(1));
        let full = rest.saturating_sub(1) / most;
        let days = i64::try_from(full).ok().and_then(TimeDelta::try_days);
        let begins = days.and_then(|days| self.midnight.checked_add_signed(days));
        (begins.unwrap_or(DateTime::<Utc>::MAX_UTC), rest - full * most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn a_rate_and_a_cap_say_when_the_last_mail_leaves() {
        let day = DaysCap { most: 7_200, left: 3_600, midnight: at(24) };
        for (per_second, day, mails, ends) in [
            (None, None, 1_000_000, at(6)),
            (Some(2), None, 7_200, at(7)),
            (Some(1), Some(day), 3_600, at(7)),
            (Some(1), Some(day), 7_200, at(25)),
            (None, Some(day), 3_601, at(24)),
            (Some(1), Some(day), 3_600 + 7_200, at(26)),
            (Some(1), Some(day), 3_600 + 7_200 + 3_600, at(49)),
        ] {
            assert_eq!(Throughput { per_second, day }.ends_at(mails, at(6)), ends, "{per_second:?} {day:?} {mails}");
        }
        let slow = Throughput { per_second: Some(1), day: Some(day) };
        assert_eq!(slow.ends_at(u64::MAX, at(6)), DateTime::<Utc>::MAX_UTC);
    }
}
