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
    /// The person who had it done, as they were called then: the name stays when the user is removed, so that a decision can be
    /// answered for. None where nobody was at the controls, as when the daemon did it by itself.
    pub by: Option<String>,
}
