//! Answers: pages, refusals that say what to do, and what every answer tells the browser not to do.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde::Serialize;

use super::caller::Caller;
use super::entrance::Entrance;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::messages;
use crate::render::console;
use crate::web::log_limiter::LogLimiter;

/// A page: what stands around it, and its own fields.
#[derive(Serialize)]
struct View<'a, T> {
    shell: &'a Shell,
    #[serde(flatten)]
    page: &'a T,
}

/// The page of this template.
pub(super) fn page(template: &str, shell: &Shell, page: &impl Serialize) -> Response {
    with_status(StatusCode::OK, template, shell, page)
}

pub(super) fn with_status(status: StatusCode, template: &str, shell: &Shell, page: &impl Serialize) -> Response {
    match console::page(template, &View { shell, page }) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            static LIMITER: LogLimiter = LogLimiter::new();
            LIMITER.error(&format!("a page of the console cannot be made: {error}"));
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be made. The log says why.\n").into_response()
        }
    }
}

/// What came of a decision is said on the next page, so that reloading it decides nothing again.
pub(super) fn decided(console: &Console, caller: &Caller, sentences: Vec<String>, path: &str) -> Response {
    console.said().say(caller, sentences);
    go_to(&caller.link(path))
}

/// To another of our pages (RFC 9110 §15.4.4).
pub(super) fn go_to(url: &str) -> Response {
    let place = HeaderValue::from_str(url).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// A page that says something, and may lead back.
#[derive(Debug, Default, Serialize)]
struct Message<'a> {
    title: &'a str,
    paragraphs: Vec<String>,
    back: &'a str,
    back_url: String,
}

/// A page with a few sentences, and perhaps a link.
pub(super) fn message(
    status: StatusCode,
    shell: &Shell,
    title: &str,
    paragraphs: &[&str],
    back: (&str, String),
) -> Response {
    let paragraphs = paragraphs.iter().map(|one| (*one).to_owned()).collect();
    with_status(status, "message.html", shell, &Message { title, paragraphs, back: back.0, back_url: back.1 })
}

/// Something that cannot be done, with the way back. It is said to someone who is signed in.
pub(super) fn refusal(parts: &ConsoleParts, caller: &Caller, status: StatusCode, why: &str, back: &str) -> Response {
    let title = if status == StatusCode::FORBIDDEN { "You aren't allowed to do that" } else { "That couldn't be done" };
    let shell = Shell::new(parts, caller, title, "");
    message(status, &shell, title, &[why], ("Go back", caller.link(back)))
}

/// What a use case said when something was to be changed or shown.
pub(super) fn failed(parts: &ConsoleParts, caller: &Caller, error: &AppError, back: &str) -> Response {
    let why = messages::console::error(error);
    if error.is_refusal() {
        return refusal(parts, caller, StatusCode::CONFLICT, &why, back);
    }
    note(error);
    refusal(
        parts,
        caller,
        StatusCode::SERVICE_UNAVAILABLE,
        "Something is wrong on our side. Try again in a minute.",
        back,
    )
}

/// What someone decided about is no longer what they were shown.
pub(super) fn changed_meanwhile(parts: &ConsoleParts, caller: &Caller, back: &str) -> Response {
    refusal(parts, caller, StatusCode::CONFLICT, messages::console::CHANGED_MEANWHILE, back)
}

fn note(error: &AppError) {
    static LIMITER: LogLimiter = LogLimiter::new();
    LIMITER.error(&format!("a page of the console could not be answered: {}", messages::errors::error(error)));
}

/// A question with one button, on a page that anyone may see. It posts to its own address.
pub(super) fn question(
    parts: &ConsoleParts,
    entrance: &Entrance,
    title: &'static str,
    paragraphs: &[&str],
    button: &'static str,
) -> Response {
    #[derive(Serialize)]
    struct Question<'a> {
        title: &'a str,
        paragraphs: &'a [&'a str],
        button: &'a str,
    }
    page("question.html", &Shell::open(parts, entrance, title), &Question { title, paragraphs, button })
}

/// A refusal on a page that anyone may see.
pub(super) fn turned_away(
    parts: &ConsoleParts,
    entrance: &Entrance,
    status: StatusCode,
    title: &'static str,
    paragraphs: &[&str],
) -> Response {
    message(status, &Shell::open(parts, entrance, title), title, paragraphs, ("", String::new()))
}

/// A link is not good any more, or something is wrong on our side.
pub(super) fn link_over(parts: &ConsoleParts, entrance: &Entrance, error: &AppError) -> Response {
    let AppError::Users(why) = error else { return trouble(parts, entrance, error) };
    let why = messages::sentence::sentence(&messages::users::refused(why));
    turned_away(parts, entrance, StatusCode::NOT_FOUND, "This link doesn't work", &[&why])
}

