//! A page that says one thing and may ask one question: no script, no cookie, nothing from elsewhere.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use handlebars::Handlebars;
use serde::Serialize;

/// What stands on the page.
#[derive(Debug, Default, Serialize)]
pub(super) struct Page {
    pub(super) title: &'static str,
    pub(super) paragraphs: Vec<String>,
    /// What there is to choose from, with the words above it; none for a plain page.
    pub(super) question: Option<&'static str>,
    pub(super) choices: Vec<Choice>,
    /// The words on the button, which posts to the page's own address.
    pub(super) button: Option<&'static str>,
    #[serde(skip)]
    pub(super) status: StatusCode,
}

/// A box to tick.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    /// What the form sends as `bands`.
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_ticked: bool,
}

/// A body that is longer than any form of ours.
pub(super) fn too_long() -> Page {
    Page {
        title: "That was too much",
        paragraphs: vec![
            "Nothing was changed. Please open the link from your email again, and try once more.".to_owned(),
        ],
        status: StatusCode::PAYLOAD_TOO_LARGE,
        ..Page::default()
    }
}

/// The store is locked, full or broken.
pub(super) fn trouble(error: &str) -> Page {
    tracing::error!("a page could not be answered: {error}");
    Page {
        title: "Something went wrong on our side",
        paragraphs: vec!["Nothing was changed. Please try again in a few minutes.".to_owned()],
        status: StatusCode::SERVICE_UNAVAILABLE,
        ..Page::default()
    }
}

/// Styles are the page's own; the button may post here and nowhere else; nobody may frame the page around it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        let html = handlebars.render_template(include_str!("page.html.hbs"), &self);
        // The template and what goes in are our own, so this happens to nobody; the title still says what matters.
        let html = html.unwrap_or_else(|_| self.title.to_owned());
        let mut response = (self.status, Html(html)).into_response();
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
        response
    }
}
