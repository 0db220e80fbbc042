//! Fortnights, closed days, due instants across clock changes.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::edition::{Edition, EditionNumber};
use super::subscriber::WordError;
use super::subscriber::words;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words! {
    /// What happens when the day of an edition is closed.
    ClosedDayPolicy, "closed-day rule" {
        /// Send on the next open day.
        Shift = "shift",
        /// No edition.
        Skip = "skip",
        /// Send all the same.
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
    /// Its day.
    pub on: NaiveDate,
}

/// Everything the calendar depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Fortnight 1 goes out on this local date.
    pub anchor: NaiveDate,
    /// At this local time.
    pub send_at: NaiveTime,
    /// In this zone.
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
    /// Campaigns.
    pub occasions: Vec<Occasion>,
}

/// What a fortnight comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fortnight {
    /// It has an edition.
    Sends {
        /// The local send date.
        date: NaiveDate,
        /// The instant, in the schedule's zone.
        due_at: DateTime<Tz>,
        /// Why the date is not the fortnight's first day, if it is not.
        shifted: Option<String>,
    },
    /// It has none.
    Paused {
        /// The fortnight's first day.
        date: NaiveDate,
        /// When it would have been due, in the schedule's zone.
        due_at: DateTime<Tz>,
        /// Why.
        reason: String,
    },
}

impl Schedule {
    /// The fortnight that contains `now` (by local date); 1 before the anchor.
    pub fn fortnight_at(&self, now: DateTime<Utc>) -> EditionNumber {
        let _ = now;
        todo!()
    }

    /// What fortnight `number` comes to.
    pub fn fortnight(&self, number: EditionNumber) -> Fortnight {
        let _ = number;
        todo!()
    }

    /// The first unpaused fortnight with `due_at > now`; `None` when a pause covers the next 260 fortnights.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<EditionNumber> {
        let _ = now;
        todo!()
    }

    /// The occasions between edition `number`'s send date (inclusive) and the next real one's (exclusive).
    pub fn occasions_of(&self, number: EditionNumber) -> Vec<&Occasion> {
        let _ = number;
        todo!()
    }
}

/// What `reconcile` finds must be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Give this fortnight an edition (the caller selects its picks).
    Plan {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
    },
    /// Move an open edition to the date that the config now gives.
    Redate {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
    },
    /// The fortnight of an open edition is now paused.
    Unplan(EditionNumber),
    /// An older unsent edition's time passed.
    Miss(EditionNumber, String),
    /// Late beyond grace, or approval missing at the due instant.
    Hold(EditionNumber, String),
    /// What this edition has not sent yet expires: a newer one fell due.
    Expire(EditionNumber),
    /// This edition is due now: publish it, or go on sending it.
    Send(EditionNumber),
}

/// From the schedule, the moment and the editions in the store to what must be done (contract §3).
///
/// `first` is the fortnight in which the store began; none before it is ever planned.
/// Pure, idempotent: once its actions are applied, a second call with the same `now` gives at most `Send`.
pub fn reconcile(schedule: &Schedule, now: DateTime<Utc>, first: EditionNumber, editions: &[Edition]) -> Vec<Action> {
    let _ = (schedule, now, first, editions);
    todo!()
}
