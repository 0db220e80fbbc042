//! The way in while there are no users: a link that is printed where the program was started, good once.
//!
//! Sessions that begin so live in this process alone. They end with it, and as soon as there is a user.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::answer;
use super::caller::Person;
use super::guard::{Entrance, with_session};
use super::parts::{Console, ConsoleParts};
use crate::app::random_token;
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
    fn knows(&self, token: &str) -> bool {
        *self.link.lock() == Some(digest(token))
    }

    /// Uses the link up for a session; false when it was used before.
    fn begin(&self, token: &str, session: &str) -> bool {
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

    pub(super) fn end(&self, session: &str) {
        let session = digest(session);
        self.sessions.lock().retain(|(known, _)| *known != session);
    }
}

/// Digests are compared, so that the time it takes tells nothing of the token.
fn digest(token: &str) -> Hash {
    Sha256::digest(token).into()
}

/// The page with the button: a link that is merely looked at, by a program too, stays good.
pub(super) async fn show(State(console): State<Console>, entrance: Entrance, Path(token): Path<String>) -> Response {
    let parts = console.parts();
    if !console.first_visits().knows(&token) {
        return used_up(&parts, &entrance);
    }
    let paragraphs = [
        "There are no users yet, so this link opens the console once, for whoever started the program.",
        "Add yourself as the first user as soon as you are in. This way in is closed from then on.",
    ];
    answer::question(&parts, &entrance, "Open the console?", &paragraphs, "Open the console")
}

pub(super) async fn enter(State(console): State<Console>, entrance: Entrance, Path(token): Path<String>) -> Response {
    let parts = console.parts();
    let session = match random_token() {
        Ok(session) => session,
        Err(error) => return answer::trouble(&parts, &entrance, &error),
    };
    if !console.first_visits().begin(&token, &session) {
        return used_up(&parts, &entrance);
    }
    with_session(answer::go_to(&entrance.link("/")), &entrance, &session)
}

fn used_up(parts: &ConsoleParts, entrance: &Entrance) -> Response {
    let why = [
        "It is good once, and only until the first user is added.",
        "Stop the program and start it again to get a new one.",
    ];
    answer::turned_away(parts, entrance, StatusCode::NOT_FOUND, "This link doesn't work any more", &why)
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/sign-in/first/{token}", get(show).post(enter))
}
