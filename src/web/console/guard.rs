//! Who may come in. Every request goes through here: by which name it came, from whom, and whether a form is ours.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use super::answer;
use super::caller::Caller;
use super::form::{self, Form};
use super::parts::{Console, ConsoleParts};
use crate::app::AppError;
use crate::app::acting::as_person;
use crate::config::Config;
use crate::domain::user::Permission;
use crate::web::client;
use crate::web::serve::Peer;

/// The session's cookie; over https under a name that no other host or path can set (RFC 6265bis §4.1.3.2).
const COOKIE: &str = "fortnightly_session";
const SECURE_COOKIE: &str = "__Host-fortnightly_session";

/// Paths below it are open to whoever is not signed in.
const SIGN_IN: &str = "/sign-in";

/// By which of our names a request came, before anybody knows who asks.
#[derive(Debug, Clone)]
pub(super) struct Entrance {
    /// The path that a proxy adds before ours; mostly empty.
    pub(super) base: String,
    /// The address's beginning, as a browser's `Origin` has it.
    origin: String,
}

impl Entrance {
    /// The entrance that `Host` names; none when it is not one of ours, as when another site's name was pointed at us
    /// (DNS rebinding).
    fn of(headers: &HeaderMap, config: &Config) -> Option<Self> {
        let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
        if let Some(url) = &config.web.console_url {
            let (scheme, rest) = url.split_once("://")?;
            let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
            if same_host(&host, authority, scheme) {
                let base = if path.is_empty() { String::new() } else { format!("/{path}") };
                return Some(Self { base, origin: format!("{scheme}://{host}") });
            }
        }
        let (name, _) = host.rsplit_once(':').unwrap_or((&host, ""));
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let is_local = name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_local.then(|| Self { base: String::new(), origin: format!("http://{host}") })
    }

    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// Whether `Host` is this authority; the scheme's own port may be left out (RFC 9110 §4.2.3).
fn same_host(host: &str, authority: &str, scheme: &str) -> bool {
    let usual = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |text: &str| text.strip_suffix(usual).unwrap_or(text).to_ascii_lowercase();
    bare(host) == bare(authority)
}

/// The address from which somebody asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin(pub(super) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().copied().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Entrance {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::MISDIRECTED_REQUEST)
    }
}

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
    if !has_users && is_forwarded(&request) {
        return Err(answer::not_through_a_proxy().into());
    }
    let caller = caller(console, &parts, &entrance, request.headers(), has_users).await.map_err(trouble)?;
    let is_open = request.uri().path().starts_with(SIGN_IN);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !comes_from_us(request.headers(), &entrance) {
        return Err(answer::foreign(&parts, &entrance).into());
    }
    if caller.is_none() && !is_open {
        let path = if changes { "/" } else { request.uri().path_and_query().map_or("/", |path| path.as_str()) };
        return Err(answer::sign_in_first(&parts, &entrance, path, has_users).into());
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
    let Some(session) = cookie(headers) else { return Ok(None) };
    let person = if has_users { parts.person(&session).await? } else { console.first_visits().person(&session) };
    Ok(person.map(|person| Caller::new(person, entrance.base.clone(), session)))
}

/// With the fields of its form; of somebody's own session, only if the form carries that session's token.
async fn with_form(
    request: Request,
    parts: &ConsoleParts,
    entrance: &Entrance,
    caller: Option<&Caller>,
) -> Result<Request, Refusal> {
    let (mut head, body) = request.into_parts();
    let may_send = caller.is_some_and(|caller| caller.may(Permission::ManageSubscribers));
    let body = to_bytes(body, form::limit(&head, may_send)).await.map_err(|_| answer::too_long(parts, entrance))?;
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
        Some(origin) => origin.as_bytes().eq_ignore_ascii_case(entrance.origin.as_bytes()),
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

/// The session that a request's cookie names.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE || *name == SECURE_COOKIE)?;
    let is_token = value.len() == 64 && value.bytes().all(|octet| octet.is_ascii_alphanumeric());
    is_token.then(|| value.to_owned())
}

/// An answer that begins a session: its cookie ends with the browser, is read by no script, and is sent by no other site's form.
pub(super) fn with_session(mut response: Response, entrance: &Entrance, session: &str) -> Response {
    set_cookie(&mut response, entrance, session, "");
    response
}

/// An answer that ends it.
pub(super) fn without_session(mut response: Response, entrance: &Entrance) -> Response {
    set_cookie(&mut response, entrance, "", "; Max-Age=0");
    response
}

fn set_cookie(response: &mut Response, entrance: &Entrance, value: &str, end: &str) {
    let secure = entrance.is_secure();
    let (name, secure) = if secure { (SECURE_COOKIE, "; Secure") } else { (COOKIE, "") };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{end}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_a_token_or_nothing() {
        let read = |cookies: &'static str| {
            cookie(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookies))]))
        };
        assert_eq!(read("a=b; fortnightly_session=short"), None);
        assert_eq!(read(""), None);
        let token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let header = HeaderValue::from_str(&format!("x=1;{SECURE_COOKIE}={token}; y=2")).unwrap();
        assert_eq!(cookie(&HeaderMap::from_iter([(header::COOKIE, header)])).as_deref(), Some(token));
    }

    #[test]
    fn a_host_is_ours_with_the_usual_port_or_without() {
        assert!(same_host("console.example.org", "console.example.org:443", "https"));
        assert!(same_host("CONSOLE.example.org:443", "console.example.org", "https"));
        assert!(!same_host("console.example.org:80", "console.example.org", "https"));
        assert!(!same_host("console.example.org.evil.example", "console.example.org", "https"));
    }
}
