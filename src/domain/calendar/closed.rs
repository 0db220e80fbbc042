//! Closed days: which rule holds, and where a shifted edition goes (contract §3, "Closed days").

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{ClosedDay, ClosedDayPolicy, Pause, Schedule};
use crate::domain::edition::EditionNumber;

/// How many days an edition may move at most.
const FARTHEST_SHIFT: u64 = 7;

/// What a closed first day does to a fortnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placing {
    /// Its edition goes out on this day; with the closed first day, if that is why it is another one.
    On(NaiveDate, Option<ClosedDay>),
    /// It has no edition, because of this closed day.
    Nowhere(ClosedDay),
}

impl Schedule {
    /// The first day of fortnight `number`, if it is closed.
    pub fn closed_day(&self, number: EditionNumber) -> Option<ClosedDay> {
        self.closure(self.first_day(number)?)
    }

    /// Where the edition of the fortnight that begins on `first_day` goes.
    pub(super) fn place(&self, first_day: NaiveDate) -> Placing {
        let Some(closed) = self.closure(first_day) else {
            return Placing::On(first_day, None);
        };
        match closed.rule {
            ClosedDayPolicy::Send => Placing::On(first_day, None),
            ClosedDayPolicy::Skip => Placing::Nowhere(closed),
            ClosedDayPolicy::Shift => match self.open_day_after(first_day) {
                Some(day) => Placing::On(day, Some(closed)),
                None => Placing::Nowhere(closed),
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
        self.closure(day).is_none_or(|closed| closed.rule == ClosedDayPolicy::Send)
    }

    /// A pause is somebody's explicit word on the day, so it goes before a holiday;
    /// of several pauses, the first with a rule of its own, else the first.
    fn closure(&self, day: NaiveDate) -> Option<ClosedDay> {
        let covering = || self.pauses.iter().filter(|pause| pause.contains(day));
        let pause = covering().find(|pause| pause.on_closed_day.is_some()).or_else(|| covering().next());
        if let Some(pause) = pause {
            let rule = pause.on_closed_day.unwrap_or(self.on_closed_day);
            return Some(ClosedDay { day, reason: pause.reason.clone(), rule });
        }
        let (_, name) = self.holidays.iter().find(|(date, _)| *date == day)?;
        Some(ClosedDay { day, reason: name.clone(), rule: self.on_closed_day })
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
