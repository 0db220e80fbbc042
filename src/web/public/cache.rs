//! Public pages: kept for a moment, labelled so that others may keep them for longer, and answered on condition.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use data_encoding::BASE64URL_NOPAD;
use parking_lot::{Mutex, MutexGuard};
use sha2::{Digest, Sha256};

use super::headers::{self, Guard};
use crate::app::AppError;
use crate::app::public_pages::Shown;
use crate::config::Config;

/// How long a page is kept before it is made anew: another process may have taken something back.
const KEPT: Duration = Duration::from_secs(1);

/// How many pages are kept.
const MOST: usize = 256;

/// What is said of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub(super) media_type: &'static str,
    /// How long others may keep it, in seconds.
    pub(super) age: u32,
    pub(super) guard: Guard,
    /// Scripts of other sites may read it: feeds are for that.
    pub(super) is_open: bool,
}

/// A page that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    body: Bytes,
    etag: HeaderValue,
}

/// What was found at an address.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    Page(Made),
    Withdrawn,
    Missing,
}

/// The pages made a moment ago, all from one reading of the files.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    /// The config of that reading: every reading makes its own, and as long as this one is known no other has its place.
    config: Weak<Config>,
    pages: HashMap<String, (Instant, Kept)>,
}

impl Cache {
    /// What is kept under `key`, or what `make` makes with the files as they were read along with `config`.
    pub(super) async fn get(
        &self,
        config: &Arc<Config>,
        key: &str,
        make: impl Future<Output = Result<Shown, AppError>>,
    ) -> Result<Kept, AppError> {
        if let Some(kept) = self.fresh(config, key) {
            return Ok(kept);
        }
        let kept = match make.await? {
            Shown::Page(html) => Kept::Page(Made::new(html)),
            Shown::Withdrawn => Kept::Withdrawn,
            Shown::Missing => return Ok(Kept::Missing),
        };
        self.keep(config, key, &kept);
        Ok(kept)
    }

    /// A page that is young enough. When the files were read again since, nothing is.
    fn fresh(&self, config: &Arc<Config>, key: &str) -> Option<Kept> {
        let mut recent = self.recent();
        if !recent.is_of(config) {
            *recent = Recent { config: Arc::downgrade(config), pages: HashMap::new() };
        }
        recent.pages.get(key).filter(|(made, _)| made.elapsed() < KEPT).map(|(_, kept)| kept.clone())
    }

    /// Keeps a page, unless the files were read again while it was made, or there are too many.
    fn keep(&self, config: &Arc<Config>, key: &str, kept: &Kept) {
        let mut recent = self.recent();
        if !recent.is_of(config) {
            return;
        }
        if recent.pages.len() >= MOST {
            recent.pages.retain(|_, (made, _)| made.elapsed() < KEPT);
        }
        if recent.pages.len() < MOST {
            recent.pages.insert(key.to_owned(), (Instant::now(), kept.clone()));
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock()
    }
}

impl Recent {
    fn is_of(&self, config: &Arc<Config>) -> bool {
        self.config.as_ptr() == Arc::as_ptr(config)
    }
}

impl Made {
    fn new(html: String) -> Self {
        let tag = format!("\"{}\"", BASE64URL_NOPAD.encode(&Sha256::digest(&html)[..18]));
        let etag = HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { body: Bytes::from(html), etag }
    }

    /// The page, or 304 for whoever has it already (RFC 9110 §13.1.2).
    pub(super) fn answer(&self, asked: &HeaderMap, label: Label) -> Response<Body> {
        let known = is_known(asked, self.etag.to_str().unwrap_or_default());
        let mut response = Response::new(if known { Body::empty() } else { Body::from(self.body.clone()) });
        *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let all = response.headers_mut();
        all.insert(header::ETAG, self.etag.clone());
        if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={}", label.age)) {
            all.insert(header::CACHE_CONTROL, value);
        }
        if !known {
            all.insert(header::CONTENT_TYPE, HeaderValue::from_static(label.media_type));
        }
        if label.is_open {
            all.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        headers::protect(all, label.guard);
        response
    }
}

/// Whether `If-None-Match` names this tag; weak ones compare equal (RFC 9110 §8.8.3.2).
pub(super) fn is_known(asked: &HeaderMap, etag: &str) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_weakly_and_in_lists() {
        let asked = |value: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
        for yes in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(&asked(yes), "\"a\""), "{yes}");
        }
        for no in ["\"b\"", "a", ""] {
            assert!(!is_known(&asked(no), "\"a\""), "{no}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
