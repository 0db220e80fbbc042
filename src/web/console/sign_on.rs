//! `/sign-in/oidc`: signing in with the organisation's own account. A browser goes to the provider and comes back to the
//! callback, which opens the session. All of it is links: the pages allow no form that leads to another site.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use secrecy::ExposeSecret as _;

use super::answer;
use super::cookies::{self, with_session, with_sign_on, without_sign_on};
use super::entrance::{Entrance, Origin};
use super::parts::ConsoleParts;
use super::query::{own_path, parameter};
use super::state::Console;
use crate::app::AppError;
use crate::app::error::{SignInRefusal, SignOnRefusal};
use crate::domain::user::accounts::UserRefusal;
use crate::messages;
use crate::oidc::{Answer, OidcError};
use crate::web::log_limiter::LogLimiter;

/// Where it begins.
pub(super) const BEGIN: &str = "/sign-in/oidc";

/// Where the provider sends the browser back to: the redirect URI that is registered there.
const CALLBACK: &str = "/sign-in/oidc/callback";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route(BEGIN, get(begin))
        .route("/sign-in/link/{token}/oidc", get(begin_by_link))
        .route(CALLBACK, get(come_back))
}

async fn begin(State(console): State<Console>, entrance: Entrance, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let to = parameter(query.as_deref(), "to");
    go(&parts, &entrance, None, own_path(&to)).await
}

/// Binds the account that someone signs on with. So it begins on the link's own page: otherwise, another site could bind its
/// visitors' accounts to a user of whose link it knows.
async fn begin_by_link(
    State(console): State<Console>,
    entrance: Entrance,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let comes_from_page = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if !comes_from_page {
        return answer::go_to(&entrance.link(&format!("/sign-in/link/{token}")));
    }
    go(&console.parts(), &entrance, Some(&token), "/").await
}

async fn go(parts: &ConsoleParts, entrance: &Entrance, link: Option<&str>, to: &str) -> Response {
    match parts.sign_in().begin_sign_on(link, to, &entrance.address(CALLBACK)).await {
        Ok(begun) => with_sign_on(answer::go_to(&begun.url), entrance, begun.sealed.expose_secret()),
        Err(error) => refused(parts, entrance, &error),
    }
}

async fn come_back(
    State(console): State<Console>,
    entrance: Entrance,
    Origin(from): Origin,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parts = console.parts();
    let told = |name: &str| Some(parameter(query.as_deref(), name)).filter(|value| !value.is_empty());
    let answer = Answer {
        code: told("code").map(Into::into),
        state: told("state").unwrap_or_default(),
        issuer: told("iss"),
        error: told("error"),
    };
    let sealed = cookies::sign_on(&headers, &entrance);
    let callback = entrance.address(CALLBACK);
    match parts.sign_in().finish_sign_on(&sealed, answer, &callback, from).await {
        Ok((signed_in, to)) => {
            let response = with_session(answer::go_to(&entrance.link(&to)), &entrance, signed_in.token.expose_secret());
            without_sign_on(response, &entrance)
        }
        // What another tab has begun may still come back.
        Err(error @ AppError::SignOn(SignOnRefusal::Stale)) => refused(&parts, &entrance, &error),
        Err(error) => without_sign_on(refused(&parts, &entrance, &error), &entrance),
    }
}

fn refused(parts: &ConsoleParts, entrance: &Entrance, error: &AppError) -> Response {
    let (status, (title, sentences)) = match error {
        AppError::SignOn(why) => {
            note(why);
            (status(why), messages::sign_on::refused(why))
        }
        AppError::SignIn(SignInRefusal::Paused { minutes }) => {
            (StatusCode::TOO_MANY_REQUESTS, messages::sign_on::paused(*minutes))
        }
        // The user was changed meanwhile, as by a reset.
        AppError::SignIn(_) => (StatusCode::FORBIDDEN, messages::sign_on::refused(&SignOnRefusal::Unknown)),
        AppError::Users(UserRefusal::SignOnTaken) => (StatusCode::FORBIDDEN, messages::sign_on::taken()),
        error => return answer::link_over(parts, entrance, error),
    };
    answer::not_let_in(parts, entrance, status, title, sentences)
}

fn status(why: &SignOnRefusal) -> StatusCode {
    match why {
        SignOnRefusal::NotConfigured => StatusCode::NOT_FOUND,
        SignOnRefusal::Stale => StatusCode::BAD_REQUEST,
        SignOnRefusal::Provider(OidcError::NoAnswer { .. } | OidcError::Status { .. }) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        SignOnRefusal::Unknown | SignOnRefusal::Provider(_) => StatusCode::FORBIDDEN,
    }
}

/// The log says what only whoever looks after the console can put right, without a code, a token or a name.
fn note(why: &SignOnRefusal) {
    static DECLINED: LogLimiter = LogLimiter::new();
    static FAILED: LogLimiter = LogLimiter::new();
    let SignOnRefusal::Provider(error) = why else { return };
    let text = format!("someone couldn't sign in to the console: {error}");
    match error {
        // Anyone can bring this about, and it must not drown what has to be mended.
        OidcError::Declined(_) | OidcError::AnotherAnswered => DECLINED.warn(&text),
        _ => FAILED.error(&text),
    }
}
