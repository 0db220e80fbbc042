//! From a fortnight's number to its send date and due instant, and back.

use chrono::{DateTime, Days, NaiveDate, Offset, TimeZone, Timelike, Utc};
use chrono_tz::{GapInfo, Tz};

use super::closed::Placing;
use super::{Fortnight, Occasion, PauseReason, Schedule};
use crate::domain::edition::EditionNumber;

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

#[cfg(test)]
mod tests;
