//! Who decided something, by the name that the audit uses.

use std::fmt;

use super::UserId;

/// Who has something done. Shown, it never holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// A user of the console.
    User(UserId, String),
    /// Whoever opened a console without users, by the link that it printed.
    Link,
    /// The account on this machine under which a command was run.
    Account(String),
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id, name) => write!(f, "{name} (user {})", id.0),
            Self::Link => f.write_str("whoever opened the console's link"),
            Self::Account(name) => f.write_str(name),
        }
    }
}
