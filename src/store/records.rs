//! What the store remembers about itself and about decisions.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::SuppressionReason;

/// What the store remembers about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The anchor it began with, or was given since.
    pub anchor: NaiveDate,
    /// The fortnight in which it began.
    pub first: EditionNumber,
}

/// An address that is never mailed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// The address; `None` once it was forgotten and only its key is kept.
    pub address: Option<Address>,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub since: DateTime<Utc>,
}
