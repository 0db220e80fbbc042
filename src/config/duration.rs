//! Durations as people write them: `72h`, `90d`, `1d12h`.

use chrono::TimeDelta;

use crate::toml_form::value::Value;

/// The longest duration that makes sense anywhere in the configuration: ten years, in seconds.
const LIMIT: i64 = 3650 * 86_400;

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum DurationError {
    /// Not numbers, each with its unit.
    #[error("is not a length of time (numbers with the unit s, m, h or d)")]
    Form,
    #[error("is no time at all")]
    Zero,
    /// More than ten years.
    #[error("is longer than ten years")]
    TooLong,
}

/// The length of time that `value` is.
pub(super) fn read(value: &Value<'_>) -> Option<TimeDelta> {
    let text = value.text()?;
    parse(text).map_err(|error| value.bad(text, error, value.like_this())).ok()
}

/// Reads one or more whole numbers, each followed by `s`, `m`, `h` or `d`. White space round it is ignored.
fn parse(text: &str) -> Result<TimeDelta, DurationError> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return Err(DurationError::Form);
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
            _ => return Err(DurationError::Form),
        };
        if number.is_empty() {
            return Err(DurationError::Form);
        }
        // Digits alone fail to parse only when there are too many of them.
        let number: i64 = number.parse().map_err(|_| DurationError::TooLong)?;
        total = number.checked_mul(seconds).and_then(|part| total.checked_add(part)).ok_or(DurationError::TooLong)?;
        rest = after.as_str();
    }
    match total {
        0 => Err(DurationError::Zero),
        LIMIT.. => Err(DurationError::TooLong),
        _ => Ok(TimeDelta::seconds(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let seconds = |text| parse(text).map(|delta| delta.num_seconds());
        assert_eq!(seconds("72h"), Ok(72 * 3600));
        assert_eq!(seconds("90d"), Ok(90 * 86_400));
        assert_eq!(seconds(" 30m "), Ok(1800));
        assert_eq!(seconds("45s"), Ok(45));
        assert_eq!(seconds("1d12h"), Ok(36 * 3600));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "h", "72", "72 h", "1w", "1.5h", "-1h", "h72", "72hours", "٧h"] {
            assert_eq!(parse(text), Err(DurationError::Form), "{text:?}");
        }
        assert_eq!(parse("0h"), Err(DurationError::Zero));
        for text in ["99999d", "99999999999999999999d", "9223372036854775807d", "9223372036854775807s1s"] {
            assert_eq!(parse(text), Err(DurationError::TooLong), "{text:?}");
        }
    }
}
