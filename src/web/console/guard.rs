//! Who may come in. Every request goes through here: by which name it came, from whom, and whether a form is ours.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use super::answer;
use super::caller::{Caller, Person};
use super::cookies;
use super::entrance::{Entrance, Origin};
use super::form::{self, Form};
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::AppError;
use crate::app::acting::as_person;
use crate::domain::user::Permission;
use crate::web::client;
use crate::web::serve::Peer;

/// Paths below it are open to whoever is not signed in.
const SIGN_IN: &str = "/sign-in";
pub(super) const SIGN_OUT: &str = "/sign-out";

/// Lets a request in, with what the handlers need: an [`Entrance`], the [`Caller`], and a [`Form`] whose token was looked at.
pub(super) async fn enter(State(console): State<Console>, request: Request, next: Next) -> Response {
    let request = match admitted(&console, request).await {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let person = request.extensions().get::<Caller>().map(Caller::audited);
    let mut response = as_person(person.as_ref(), next.run(request)).await;
    answer::protect(response.headers_mut());
    response
}

type Refusal = Box<Response>;

async fn admitted(console: &Console, mut request: Request) -> Result<Request, Refusal> {
    let parts = console.parts();
    let entrance = Entrance::of(request.headers(), parts.config()).ok_or_else(answer::misdirected)?;
    let trouble = |error: AppError| Box::new(answer::trouble(&parts, &entrance, &error));
    let has_users = parts.has_users().await.map_err(trouble)?;
    if !has_users && (!entrance.is_local || is_forwarded(&request)) {
        return Err(answer::not_through_a_proxy().into());
    }
    let caller = caller(console, &parts, &entrance, request.headers(), has_users).await.map_err(trouble)?;
    let is_open = request.uri().path().starts_with(SIGN_IN);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !comes_from_us(request.headers(), &entrance) {
        return Err(answer::foreign(&parts, &entrance).into());
    }
    if caller.is_none() && !is_open {
        let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let page = if changes { entrance.page_before(request.headers()).unwrap_or("/") } else { asked };
        let was_change = changes && request.uri().path() != SIGN_OUT;
        return Err(answer::sign_in_first(&parts, &entrance, (page, was_change), has_users).into());
    }
    if changes {
        request = with_form(request, &parts, &entrance, caller.as_ref().filter(|_| !is_open)).await?;
    }
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
    let from = client::address(peer, request.headers(), &parts.config().web.trusted_proxies);
    request.extensions_mut().insert(Origin(from));
    request.extensions_mut().insert(console.clone());
    request.extensions_mut().insert(entrance);
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    Ok(request)
}

/// Who has the session that the request's cookie names.
async fn caller(
    console: &Console,
    parts: &ConsoleParts,
    entrance: &Entrance,
    headers: &HeaderMap,
    has_users: bool,
) -> Result<Option<Caller>, AppError> {
    let Some(session) = cookies::session(headers, entrance) else { return Ok(None) };
    if has_users {
        console.first_visits().close();
    }
    let person = person(console, parts, &session, has_users).await?;
    Ok(person.map(|person| Caller::new(person, entrance.base.clone(), session)))
}

async fn person(
    console: &Console,
    parts: &ConsoleParts,
    session: &str,
    has_users: bool,
) -> Result<Option<Person>, AppError> {
    if has_users { parts.person(session).await } else { Ok(console.first_visits().person(session)) }
}

/// Whether someone who was let in is signed in still, as the same person in the same role. An answer that goes on for long asks.
pub(super) async fn is_signed_in(console: &Console, parts: &ConsoleParts, caller: &Caller) -> Result<bool, AppError> {
    let has_users = parts.has_users().await?;
    let person = person(console, parts, caller.session(), has_users).await?;
    Ok(person.as_ref() == Some(&caller.person))
}

/// With the fields of its form; of someone's own session, only if the form carries that session's token.
async fn with_form(
    request: Request,
    parts: &ConsoleParts,
    entrance: &Entrance,
    caller: Option<&Caller>,
) -> Result<Request, Refusal> {
    let (mut head, body) = request.into_parts();
    let may_send = caller.is_some_and(|caller| caller.may(Permission::ManageSubscribers));
    let body = to_bytes(body, form::limit(&head, caller.is_some(), may_send))
        .await
        .map_err(|_| answer::too_long(parts, entrance))?;
    let form = Form::read(&head, body).await.unwrap_or_default();
    if caller.is_some_and(|caller| form.value("form_token") != Some(&caller.form_token())) {
        return Err(answer::stale_form(parts, entrance).into());
    }
    head.extensions.insert(form);
    Ok(Request::from_parts(head, Body::empty()))
}

/// Whether a browser says that one of our own pages posts this, or is too old to say.
fn comes_from_us(headers: &HeaderMap, entrance: &Entrance) -> bool {
    match headers.get(header::ORIGIN) {
        Some(origin) => entrance.is_origin(origin),
        None => headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin"),
    }
}

/// Whether a proxy passed it on. Most say so in a header; nginx speaks HTTP/1.0 unless it is told otherwise.
fn is_forwarded(request: &Request) -> bool {
    let tells = |name: &header::HeaderName| {
        let name = name.as_str();
        name == "forwarded" || name == "via" || name == "x-real-ip" || name.starts_with("x-forwarded")
    };
    request.version() < Version::HTTP_11 || request.headers().keys().any(tells)
}
