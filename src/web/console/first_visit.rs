//! The way in while there are no users: a link that is printed where the program was started, good once.
//!
//! Sessions that begin so live in this process alone. They end with it, and as soon as there is a user.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::answer;
use super::cookies::with_session;
use super::entrance::Entrance;
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::random_token;

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
