//! Which of our names a request was sent to, where it came from, and whose cookie it carries.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::config::Config;

/// The session's cookie; over https under a name that no other host or path can set (RFC 6265bis §4.1.3.2).
const COOKIE: &str = "fortnightly_session";
const SECURE_COOKIE: &str = "__Host-fortnightly_session";

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
    pub(super) fn of(headers: &HeaderMap, config: &Config) -> Option<Self> {
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

    /// Whether a browser's `Origin` names this entrance.
    pub(super) fn is_origin(&self, origin: &HeaderValue) -> bool {
        origin.as_bytes().eq_ignore_ascii_case(self.origin.as_bytes())
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

/// The session that a request's cookie names.
pub(super) fn cookie(headers: &HeaderMap, entrance: &Entrance) -> Option<String> {
    let wanted = if entrance.is_secure() { SECURE_COOKIE } else { COOKIE };
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
    let pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let is_token = |value: &str| value.len() == 64 && value.bytes().all(|octet| octet.is_ascii_alphanumeric());
    // Another host of the same site may have set one of that name, too.
    let mut found = pairs.filter(|(name, value)| *name == wanted && is_token(value));
    found.next().map(|(_, value)| value.to_owned())
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
    fn a_cookie_is_a_token_of_this_entrance_or_nothing() {
        let at = |origin: &str| Entrance { base: String::new(), origin: origin.to_owned() };
        let (here, outside) = (at("http://127.0.0.1:8026"), at("https://console.example.org"));
        let read = |cookies: &str, entrance: &Entrance| {
            let header = HeaderValue::from_str(cookies).unwrap();
            cookie(&HeaderMap::from_iter([(header::COOKIE, header)]), entrance)
        };
        let (token, planted) = ("0123456789abcdef".repeat(4), "f".repeat(64));
        assert_eq!(read("a=b; fortnightly_session=short", &here), None);
        assert_eq!(read("", &here), None);
        assert_eq!(read(&format!("x=1;{COOKIE}=short; {COOKIE}={token}; y=2"), &here), Some(token.clone()));
        // What a sibling host could set without https counts for nothing there.
        assert_eq!(read(&format!("{COOKIE}={planted}; {SECURE_COOKIE}={token}"), &outside), Some(token));
        assert_eq!(read(&format!("{COOKIE}={planted}"), &outside), None);
    }

    #[test]
    fn a_host_is_ours_with_the_usual_port_or_without() {
        assert!(same_host("console.example.org", "console.example.org:443", "https"));
        assert!(same_host("CONSOLE.example.org:443", "console.example.org", "https"));
        assert!(!same_host("console.example.org:80", "console.example.org", "https"));
        assert!(!same_host("console.example.org.evil.example", "console.example.org", "https"));
    }
}
