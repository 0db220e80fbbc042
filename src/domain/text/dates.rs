//! Days, moments and lengths of time, as people read them.

use std::fmt::Display;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Serializer;

/// `Monday 21 December 2026`.
pub fn day(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// `Monday 21 December 2026 at 08:00`, in the zone.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    local_moment(&at.with_timezone(&zone))
}

/// `Monday 21 December 2026 at 08:00`, in the zone that it has.
pub fn local_moment<Z: TimeZone<Offset: Display>>(at: &DateTime<Z>) -> String {
    at.format("%A %-d %B %Y at %H:%M").to_string()
}

/// RFC 3339 with the offset in figures all year, where chrono alone would write `Z` in winter.
pub fn with_offset<S: Serializer>(at: &DateTime<FixedOffset>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.to_rfc3339())
}

/// As [`with_offset`]; nothing is null.
#[allow(clippy::ref_option, reason = "serde calls it with a reference to the field")]
pub fn maybe_with_offset<S: Serializer>(at: &Option<DateTime<FixedOffset>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => with_offset(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// `72 hours`, in the largest unit up to hours that leaves no rest.
pub fn length(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let (count, unit) = match seconds {
        s if s % 3600 == 0 => (s / 3600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// How long something still lasts, in the two largest units: `3 days and 4 hours`, `less than a minute`.
pub fn roughly(length: TimeDelta) -> String {
    let minutes = length.num_minutes().max(0);
    let of = |number: i64, unit: &str| match number {
        0 => None,
        1 => Some(format!("1 {unit}")),
        _ => Some(format!("{number} {unit}s")),
    };
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let told: Vec<String> = [of(days, "day"), of(hours, "hour"), of(minutes, "minute")]
        .into_iter()
        .skip_while(Option::is_none)
        .take(2)
        .flatten()
        .collect();
    if told.is_empty() { "less than a minute".to_owned() } else { told.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_long_in_two_units() {
        for (minutes, told) in [
            (0, "less than a minute"),
            (1, "1 minute"),
            (61, "1 hour and 1 minute"),
            (1_440 + 5, "1 day"),
            (3 * 1_440 + 4 * 60 + 30, "3 days and 4 hours"),
            (-7, "less than a minute"),
        ] {
            assert_eq!(roughly(TimeDelta::minutes(minutes)), told);
        }
    }

    #[test]
    fn speaks_plainly() {
        let date = NaiveDate::from_ymd_opt(2026, 9, 7).expect("a date");
        let at = date.and_hms_opt(7, 0, 0).expect("a time").and_utc();
        assert_eq!(day(date), "Monday 7 September 2026");
        assert_eq!(moment(at, Tz::Europe__London), "Monday 7 September 2026 at 08:00");
        assert!(!moment(DateTime::<Utc>::MAX_UTC, Tz::Pacific__Apia).is_empty());
        assert_eq!(length(TimeDelta::hours(72)), "72 hours");
        assert_eq!(length(TimeDelta::hours(1)), "1 hour");
        assert_eq!(length(TimeDelta::minutes(90)), "90 minutes");
        assert_eq!(length(TimeDelta::seconds(61)), "61 seconds");
    }
}
