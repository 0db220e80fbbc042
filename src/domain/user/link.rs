//! Links that are good once: they set a password or bind the first sign-on.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::UserId;
use super::bearer::TokenHash;
use crate::domain::subscriber::{WordError, words};

/// How long a link is good for.
pub const LIFE: TimeDelta = TimeDelta::hours(24);

words! {
    /// What a link is for.
    LinkPurpose, "purpose" {
        /// A new user sets their password.
        Set = "set",
        /// Someone who could not sign in any more sets a new one.
        Reset = "reset",
    }
}

/// A link that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    pub token: TokenHash,
    pub user: UserId,
    pub purpose: LinkPurpose,
    pub expires: DateTime<Utc>,
}

impl OneTimeLink {
    /// Whether it is still good.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        now < self.expires
    }
}
