//! A user, and by what they prove who they are.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Role, UserId};
use crate::domain::address::Address;

/// Someone who may use the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub address: Address,
    /// As the audit calls them.
    pub name: String,
    pub role: Role,
    pub proofs: Proofs,
    pub created: DateTime<Utc>,
    /// When they were last seen, to the minute.
    pub seen: Option<DateTime<Utc>>,
}

/// How a user proves who they are; nothing until they have used their link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proofs {
    pub password: Option<PasswordHash>,
    /// A code that is asked for beside the password.
    pub codes: Option<CodeSecret>,
    /// Whom the organisation's own sign-on knows them as.
    pub sign_on: Option<SignOnSubject>,
}

impl Proofs {
    /// Whether there is a way in.
    pub fn are_there(&self) -> bool {
        self.password.is_some() || self.sign_on.is_some()
    }
}

/// What a password was hashed to, as a PHC string (argon2id, RFC 9106).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

/// The secret from which an app makes codes, and the step of the last code that was used (RFC 6238): each is good once.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSecret {
    /// Sealed by the use case; by older versions, not.
    pub secret: Vec<u8>,
    pub last_step: Option<u64>,
}

/// The pair by which a sign-on names someone for good (`OpenID` Connect Core 1.0 §5.7). An address is no such name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignOnSubject {
    pub issuer: String,
    pub subject: String,
}

macro_rules! blind {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
blind!(PasswordHash, CodeSecret, SignOnSubject);
