//! What the calendar is built from, and what a fortnight comes to: its send date and due instant, and where closed days
//! move it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Serialize};

use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{WordError, words};

words! {
    /// What happens when the day of an edition is closed.
    ClosedDayPolicy, "closed-day rule" {
        /// Send on the next open day.
        Shift = "shift",
        Skip = "skip",
        Send = "send",
    }
}

words! {
    /// Who lets an edition go out.
    Approval, "approval" {
        /// It goes out when due.
        Automatic = "automatic",
        /// A person says so first.
        Required = "required",
    }
}

/// A run of closed days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub reason: String,
    /// Its own rule, or the general one.
    pub on_closed_day: Option<ClosedDayPolicy>,
}

/// A dated campaign that pulls matching activities forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// The name that activities list under `occasions`.
    pub name: String,
    pub on: NaiveDate,
}

/// Everything the calendar depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Fortnight 1 goes out on this local date.
    pub anchor: NaiveDate,
    /// At this local time; fractions of a second do not count.
    pub send_at: NaiveTime,
    pub timezone: Tz,
    /// How late an edition may still go out by itself.
    pub grace: TimeDelta,
    pub plan_ahead: u32,
    /// The general rule for closed days.
    pub on_closed_day: ClosedDayPolicy,
    pub approval: Approval,
    pub pauses: Vec<Pause>,
    /// Single closed days with their names (bank holidays).
    pub holidays: Vec<(NaiveDate, String)>,
    pub occasions: Vec<Occasion>,
}

/// A fortnight's first day that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedDay {
    pub day: NaiveDate,
    /// The pause's reason, or the holiday's name.
    pub reason: String,
    /// What follows from it.
    pub rule: ClosedDayPolicy,
}

/// What a fortnight comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fortnight {
    Sends {
        date: NaiveDate,
        /// The instant, in the schedule's zone.
        due_at: DateTime<Tz>,
        /// Why the date is not the fortnight's first day, if it is not.
        shifted: Option<ClosedDay>,
    },
    Paused {
        date: NaiveDate,
        /// When it would have been due, in the schedule's zone.
        due_at: DateTime<Tz>,
        reason: PauseReason,
    },
}

/// Why a fortnight has no edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseReason {
    /// Its first day is closed; where that shifts the edition, no day of the week after it is open.
    Closed(ClosedDay),
    /// The calendar ends with the year 9999.
    BeyondCalendar,
}

/// Days from one fortnight's beginning to the next one's.
const DAYS: u32 = 14;

/// How many fortnights are searched for the next one with an edition: ten years.
pub(super) const HORIZON: u32 = 260;

/// The last day on which a fortnight may begin: its shifted due instant still has a year of four digits
/// in every zone, which is all that RFC 3339 can write.
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 17).expect("a day of the calendar");

