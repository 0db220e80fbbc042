//! `/sign-in`: with a password, and a code where someone has set that up; and the links that begin an account.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::answer;
use super::cookies::{self, with_session, without_session};
use super::entrance::{Entrance, Origin};
use super::form::Form;
use super::guard::SIGN_OUT;
use super::parts::ConsoleParts;
use super::query::{own_path, parameter};
use super::shell::Shell;
use super::sign_on;
use super::state::Console;
use crate::app::AppError;
use crate::app::error::SignInRefusal;
use crate::messages;

/// For whoever pressed a button after their session had ended.
const UNDONE: &str = "You had been signed out in the meantime, so nothing was changed. Sign in, and then do it again.";

#[derive(Debug, Default, Serialize)]
struct SignInView {
    /// What was wrong; empty at first.
    problem: String,
    address: String,
    /// Whether the password was right and a code is needed, too.
    needs_code: bool,
    /// Where to go then.
    to: String,
    action: String,
    /// Where the organisation's own sign-on begins; empty without one.
    sign_on_url: String,
}

#[derive(Debug, Default, Serialize)]
struct LinkView {
    problem: String,
    name: String,
    address: String,
    action: String,
    /// Where the organisation's own sign-on begins; empty without one.
    sign_on_url: String,
}

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/sign-in", get(show).post(enter))
        .route("/sign-in/link/{token}", get(show_link).post(set_password))
        .route(SIGN_OUT, post(leave))
}

async fn show(State(console): State<Console>, entrance: Entrance, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    match parts.has_users().await {
        Ok(true) => {
            let to = own_path(&parameter(query.as_deref(), "to")).to_owned();
            let problem = if parameter(query.as_deref(), "undone").is_empty() { "" } else { UNDONE };
            form(
                &parts,
                &entrance,
                StatusCode::OK,
                SignInView { to, problem: problem.to_owned(), ..SignInView::default() },
            )
        }
        Ok(false) => answer::sign_in_first(&parts, &entrance, ("/", false), false),
        Err(error) => answer::trouble(&parts, &entrance, &error),
    }
}

fn form(parts: &ConsoleParts, entrance: &Entrance, status: StatusCode, view: SignInView) -> Response {
    let sign_on_url = if parts.sign_in().has_sign_on() {
        let to: String = form_urlencoded::byte_serialize(view.to.as_bytes()).collect();
        entrance.link(&format!("{}?to={to}", sign_on::BEGIN))
    } else {
        String::new()
    };
    let view = SignInView { action: entrance.link("/sign-in"), sign_on_url, ..view };
    answer::with_status(status, "sign-in.html", &Shell::open(parts, entrance, "Sign in"), &view)
}

async fn enter(State(console): State<Console>, entrance: Entrance, Origin(from): Origin, input: Form) -> Response {
    let parts = console.parts();
    let (address, to) = (input.text("address").to_owned(), own_path(input.text("to")).to_owned());
    let password = SecretString::from(input.value("password").unwrap_or_default().to_owned());
    match parts.sign_in().with_password(&address, password, input.value("code"), from).await {
        Ok(signed_in) => {
            let token = signed_in.token.expose_secret();
            with_session(answer::go_to(&entrance.link(&to)), &entrance, token)
        }
        Err(AppError::SignIn(why)) => {
            let needs_code = matches!(why, SignInRefusal::CodeNeeded | SignInRefusal::WrongCode);
            let status = match why {
                SignInRefusal::Paused { .. } => StatusCode::TOO_MANY_REQUESTS,
                SignInRefusal::CodeNeeded => StatusCode::OK,
                SignInRefusal::Wrong | SignInRefusal::WrongCode => StatusCode::UNAUTHORIZED,
            };
            let problem = messages::sentence::sentence(&messages::users::not_let_in(why));
            form(&parts, &entrance, status, SignInView { problem, address, needs_code, to, ..SignInView::default() })
        }
        Err(error) => answer::trouble(&parts, &entrance, &error),
    }
}

/// A link that is merely looked at stays good.
async fn show_link(State(console): State<Console>, entrance: Entrance, Path(token): Path<String>) -> Response {
    link_page(&console.parts(), &entrance, &token, StatusCode::OK, String::new()).await
}

async fn link_page(
    parts: &ConsoleParts,
    entrance: &Entrance,
    token: &str,
    status: StatusCode,
    problem: String,
) -> Response {
    match parts.sign_in().link(token).await {
        Ok(link) => {
            let action = entrance.link(&format!("/sign-in/link/{token}"));
            let (title, sign_on_url) = if parts.sign_in().has_sign_on() {
                ("Choose how to sign in", format!("{action}/oidc"))
            } else {
                ("Choose a password", String::new())
            };
            let view = LinkView { problem, name: link.name, address: link.address.to_string(), action, sign_on_url };
            answer::with_status(status, "link.html", &Shell::open(parts, entrance, title), &view)
        }
        Err(error) => answer::link_over(parts, entrance, &error),
    }
}

async fn set_password(
    State(console): State<Console>,
    entrance: Entrance,
    Origin(from): Origin,
    Path(token): Path<String>,
    input: Form,
) -> Response {
    let parts = console.parts();
    let password = SecretString::from(input.value("password").unwrap_or_default().to_owned());
    match parts.sign_in().set_password(&token, password, from).await {
        Ok(signed_in) => with_session(answer::go_to(&entrance.link("/")), &entrance, signed_in.token.expose_secret()),
        Err(AppError::Password(why)) => {
            let problem = messages::sentence::sentence(&messages::users::no_password(why));
            link_page(&parts, &entrance, &token, StatusCode::UNPROCESSABLE_ENTITY, problem).await
        }
        Err(error) => answer::link_over(&parts, &entrance, &error),
    }
}

/// Ends the session, here and in the browser.
async fn leave(State(console): State<Console>, entrance: Entrance, headers: HeaderMap) -> Response {
    let parts = console.parts();
    if let Some(session) = cookies::session(&headers, &entrance) {
        console.first_visits().end(&session);
        if let Err(error) = parts.sign_in().sign_out(&session).await {
            return answer::trouble(&parts, &entrance, &error);
        }
    }
    without_session(answer::go_to(&entrance.link("/sign-in")), &entrance)
}
