//! What every answer tells the browser not to do.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::app::public_pages::{COPY_SCRIPT, EXIT_SCRIPT};

/// What a browser lets an answer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing but a page's own styles, our pictures, and the two scripts that we wrote, by their hashes; forms post to us alone.
    Page,
    /// As a page, without the script, and any site may show it in a frame.
    Frame,
    /// Nothing but a drawing's own styles: even one that an editor did not look at runs nothing.
    Sheet,
}

impl Guard {
    fn policy(self) -> HeaderValue {
        static PAGE: LazyLock<HeaderValue> = LazyLock::new(|| {
            let [exit, copy] = [EXIT_SCRIPT, COPY_SCRIPT].map(|script| BASE64.encode(&Sha256::digest(script)));
            let policy = format!(
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; script-src 'sha256-{exit}' 'sha256-{copy}'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'"
            );
            HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
        });
        match self {
            Self::Page => PAGE.clone(),
            Self::Frame => HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; script-src 'none'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors *",
            ),
            Self::Sheet => HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
            ),
        }
    }
}

/// Adds what every answer says.
pub(super) fn protect(headers: &mut HeaderMap, guard: Guard) {
    headers.insert(header::CONTENT_SECURITY_POLICY, guard.policy());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=(), browsing-topics=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
