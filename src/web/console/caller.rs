//! Who asks, and by which address: what the guard found out about a request before a page is made.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::domain::user::{self, Permission, Role, UserId};

/// Someone at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// None for whoever came by the link that is printed while there are no users.
    pub(super) user: Option<UserId>,
    pub(super) name: String,
    pub(super) role: Role,
}

/// Who asks, and how their links begin.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) person: Person,
    /// The path that a proxy adds before ours, without a slash at its end; mostly empty.
    pub(super) base: String,
    /// The cookie's value. It is a secret: whoever has it is this person.
    session: String,
}

impl Caller {
    pub(super) fn new(person: Person, base: String, session: String) -> Self {
        Self { person, base, session }
    }

    /// Whom the log names.
    pub(super) fn audited(&self) -> user::person::Person {
        let Person { user, name, .. } = &self.person;
        user.map_or(user::person::Person::Link, |id| user::person::Person::User(id, name.clone()))
    }

    pub(super) fn may(&self, what: Permission) -> bool {
        self.person.role.may(what)
    }

    /// The address of one of our pages, for a link.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What every form of this session carries, so that another site cannot post in this person's name. It follows from the
    /// cookie, which no other site can read.
    pub(super) fn form_token(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("form {}", self.session)))
    }

    /// The cookie's value: never shown, and in no log.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// The session's name in memory: not the secret itself.
    pub(super) fn session_key(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("key {}", self.session)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = StatusCode;

    /// The guard lets nobody through without one.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}
