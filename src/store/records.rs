//! What the store remembers about decisions.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;

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
