//! Closed days: which rule holds, and where a shifted edition goes (contract §3, "Closed days").

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{ClosedDay, ClosedDayPolicy, Pause, Schedule};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;

/// How many days an edition may move at most.
const FARTHEST_SHIFT: u64 = 7;

/// What a closed first day does to a fortnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placing {
    /// Its edition goes out on this day; the text says why it is not the first one.
    On(NaiveDate, Option<String>),
    /// It has no edition, and why.
    Nowhere(String),
}

/// Why a day is closed, and what follows from it.
struct Closure<'a> {
    rule: ClosedDayPolicy,
    reason: &'a str,
}

impl Schedule {
    /// The first day of fortnight `number`, if it is closed.
    pub fn closed_day(&self, number: EditionNumber) -> Option<ClosedDay> {
        let day = self.first_day(number)?;
        let closure = self.closure(day)?;
        Some(ClosedDay { day, reason: closure.reason.to_owned(), rule: closure.rule })
    }

    /// Where the edition of the fortnight that begins on `first_day` goes.
    pub(super) fn place(&self, first_day: NaiveDate) -> Placing {
        let Some(closure) = self.closure(first_day) else {
            return Placing::On(first_day, None);
        };
        match closure.rule {
            ClosedDayPolicy::Send => Placing::On(first_day, None),
            ClosedDayPolicy::Skip => Placing::Nowhere(closed(first_day, closure.reason)),
            ClosedDayPolicy::Shift => match self.open_day_after(first_day) {
                Some(day) => Placing::On(day, Some(closed(first_day, closure.reason))),
                None => Placing::Nowhere(format!(
                    "{}; no day of the {FARTHEST_SHIFT} after it is open",
                    closed(first_day, closure.reason)
                )),
            },
        }
    }

    /// The next open day that a shifted edition may take. Seven days never reach the next fortnight.
    fn open_day_after(&self, first_day: NaiveDate) -> Option<NaiveDate> {
        let weekends_count = is_weekend(self.anchor);
        (1..=FARTHEST_SHIFT)
            .filter_map(|days| first_day.checked_add_days(Days::new(days)))
            .find(|day| (weekends_count || !is_weekend(*day)) && self.is_open(*day))
    }

    /// A closure that is ignored (`send`) leaves its day open.
    fn is_open(&self, day: NaiveDate) -> bool {
        self.closure(day).is_none_or(|closure| closure.rule == ClosedDayPolicy::Send)
    }

    /// A pause is somebody's explicit word on the day, so it goes before a holiday;
    /// of several pauses, the first with a rule of its own, else the first.
    fn closure(&self, day: NaiveDate) -> Option<Closure<'_>> {
        let covering = || self.pauses.iter().filter(|pause| pause.contains(day));
        let pause = covering().find(|pause| pause.on_closed_day.is_some()).or_else(|| covering().next());
        if let Some(pause) = pause {
            let rule = pause.on_closed_day.unwrap_or(self.on_closed_day);
            return Some(Closure { rule, reason: &pause.reason });
        }
        let (_, name) = self.holidays.iter().find(|(date, _)| *date == day)?;
        Some(Closure { rule: self.on_closed_day, reason: name })
    }
}

impl Pause {
    /// Whether `day` is one of its days; both ends are.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn closed(day: NaiveDate, reason: &str) -> String {
    let day = dates::day(day);
    if reason.is_empty() { format!("{day} is closed") } else { format!("{day} is closed: {reason}") }
}