/// Someone isn't in, and may try again.
pub(super) fn not_let_in(
    parts: &ConsoleParts,
    entrance: &Entrance,
    status: StatusCode,
    title: &'static str,
    paragraphs: Vec<String>,
) -> Response {
    let (back, back_url) = ("Go to the sign-in page", entrance.link("/sign-in"));
    with_status(
        status,
        "message.html",
        &Shell::open(parts, entrance, title),
        &Message { title, paragraphs, back, back_url },
    )
}

/// The store is locked, full or broken.
pub(super) fn trouble(parts: &ConsoleParts, entrance: &Entrance, error: &AppError) -> Response {
    note(error);
    let title = "Something is wrong on our side";
    turned_away(
        parts,
        entrance,
        StatusCode::SERVICE_UNAVAILABLE,
        title,
        &["Nothing was changed. Try again in a minute."],
    )
}

/// A page or a decision needs someone who is signed in. Whoever posted a form is told that it changed nothing, and afterwards
/// led back to the page that they had open.
pub(super) fn sign_in_first(
    parts: &ConsoleParts,
    entrance: &Entrance,
    (page, was_change): (&str, bool),
    has_users: bool,
) -> Response {
    if has_users {
        let to: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
        let undone = if was_change { "&undone=1" } else { "" };
        return go_to(&entrance.link(&format!("/sign-in?to={to}{undone}")));
    }
    let how = [
        "When it starts, the program prints a link in its log that opens the console once. Open that link on the same machine.",
        "Or add the first user with the command “fortnightly users add ADDRESS --role admin”, which prints a link as well.",
    ];
    turned_away(parts, entrance, StatusCode::UNAUTHORIZED, "Nobody can sign in here yet", &how)
}

/// A form that another site posted, or an old page of ours.
pub(super) fn stale_form(parts: &ConsoleParts, entrance: &Entrance) -> Response {
    let why = [
        "Nothing was changed. You had the page open since an earlier visit: go back, load it again, and try once more.",
    ];
    turned_away(parts, entrance, StatusCode::FORBIDDEN, "Please try again", &why)
}

pub(super) fn foreign(parts: &ConsoleParts, entrance: &Entrance) -> Response {
    let why = [
        "Nothing was changed: the request came from another website, or from another address of the console. Open the console \
                at the address that you were given, and try there.",
    ];
    turned_away(parts, entrance, StatusCode::FORBIDDEN, "That didn't come from the console", &why)
}

pub(super) fn too_long(parts: &ConsoleParts, entrance: &Entrance) -> Response {
    let why = ["Nothing was changed, because that was longer than this form can take."];
    turned_away(parts, entrance, StatusCode::PAYLOAD_TOO_LARGE, "That was too much", &why)
}

/// `Host` names someone else (RFC 9110 §15.5.20). Nothing of ours is said to them.
pub(super) fn misdirected() -> Response {
    let how = "The console does not answer to this name. Open it at the address in web.console_url, or on the machine itself as \
               localhost. A proxy must pass the Host header on.\n";
    (StatusCode::MISDIRECTED_REQUEST, how).into_response()
}

/// Until there are users, whoever reaches the console would be let in by a link alone.
pub(super) fn not_through_a_proxy() -> Response {
    let how = "The console has no users yet, so it only answers on its own machine and not through a proxy. Add the first user \
               there with “fortnightly users add”.\n";
    (StatusCode::FORBIDDEN, how).into_response()
}

pub(super) async fn nowhere(State(console): State<Console>, request: Request) -> Response {
    let parts = console.parts();
    let why = "There's no page at this address. Use the menu at the top, or go back.";
    let known = request.extensions();
    match (known.get::<Caller>(), known.get::<Entrance>()) {
        (Some(caller), _) => missing(&parts, caller, why),
        (None, None) => misdirected(),
        (None, Some(entrance)) => turned_away(&parts, entrance, StatusCode::NOT_FOUND, "There's nothing here", &[why]),
    }
}

/// Something that was asked for isn't there.
pub(super) fn missing(parts: &ConsoleParts, caller: &Caller, why: &str) -> Response {
    let shell = Shell::new(parts, caller, "There's nothing here", "");
    message(StatusCode::NOT_FOUND, &shell, "There's nothing here", &[why], ("Go to the start", caller.link("/")))
}

pub(super) async fn not_that_way() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, "That address can't be used like this.\n").into_response()
}

/// What every page of the console tells the browser: nothing from elsewhere, no page of another site around it, and no copy.
pub(super) fn protect(headers: &mut HeaderMap) {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                          frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=(), browsing-topics=()"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
