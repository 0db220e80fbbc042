//! School years: from 1 September to 31 August.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate};

/// The month in which a school year begins.
const SEPTEMBER: u32 = 9;

/// A school year, by the year in which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchoolYear(i32);

/// A text that names no school year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a school year such as 2026-27")]
pub struct SchoolYearError;

impl SchoolYear {
    /// The one that a day is in.
    pub fn of(day: NaiveDate) -> Self {
        Self(if day.month() < SEPTEMBER { day.year() - 1 } else { day.year() })
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1).max(1))
    }

    /// The one after.
    #[must_use]
    pub fn after(self) -> Self {
        Self((self.0 + 1).min(9_998))
    }

    /// Its first and last day.
    ///
    /// # Panics
    /// Never: years have four digits at most here, and both days are in every year.
    pub fn days(self) -> (NaiveDate, NaiveDate) {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day that every year has");
        (day(self.0, SEPTEMBER, 1), day(self.0 + 1, SEPTEMBER - 1, 31))
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

impl FromStr for SchoolYear {
    type Err = SchoolYearError;

    /// `2026-27`, `2026/27`, `2026-2027`.
    fn from_str(text: &str) -> Result<Self, SchoolYearError> {
        let (first, second) = text.split_once(['-', '/', '–']).ok_or(SchoolYearError)?;
        let number = |text: &str| text.parse::<i32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        let (begin, end) = (number(first).ok_or(SchoolYearError)?, number(second).ok_or(SchoolYearError)?);
        let next = if second.len() == 2 { (begin + 1) % 100 } else { begin + 1 };
        if first.len() == 4 && matches!(second.len(), 2 | 4) && end == next {
            Ok(Self(begin))
        } else {
            Err(SchoolYearError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_year_begins_in_september() {
        let of = |day: &str| SchoolYear::of(day.parse().unwrap()).to_string();
        assert_eq!(["2026-08-31", "2026-09-01", "2027-08-31"].map(of), ["2025-26", "2026-27", "2026-27"]);
        for text in ["2026-27", "2026/27", "2026-2027", "2026–27"] {
            let (from, to) = text.parse::<SchoolYear>().unwrap().days();
            assert_eq!((from.to_string(), to.to_string()), ("2026-09-01".into(), "2027-08-31".into()), "{text}");
        }
        for text in ["2026", "2026-28", "26-27", "2026-2026", "2026-", "+026-27", "2026-027"] {
            assert_eq!(text.parse::<SchoolYear>(), Err(SchoolYearError), "{text}");
        }
        assert_eq!("2099-00".parse::<SchoolYear>().unwrap().to_string(), "2099-00");
    }
}
