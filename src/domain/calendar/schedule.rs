//! What the calendar is built from, and what a fortnight comes to.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

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
    /// First closed day.
    pub from: NaiveDate,
    /// Last closed day.
    pub to: NaiveDate,
    /// Why, for people.
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
    /// Editions planned in advance.
    pub plan_ahead: u32,
    /// The general rule for closed days.
    pub on_closed_day: ClosedDayPolicy,
    /// Who lets an edition go out.
    pub approval: Approval,
    /// Runs of closed days.
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
        /// The local send date.
        date: NaiveDate,
        /// The instant, in the schedule's zone.
        due_at: DateTime<Tz>,
        /// Why the date is not the fortnight's first day, if it is not.
        shifted: Option<ClosedDay>,
    },
    Paused {
        /// The fortnight's first day.
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
