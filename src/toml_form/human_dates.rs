//! Dates and times as people write them, so that an error can say how the file needs them; and lengths of time: `72h`,
//! `90d`, `1d12h`.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The date that was probably meant: `30/11/2026`, `2026-9-7`, `Monday 7th September 2026`. The day comes before
/// the month, as in Britain, unless there is no such month.
fn date(text: &str) -> Option<NaiveDate> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|word| !word.is_empty() && word != "of" && !is_name_in(word, &WEEKDAYS))
        .collect();
    let [a, b, c] = words.as_slice() else { return None };
    let (year, month, day) = if a.len() == 4 && number(a).is_some() {
        (a, b, c)
    } else if number(a).is_none() && number(b).is_some() {
        (c, a, b) // September 7 2026
    } else {
        (c, b, a)
    };
    let read = |month: &str, day: &str| {
        let month = number(month).or_else(|| month_of(month))?;
        let day = number(day.trim_end_matches(|c: char| c.is_ascii_alphabetic()))?;
        NaiveDate::from_ymd_opt(i32::try_from(year_of(year)?).ok()?, month, day)
    };
    read(month, day).or_else(|| read(day, month).filter(|_| a.len() < 4))
}

/// The time of day that was probably meant: `8:00`, `8.30`, `8am`, `0800`.
fn time(text: &str) -> Option<NaiveTime> {
    let text = text.trim().to_ascii_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    let (digits, half) = ["am", "pm"]
        .iter()
        .find_map(|half| Some((text.strip_suffix(half)?.trim_end(), Some(*half))))
        .unwrap_or((&text, None));
    let parts: Vec<&str> = match digits.len() {
        4 if number(digits).is_some() => vec![&digits[..2], &digits[2..]],
        _ => digits.split([':', '.', 'h']).collect(),
    };
    let (hour, rest) = parts.split_first()?;
    if rest.len() > 2 || hour.len() > 2 || rest.iter().any(|part| part.len() != 2) {
        return None;
    }
    let rest: Vec<u32> = rest.iter().map(|part| number(part)).collect::<Option<_>>()?;
    let hour = match (number(hour)?, half) {
        (12, Some("am")) => 0,
        (hour @ 1..12, Some("pm")) => hour + 12,
        (hour, _) => hour,
    };
    NaiveTime::from_hms_opt(hour, rest.first().copied().unwrap_or(0), rest.get(1).copied().unwrap_or(0))
}

/// The date that was probably meant, as it must be written, and in words where the order of its parts was turned.
pub(super) fn date_to_write(text: &str) -> Option<String> {
    let date = date(text)?;
    let iso = date.to_string();
    if text.trim().starts_with(&iso[..4]) { Some(iso) } else { Some(format!("{iso} for {}", date.format("%-d %B %Y"))) }
}

/// The time of day that was probably meant, as it must be written.
pub(super) fn time_to_write(text: &str) -> Option<String> {
    time(text).map(|time| time.to_string())
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Two digits mean this century.
fn year_of(text: &str) -> Option<u32> {
    match text.len() {
        2 => Some(2000 + number(text)?),
        4 => number(text),
        _ => None,
    }
}

fn month_of(word: &str) -> Option<u32> {
    (1..).zip(MONTHS).find(|(_, name)| is_short_for(word, name)).map(|(number, _)| number)
}

fn is_name_in(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| is_short_for(word, name))
}

fn is_short_for(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

/// The longest that makes sense anywhere in the configuration: ten years, in seconds.
const LIMIT: i64 = 3650 * 86_400;

/// Why a text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LengthError {
    #[error("is not a length of time (numbers with the unit s, m, h or d)")]
    Form,
    #[error("is no time at all")]
    Zero,
    #[error("is longer than ten years")]
    TooLong,
}

/// Reads one or more whole numbers, each followed by `s`, `m`, `h` or `d`. White space round it is ignored.
pub(super) fn length(text: &str) -> Result<TimeDelta, LengthError> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return Err(LengthError::Form);
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let mut after = after.chars();
        let seconds = match after.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => return Err(LengthError::Form),
        };
        if number.is_empty() {
            return Err(LengthError::Form);
        }
        // Digits alone fail to parse only when there are too many of them.
        let number: i64 = number.parse().map_err(|_| LengthError::TooLong)?;
        total = number.checked_mul(seconds).and_then(|part| total.checked_add(part)).ok_or(LengthError::TooLong)?;
        rest = after.as_str();
    }
    match total {
        0 => Err(LengthError::Zero),
        LIMIT.. => Err(LengthError::TooLong),
        _ => Ok(TimeDelta::seconds(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_as_people_write_them() {
        for text in [
            "30/11/2026",
            "30.11.26",
            "30-11-2026",
            "2026/11/30",
            "30 November 2026",
            "Monday, 30th of Nov 2026",
            "November 30, 2026",
            "11/30/2026",
        ] {
            assert_eq!(date(text), NaiveDate::from_ymd_opt(2026, 11, 30), "{text}");
        }
        assert_eq!(date("7/9/2026"), NaiveDate::from_ymd_opt(2026, 9, 7), "the day comes first");
        assert_eq!(date("2026-9-7"), NaiveDate::from_ymd_opt(2026, 9, 7));
        for text in ["", "soon", "31/11/2026", "2026-30-11", "2026", "7/9", "1/2/3", "1/2/3/2026", "٣٠/١١/٢٠٢٦"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn reads_times_as_people_write_them() {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0);
        for (text, expected) in [
            ("8:00", at(8, 0)),
            ("8:00:00", at(8, 0)),
            ("8.30", at(8, 30)),
            ("8", at(8, 0)),
            ("8am", at(8, 0)),
            ("8.15 p.m.", at(20, 15)),
            ("12am", at(0, 0)),
            ("12:30pm", at(12, 30)),
            ("0830", at(8, 30)),
            ("08h30", at(8, 30)),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        for text in ["", "am", "late", "24:00", "8:5", "8:", "8:00:00:00", "123456", "٨:٠٠"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn reads_lengths_of_time() {
        let seconds = |text| length(text).map(|delta| delta.num_seconds());
        assert_eq!(seconds("72h"), Ok(72 * 3600));
        assert_eq!(seconds("90d"), Ok(90 * 86_400));
        assert_eq!(seconds(" 30m "), Ok(1800));
        assert_eq!(seconds("45s"), Ok(45));
        assert_eq!(seconds("1d12h"), Ok(36 * 3600));
    }

    #[test]
    fn refuses_other_lengths() {
        for text in ["", "h", "72", "72 h", "1w", "1.5h", "-1h", "h72", "72hours", "٧h"] {
            assert_eq!(length(text), Err(LengthError::Form), "{text:?}");
        }
        assert_eq!(length("0h"), Err(LengthError::Zero));
        for text in ["99999d", "99999999999999999999d", "9223372036854775807d", "9223372036854775807s1s"] {
            assert_eq!(length(text), Err(LengthError::TooLong), "{text:?}");
        }
    }
}
