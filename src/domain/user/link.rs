//! Links that are good once: they set a password or bind the first sign-on, or open a console that has no users.

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
        /// Somebody who could not sign in any more sets a new one.
        Reset = "reset",
        /// It opens a console that has no users.
        Open = "open",
    }
}

/// A link that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    pub token: TokenHash,
    /// None for [`LinkPurpose::Open`].
    pub user: Option<UserId>,
    pub purpose: LinkPurpose,
    pub expires: DateTime<Utc>,
}

impl OneTimeLink {
    /// Whether it is still good.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        now < self.expires
    }
}
