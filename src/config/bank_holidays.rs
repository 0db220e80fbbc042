//! The bank holidays of the nations, as GOV.UK publishes them.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::value::Datetime;

use crate::domain::activity::Nation;

/// The file, which says where it is from and under which licence.
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("bank-holidays.toml")).expect("a test reads the file that is compiled in")
});

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[allow(dead_code, reason = "for whoever renews the file")]
    source: String,
    #[allow(dead_code, reason = "for whoever renews the file")]
    taken: Datetime,
    #[allow(dead_code, reason = "for whoever renews the file")]
    from: Datetime,
    until: Datetime,
    england_and_wales: Vec<Holiday>,
    scotland: Vec<Holiday>,
    northern_ireland: Vec<Holiday>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    on: Datetime,
    name: String,
}

/// Every bank holiday of `nation` that is known, by date, with its name.
pub(super) fn of(nation: Nation) -> Vec<(NaiveDate, String)> {
    let list = match nation {
        Nation::England | Nation::Wales => &FILE.england_and_wales,
        Nation::Scotland => &FILE.scotland,
        Nation::NorthernIreland => &FILE.northern_ireland,
    };
    list.iter().filter_map(|holiday| Some((date(holiday.on)?, holiday.name.clone()))).collect()
}

/// The last day for which bank holidays are known.
///
/// # Panics
/// Never: a test reads this date of the file that is compiled in.
pub fn known_until() -> NaiveDate {
    date(FILE.until).expect("a test reads this date")
}

fn date(at: Datetime) -> Option<NaiveDate> {
    let date = at.date.filter(|_| at.time.is_none())?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Weekday};

    use super::*;

    #[test]
    fn every_list_is_whole() {
        let (from, until) = (date(FILE.from).expect("a date"), known_until());
        assert!(date(FILE.taken).expect("a date") > from && FILE.source.starts_with("https://"));
        for (nation, list, counts) in [
            (Nation::England, &FILE.england_and_wales, [8, 8, 8]),
            (Nation::Wales, &FILE.england_and_wales, [8, 8, 8]),
            // The World Cup's day is in 2026 alone.
            (Nation::Scotland, &FILE.scotland, [10, 9, 9]),
            (Nation::NorthernIreland, &FILE.northern_ireland, [10, 10, 10]),
        ] {
            let holidays = of(nation);
            assert_eq!(holidays.len(), list.len(), "{nation}: a date is none");
            assert!(holidays.is_sorted_by(|(one, _), (next, _)| one < next), "{nation}: out of order, or twice");
            for (day, name) in &holidays {
                assert!((from..=until).contains(day) && !name.trim().is_empty(), "{nation}: {day}");
                assert!(!matches!(day.weekday(), Weekday::Sat | Weekday::Sun), "{nation}: {day} is at a weekend");
            }
            let in_year = |year| holidays.iter().filter(|(day, _)| day.year() == year).count();
            assert_eq!([2026, 2027, 2028].map(in_year), counts, "{nation}");
        }
    }

    #[test]
    fn says_which_day_stands_for_another() {
        for nation in Nation::ALL {
            for (day, name) in of(*nation) {
                let real = match name.trim_end_matches(" (substitute day)") {
                    "New Year’s Day" => (1, 1),
                    "2nd January" => (1, 2),
                    "St Patrick’s Day" => (3, 17),
                    "Battle of the Boyne (Orangemen’s Day)" => (7, 12),
                    "St Andrew’s Day" => (11, 30),
                    "Christmas Day" => (12, 25),
                    "Boxing Day" => (12, 26),
                    _ => (day.month(), day.day()),
                };
                assert_eq!(name.ends_with("(substitute day)"), real != (day.month(), day.day()), "{day} {name}");
            }
        }
    }
}
