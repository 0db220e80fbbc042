//! A page that says one thing and may ask one question: no cookie, nothing from elsewhere.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::headers::{self, Guard};
use super::pages::Pages;
use crate::app::AppError;
use crate::app::public_pages::{Place, PlainPage};
use crate::domain::band::Band;
use crate::messages;
use crate::web::log_limiter::LogLimiter;

/// What is answered with words alone. A handler returns it, and [`dress`] makes the HTML.
#[derive(Debug, Clone)]
pub(super) struct Page {
    status: StatusCode,
    page: PlainPage,
}

impl Page {
    /// A page that says something.
    pub(super) fn said(status: StatusCode, title: &'static str, paragraphs: &[&str]) -> Self {
        let paragraphs = paragraphs.iter().map(|paragraph| (*paragraph).to_owned()).collect();
        Self { status, page: PlainPage { title, paragraphs, ..PlainPage::default() } }
    }

    /// With a button, which posts to the page's own address.
    pub(super) fn with_button(mut self, words: &'static str) -> Self {
        self.page.button = Some(words);
        self
    }

    /// With age groups to choose from, and whether each is ticked already.
    pub(super) fn with_bands(mut self, bands: Vec<(Band, bool)>) -> Self {
        self.page.bands = bands;
        self
    }

    /// Marked as a refusal, so that nobody takes it for a thank-you.
    pub(super) fn refusing(mut self) -> Self {
        self.page.is_refusal = true;
        self
    }

    /// Shown there, and not alone.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.page.place = place;
        self
    }
}

/// A body that is longer than any form of ours.
pub(super) fn too_long() -> Page {
    let then = "Nothing was changed. Please open the link from your email again, and try once more.";
    Page::said(StatusCode::PAYLOAD_TOO_LARGE, "That was too much", &[then])
}

/// Something was to be changed, and could not be: the store is locked, full or broken.
pub(super) fn unchanged(error: &AppError) -> Page {
    trouble(error, "Nothing was changed. Please try again in a few minutes.")
}

/// The store is locked, full or broken; `then` says what that means.
pub(super) fn trouble(error: &AppError, then: &str) -> Page {
    static LIMITER: LogLimiter = LogLimiter::new();
    LIMITER.error(&format!("a page could not be answered: {}", messages::errors::error(error)));
    Page::said(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong on our side", &[then])
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Makes the HTML of a [`Page`] that a handler returned, as the templates are at this moment.
pub(super) async fn dress(State(pages): State<Pages>, mut response: Response) -> Response {
    let Some(Page { status, page }) = response.extensions_mut().remove::<Page>() else { return response };
    let (title, place) = (page.title, page.place);
    let allowed = response.headers_mut().remove(header::ALLOW);
    let html = pages.site().pages.plain(page).unwrap_or_else(|error| {
        static LIMITER: LogLimiter = LogLimiter::new();
        LIMITER.error(&messages::errors::error(&error));
        // The title says what matters; the templates were tried out when they were read, so this happens to nobody.
        format!("<!doctype html><title>{title}</title><h1>{title}</h1>")
    });
    let mut response = (status, Html(html)).into_response();
    let all = response.headers_mut();
    headers::protect(all, if place == Place::Frame { Guard::Frame } else { Guard::Page });
    all.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // With a 405 comes what is allowed (RFC 9110 §15.5.6).
    all.extend(allowed.map(|methods| (header::ALLOW, methods)));
    all.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}
