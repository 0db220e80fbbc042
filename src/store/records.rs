//! What the store remembers about itself and about decisions.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::edition::EditionNumber;

/// What the store remembers about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The anchor it began with, or was given since.
    pub anchor: NaiveDate,
    /// The fortnight in which it began.
    pub first: EditionNumber,
}

/// One line of the audit table. It never holds an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What was done: `plan`, `publish`, `subscribe`, …
    pub action: String,
    /// To what: `edition 7`, `subscriber 12`.
    pub subject: String,
    /// More, for people.
    pub detail: String,
}
