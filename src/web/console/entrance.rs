//! Which of our names a request was sent to, and where it came from.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::config::Config;

/// By which of our names a request came, before anyone knows who asks.
#[derive(Debug, Clone)]
pub(super) struct Entrance {
    /// The path that a proxy adds before ours; mostly empty.
    pub(super) base: String,
    /// The address's beginning, as a browser's `Origin` has it.
    origin: String,
    /// The whole address of the first page, without a slash at its end.
    home: String,
    /// Whether it is this machine's own name for itself.
    pub(super) is_local: bool,
}

impl Entrance {
    /// The entrance that `Host` names; none when it is not one of ours, as when another site's name was pointed at us
    /// (DNS rebinding).
    pub(super) fn of(headers: &HeaderMap, config: &Config) -> Option<Self> {
        let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
        let is_local = is_loopback(&host);
        if let Some(url) = &config.web.console_url {
            let (scheme, rest) = url.split_once("://")?;
            let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
            if same_host(&host, authority, scheme) {
                let base = if path.is_empty() { String::new() } else { format!("/{path}") };
                return Some(Self { base, origin: format!("{scheme}://{host}"), home: url.clone(), is_local });
            }
        }
        is_local.then(|| Self::at(&format!("http://{host}")))
    }

    /// The entrance at this origin, which is this machine's own.
    pub(super) fn at(origin: &str) -> Self {
        Self { base: String::new(), origin: origin.to_owned(), home: origin.to_owned(), is_local: true }
    }

    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The whole address of one of our pages: for another site to send a browser back to.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    /// Whether a browser's `Origin` names this entrance.
    pub(super) fn is_origin(&self, origin: &HeaderValue) -> bool {
        origin.as_bytes().eq_ignore_ascii_case(self.origin.as_bytes())
    }

    /// The path of our page that a browser had open before, if it says so.
    pub(super) fn page_before<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let referer = headers.get(header::REFERER)?.to_str().ok()?;
        referer
            .strip_prefix(self.origin.as_str())?
            .strip_prefix(self.base.as_str())
            .filter(|path| path.starts_with('/'))
    }

    pub(super) fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

fn is_loopback(host: &str) -> bool {
    let (name, _) = host.rsplit_once(':').unwrap_or((host, ""));
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether `Host` is this authority; the scheme's own port may be left out (RFC 9110 §4.2.3).
fn same_host(host: &str, authority: &str, scheme: &str) -> bool {
    let usual = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |text: &str| text.strip_suffix(usual).unwrap_or(text).to_ascii_lowercase();
    bare(host) == bare(authority)
}

/// The address from which someone asks.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_before_is_one_of_ours_or_nothing() {
        let entrance = Entrance { base: "/console".to_owned(), ..Entrance::at("https://example.org") };
        let before = |referer: &str| {
            let headers = HeaderMap::from_iter([(header::REFERER, HeaderValue::from_str(referer).unwrap())]);
            entrance.page_before(&headers).map(str::to_owned)
        };
        assert_eq!(before("https://example.org/console/editions/7/hold?x=1").as_deref(), Some("/editions/7/hold?x=1"));
        for foreign in ["https://example.org/other", "https://example.org.evil.example/console/", "/console/", ""] {
            assert_eq!(before(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_host_is_ours_with_the_usual_port_or_without() {
        assert!(same_host("console.example.org", "console.example.org:443", "https"));
        assert!(same_host("CONSOLE.example.org:443", "console.example.org", "https"));
        assert!(!same_host("console.example.org:80", "console.example.org", "https"));
        assert!(!same_host("console.example.org.evil.example", "console.example.org", "https"));
    }
}
