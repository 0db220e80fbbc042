//! Who is signed in, and for how long.

use chrono::{DateTime, TimeDelta, Utc};

use super::bearer::TokenHash;
use super::person::Person;
use super::{Role, UserId};

/// How long a session lasts, whatever is done in it.
pub const LIFE: TimeDelta = TimeDelta::hours(12);

/// How much later than the last time a session must be used for that to be noted.
pub const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Someone is signed in in one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// By which it is named, too.
    pub token: TokenHash,
    pub user: UserId,
    pub begun: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub seen: DateTime<Utc>,
    pub expires: DateTime<Utc>,
    /// The network that it was begun from, such as `203.0.113.0/24`.
    pub network: String,
}

impl Session {
    /// A session that begins now.
    pub fn new(token: TokenHash, user: UserId, network: String, now: DateTime<Utc>) -> Self {
        Self { token, user, begun: now, seen: now, expires: now + LIFE, network }
    }
}

/// Whoever looks at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub session: TokenHash,
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// When the session was used last, to the minute.
    pub seen: DateTime<Utc>,
}

impl Visitor {
    /// Whom the audit names.
    pub fn person(&self) -> Person {
        Person::User(self.user, self.name.clone())
    }

    /// Whether it is to be noted that the session was used now.
    pub fn is_seen_anew(&self, now: DateTime<Utc>) -> bool {
        now - self.seen >= SEEN_EVERY
    }
}
