//! What a decision about users changes: a store writes it, all or nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bearer::TokenHash;
use super::link::OneTimeLink;
use super::session::Session;
use super::{Role, UserId};

/// What is to be written, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChanges {
    pub put: BTreeSet<UserId>,
    pub removed: Vec<UserId>,
    /// Used, or no longer meant.
    pub links_over: Vec<TokenHash>,
    pub links_made: Vec<OneTimeLink>,
    /// All of a user's, but for one.
    pub ended: Vec<(UserId, Option<TokenHash>)>,
    pub begun: Vec<Session>,
    pub notes: Vec<UserNote>,
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNote {
    pub action: &'static str,
    pub user: UserId,
    /// As JSON; it never holds an address.
    pub detail: String,
}

impl UserNote {
    pub(super) fn new(action: &'static str, user: UserId, detail: &impl Serialize) -> Self {
        let detail = serde_json::to_string(detail).unwrap_or_default();
        Self { action, user, detail: if detail == "null" { String::new() } else { detail } }
    }

    /// What the line is about.
    pub fn subject(&self) -> String {
        format!("user {}", self.user.0)
    }
}

/// The detail of `user-add`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    pub name: String,
    pub role: Role,
}

/// The detail of `user-role` and `user-name`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Changed<T> {
    pub before: T,
    pub after: T,
}
