//! Who decided what, and when.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// The actor of what a person decided with a command.
pub const OPERATOR: &str = "operator";

/// The number of a line, given by the store, in the order in which they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditNumber(pub u64);

/// One decision, or one thing that the program did. It never holds an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    pub at: DateTime<Utc>,
    pub actor: String,
    /// What was done: `plan`, `publish`, `subscribe`, …
    pub action: String,
    /// To what: `edition 7`, `subscriber 12`.
    pub subject: String,
    pub detail: String,
}