impl Schedule {
    /// The fortnight that contains `now` (by local date); 1 before the anchor.
    pub fn fortnight_at(&self, now: DateTime<Utc>) -> EditionNumber {
        let utc = now.naive_utc();
        let offset = self.timezone.offset_from_utc_datetime(&utc).fix();
        let today = utc.checked_add_offset(offset).unwrap_or(utc).date();
        let complete = (today - self.anchor).num_days().div_euclid(i64::from(DAYS));
        EditionNumber(u32::try_from(complete.max(0)).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// What fortnight `number` comes to. Fortnights that begin after the year 9999 have no edition.
    pub fn fortnight(&self, number: EditionNumber) -> Fortnight {
        let Some(first_day) = self.first_day(number) else {
            let reason = PauseReason::BeyondCalendar;
            return Fortnight::Paused { date: LAST_DAY, due_at: self.instant(LAST_DAY), reason };
        };
        match self.place(first_day) {
            Placing::On(date, shifted) => Fortnight::Sends { date, due_at: self.instant(date), shifted },
            Placing::Nowhere(closed) => {
                let reason = PauseReason::Closed(closed);
                Fortnight::Paused { date: first_day, due_at: self.instant(first_day), reason }
            }
        }
    }

    /// The first unpaused fortnight with `due_at > now`; `None` when none of the next 260 fortnights is one.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<EditionNumber> {
        let before = self.fortnight_at(now).0.saturating_sub(1).max(1);
        self.sending_from(EditionNumber(before)).find(|(_, _, due_at)| *due_at > now).map(|(number, ..)| number)
    }

    /// The occasions between edition `number`'s send date (inclusive) and the next real one's (exclusive), by date.
    /// None when the fortnight is paused; no end when no later edition is in sight.
    pub fn occasions_of(&self, number: EditionNumber) -> Vec<&Occasion> {
        let Some((from, _)) = self.sends(number) else { return Vec::new() };
        let next = EditionNumber(number.0.saturating_add(1));
        let until = self.sending_from(next).next().map(|(_, date, _)| date);
        let mut occasions: Vec<_> = self
            .occasions
            .iter()
            .filter(|occasion| from <= occasion.on && until.is_none_or(|until| occasion.on < until))
            .collect();
        occasions.sort_by_key(|occasion| occasion.on);
        occasions
    }

    /// The send date and the due instant of a fortnight that has an edition.
    pub(super) fn sends(&self, number: EditionNumber) -> Option<(NaiveDate, DateTime<Utc>)> {
        match self.fortnight(number) {
            Fortnight::Sends { date, due_at, .. } => Some((date, due_at.to_utc())),
            Fortnight::Paused { .. } => None,
        }
    }

    /// The unpaused ones of fortnight `number` and the [`HORIZON`] that follow.
    pub(super) fn sending_from(
        &self,
        number: EditionNumber,
    ) -> impl Iterator<Item = (EditionNumber, NaiveDate, DateTime<Utc>)> {
        (number.0..=number.0.saturating_add(HORIZON)).map(EditionNumber).filter_map(|number| {
            let (date, due_at) = self.sends(number)?;
            Some((number, date, due_at))
        })
    }

    /// The local date on which fortnight `number` begins; `None` beyond [`LAST_DAY`].
    pub(super) fn first_day(&self, number: EditionNumber) -> Option<NaiveDate> {
        let days = u64::from(number.0.saturating_sub(1)) * u64::from(DAYS);
        self.anchor.checked_add_days(Days::new(days)).filter(|day| *day <= LAST_DAY)
    }

    /// When the local day of `now` began; on a day whose midnight does not exist, when midnight would have been.
    pub fn midnight_before(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let midnight = now.with_timezone(&self.timezone).date_naive().and_time(chrono::NaiveTime::MIN);
        let local = self.timezone.from_local_datetime(&midnight).earliest();
        local.map_or_else(|| now - (now.with_timezone(&self.timezone).naive_local() - midnight), |at| at.to_utc())
    }

    /// When the local day of `now` ends.
    pub fn midnight_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // Where the clocks change, a day has up to 25 hours.
        self.midnight_before(self.midnight_before(now) + TimeDelta::hours(26))
    }

    /// When it is `send_at` on `date`: the earlier instant if the clock shows that time twice,
    /// the first instant after the gap if it never does.
    fn instant(&self, date: NaiveDate) -> DateTime<Tz> {
        let wish = date.and_time(self.send_at.with_nanosecond(0).unwrap_or(self.send_at));
        if let Some(instant) = self.timezone.from_local_datetime(&wish).earliest() {
            return instant;
        }
        // A gap begins at the local time, by the offset before it, of the instant at which it also ends.
        let change = GapInfo::new(&wish, &self.timezone)
            .and_then(|gap| gap.begin)
            .and_then(|(local, offset)| local.checked_sub_offset(offset.fix()));
        self.timezone.from_utc_datetime(&change.unwrap_or(wish))
    }
}

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

    /// A pause is someone's explicit word on the day, so it goes before a holiday;
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

#[cfg(test)]
mod tests;
