//! Fortnights, closed days, due instants across clock changes.

mod due;
mod reconcile;
mod schedule;
mod school_year;
#[cfg(test)]
mod testing;

pub use due::{Lateness, NextEdition, due, late};
pub use reconcile::{Action, reconcile};
pub use schedule::{Approval, ClosedDay, ClosedDayPolicy, Fortnight, Occasion, Pause, PauseReason, Schedule};
pub use school_year::{SchoolYear, SchoolYearError};
