//! Fortnights, closed days, due instants across clock changes.

mod closed;
mod due;
mod fortnight;
mod next;
mod reconcile;
mod schedule;
#[cfg(test)]
mod testing;

pub use due::{Lateness, due, late};
pub use next::NextEdition;
pub use reconcile::{Action, reconcile};
pub use schedule::{Approval, ClosedDay, ClosedDayPolicy, Fortnight, Occasion, Pause, PauseReason, Schedule};
