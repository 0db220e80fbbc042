//! The cookies that we set: scripts can't read them, and they aren't sent along with another site's form.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::entrance::Entrance;

/// A cookie, by its name without https and its name over https, which no other host or path can set (RFC 6265bis §4.1.3.2).
#[derive(Clone, Copy)]
struct Cookie(&'static str, &'static str);

/// Whose session it is; it ends with the browser.
const SESSION: Cookie = Cookie("fortnightly_session", "__Host-fortnightly_session");

/// What is remembered of someone who is signing in elsewhere.
const SIGN_ON: Cookie = Cookie("fortnightly_sign_on", "__Host-fortnightly_sign_on");

/// How long that may take, in seconds.
const SIGN_ON_LIFE: u32 = 600;

impl Cookie {
    fn name(self, entrance: &Entrance) -> &'static str {
        if entrance.is_secure() { self.1 } else { self.0 }
    }

    /// The first valid value of this name: another host of the same site may have set one, too.
    fn read(self, headers: &HeaderMap, entrance: &Entrance, is_fit: fn(&str) -> bool) -> Option<String> {
        let wanted = self.name(entrance);
        let all = headers.get_all(header::COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
        let pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(name, value)| *name == wanted && is_fit(value));
        found.next().map(|(_, value)| value.to_owned())
    }

    fn set(self, mut response: Response, entrance: &Entrance, value: &str, end: Option<u32>) -> Response {
        let (name, secure) = (self.name(entrance), if entrance.is_secure() { "; Secure" } else { "" });
        let end = end.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{end}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// The session that a request's cookie names.
pub(super) fn session(headers: &HeaderMap, entrance: &Entrance) -> Option<String> {
    let is_token = |value: &str| value.len() == 64 && value.bytes().all(|octet| octet.is_ascii_alphanumeric());
    SESSION.read(headers, entrance, is_token)
}

/// An answer that begins a session.
pub(super) fn with_session(response: Response, entrance: &Entrance, session: &str) -> Response {
    SESSION.set(response, entrance, session, None)
}

/// An answer that ends it.
pub(super) fn without_session(response: Response, entrance: &Entrance) -> Response {
    SESSION.set(response, entrance, "", Some(0))
}

/// What a browser carries that was sent to sign in elsewhere; empty if there is nothing.
pub(super) fn sign_on(headers: &HeaderMap, entrance: &Entrance) -> String {
    SIGN_ON.read(headers, entrance, |value| !value.is_empty()).unwrap_or_default()
}

/// An answer with that for a browser that is sent there. It comes back by a link, with which a lax cookie is sent.
pub(super) fn with_sign_on(response: Response, entrance: &Entrance, sealed: &str) -> Response {
    SIGN_ON.set(response, entrance, sealed, Some(SIGN_ON_LIFE))
}

/// An answer to one that has come back.
pub(super) fn without_sign_on(response: Response, entrance: &Entrance) -> Response {
    SIGN_ON.set(response, entrance, "", Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_a_token_of_this_entrance_or_nothing() {
        let (here, outside) = (Entrance::at("http://127.0.0.1:8026"), Entrance::at("https://console.example.org"));
        let read = |cookies: &str, entrance: &Entrance| {
            let header = HeaderValue::from_str(cookies).unwrap();
            session(&HeaderMap::from_iter([(header::COOKIE, header)]), entrance)
        };
        let (token, planted) = ("0123456789abcdef".repeat(4), "f".repeat(64));
        let Cookie(plain, secure) = SESSION;
        assert_eq!(read("a=b; fortnightly_session=short", &here), None);
        assert_eq!(read("", &here), None);
        assert_eq!(read(&format!("x=1;{plain}=short; {plain}={token}; y=2"), &here), Some(token.clone()));
        // What a sibling host could set without https counts for nothing there.
        assert_eq!(read(&format!("{plain}={planted}; {secure}={token}"), &outside), Some(token));
        assert_eq!(read(&format!("{plain}={planted}"), &outside), None);
    }
}
