//! Fortnights, closed days, due instants across clock changes.

mod due;
mod reconcile;
mod schedule;
#[cfg(test)]
mod testing;

pub use due::{Lateness, NextEdition, due, late};
pub use reconcile::{Action, reconcile};
pub use schedule::{Approval, ClosedDay, ClosedDayPolicy, Fortnight, Occasion, Pause, PauseReason, Schedule};
