//! What every answer tells the browser not to do.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::app::public_pages::EXIT_SCRIPT;

/// Who may show a page in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Nobody.
    None,
    /// Any site.
    Everybody,
}

/// Nothing but the page's own styles and the quick exit's one script, by its hash; forms post to us alone.
static POLICY: LazyLock<[HeaderValue; 2]> = LazyLock::new(|| {
    let hash = BASE64.encode(&Sha256::digest(EXIT_SCRIPT));
    ["'none'", "*"].map(|ancestors| {
        let script = if ancestors == "*" { "'none'".to_owned() } else { format!("'sha256-{hash}'") };
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src {script}; form-action 'self'; base-uri 'none'; \
             frame-ancestors {ancestors}"
        );
        HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
    })
});

/// Adds what every answer says.
pub(super) fn protect(headers: &mut HeaderMap, framing: Framing) {
    let policy = &POLICY[usize::from(framing == Framing::Everybody)];
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=(), browsing-topics=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
