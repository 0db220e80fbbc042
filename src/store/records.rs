//! What the store remembers about people.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;

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
