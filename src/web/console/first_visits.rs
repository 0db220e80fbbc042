//! The one link that is good while there are no users, and the sessions that began with it.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::caller::Person;
use crate::domain::user::Role;

/// How long such a session lasts.
const LIFE: Duration = Duration::from_hours(12);

type Hash = [u8; 32];

/// The one link, and who came by it. Only digests are kept.
pub(super) struct FirstVisits {
    /// None once it is used.
    link: Mutex<Option<Hash>>,
    sessions: Mutex<Vec<(Hash, Instant)>>,
}

impl FirstVisits {
    pub(super) fn new(token: &str) -> Self {
        Self { link: Mutex::new(Some(digest(token))), sessions: Mutex::default() }
    }

    /// Whether the link is good.
    pub(super) fn knows(&self, token: &str) -> bool {
        *self.link.lock() == Some(digest(token))
    }

    /// Uses the link up for a session; false when it was used before.
    pub(super) fn begin(&self, token: &str, session: &str) -> bool {
        let mut link = self.link.lock();
        if *link != Some(digest(token)) {
            return false;
        }
        *link = None;
        self.sessions.lock().push((digest(session), Instant::now()));
        true
    }

    /// Who has this session.
    pub(super) fn person(&self, session: &str) -> Option<Person> {
        let session = digest(session);
        let known = self.sessions.lock().iter().any(|(known, begun)| *known == session && begun.elapsed() < LIFE);
        known.then(|| Person { user: None, name: "First visit".to_owned(), role: Role::Admin })
    }

    /// Someone can sign in now: nobody comes in this way any more, and whoever did is out.
    pub(super) fn close(&self) {
        *self.link.lock() = None;
        self.sessions.lock().clear();
    }

    pub(super) fn end(&self, session: &str) {
        let session = digest(session);
        self.sessions.lock().retain(|(known, _)| *known != session);
    }
}

/// Digests are compared, so that the time it takes tells nothing of the token.
fn digest(token: &str) -> Hash {
    Sha256::digest(token).into()
}
