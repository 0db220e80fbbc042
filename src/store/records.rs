//! What the store remembers about itself and about decisions.

use chrono::NaiveDate;

use crate::domain::edition::EditionNumber;

/// What the store remembers about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The anchor it began with, or was given since.
    pub anchor: NaiveDate,
    /// The fortnight in which it began.
    pub first: EditionNumber,
}
