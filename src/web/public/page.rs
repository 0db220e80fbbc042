//! A page that says one thing and may ask one question: no cookie, nothing from elsewhere.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::headers::{self, Framing};
use super::pages::{Pages, PublicSite};
use crate::app::AppError;
use crate::app::public_pages::{Choice, Link, Message};
use crate::messages;

/// What stands on the page. A handler returns it, and [`dress`] makes the HTML.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) title: &'static str,
    pub(super) paragraphs: Vec<String>,
    /// What there is to choose from, with the words above it; none for a plain page.
    pub(super) question: Option<&'static str>,
    pub(super) choices: Vec<Choice>,
    /// The words on the button, which posts to the page's own address.
    pub(super) button: Option<&'static str>,
    /// It belongs to the web view: it has its quick exit, and a link to the front page.
    pub(super) is_public: bool,
    /// It stands in a frame on another site: no exit, and links open beside that site.
    pub(super) is_framed: bool,
    pub(super) status: StatusCode,
}

impl Page {
    /// A page that only says something.
    pub(super) fn said(status: StatusCode, title: &'static str, paragraphs: &[&str]) -> Self {
        let paragraphs = paragraphs.iter().map(|paragraph| (*paragraph).to_owned()).collect();
        Self { title, paragraphs, status, ..Self::default() }
    }

    /// As a page of the web view.
    pub(super) fn public(self) -> Self {
        Self { is_public: true, ..self }
    }
}

/// A body that is longer than any form of ours.
pub(super) fn too_long() -> Page {
    let then = "Nothing was changed. Please open the link from your email again, and try once more.";
    Page::said(StatusCode::PAYLOAD_TOO_LARGE, "That was too much", &[then])
}

/// The store is locked, full or broken.
pub(super) fn trouble(error: &AppError) -> Page {
    tracing::error!("a page could not be answered: {}", messages::errors::error(error));
    let then = "Nothing was changed. Please try again in a few minutes.";
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
    let Some(page) = response.extensions_mut().remove::<Page>() else { return response };
    let (site, status, title) = (pages.site(), page.status, page.title);
    let allowed = response.headers_mut().remove(header::ALLOW);
    let message = Message {
        title: title.to_owned(),
        paragraphs: page.paragraphs,
        question: page.question.unwrap_or_default().to_owned(),
        choices: page.choices,
        button: page.button.unwrap_or_default().to_owned(),
        links: if page.is_public { vec![front(&site)] } else { Vec::new() },
        has_exit: page.is_public,
    };
    let made = if page.is_framed { site.pages.embed_message(&message) } else { site.pages.message(&message) };
    let html = made.unwrap_or_else(|error| {
        tracing::error!("{error}");
        // The title says what matters; the templates were tried out when they were read, so this happens to nobody.
        format!("<!doctype html><title>{title}</title><h1>{title}</h1>")
    });
    let mut response = (status, Html(html)).into_response();
    let all = response.headers_mut();
    headers::protect(all, if page.is_framed { Framing::Everybody } else { Framing::None });
    all.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // With a 405 comes what is allowed (RFC 9110 §15.5.6).
    all.extend(allowed.map(|methods| (header::ALLOW, methods)));
    all.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// The way on from a page that says one thing.
fn front(site: &PublicSite) -> Link {
    let url = format!("{}/", site.config.service.base_url);
    Link { age: String::new(), title: "Go to the front page".to_owned(), url }
}
