//! The public pages: front, editions, activities, and the one for a school's iframe.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::page::{Page, trouble};
use super::public::{Framing, Kept, Label};
use super::{Pages, bands};
use crate::app::AppError;
use crate::app::site::Shown;
use crate::domain::activity::ActivityId;
use crate::domain::edition::EditionNumber;

/// How long, in seconds, others may keep what changes only when something is taken back.
const LASTING: u32 = 3600;

/// How long they may keep what changes with every edition.
const FRESH: u32 = 300;

/// How many editions a school's page shows, unless it says; and at most.
const ITEMS: usize = 3;
const MOST_ITEMS: usize = 10;

/// The value of a parameter in a query.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub(super) async fn front(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let service = pages.service();
    let made = pages.kept(&service, "/", async { service.front_page().await.map(Shown::Page) }).await;
    answer(made, &headers, FRESH, Framing::None)
}

pub(super) async fn edition(
    State(pages): State<Pages>,
    number: Result<Path<u32>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(number)) = number else { return lost().into_response() };
    let service = pages.service();
    let Ok(wanted) = bands::wanted(parameter(query.as_deref(), "bands").as_deref(), &service.config.bands) else {
        return no_such_band(&service.config.bands).into_response();
    };
    let key = format!("/editions/{number}{}", bands::query(wanted.as_ref(), &service.config.bands));
    let made = pages.kept(&service, &key, service.edition_page(EditionNumber(number), wanted.as_ref())).await;
    answer(made, &headers, LASTING, Framing::None)
}

pub(super) async fn activity(
    State(pages): State<Pages>,
    name: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((theme, name))) = name else { return lost().into_response() };
    let Ok(id) = format!("{theme}/{name}").parse::<ActivityId>() else { return lost().into_response() };
    let service = pages.service();
    let made = pages.kept(&service, &format!("/activities/{id}"), service.activity_page(&id)).await;
    answer(made, &headers, LASTING, Framing::None)
}

/// Whatever it says may be framed: a school's web manager must see what is wrong, not an empty frame.
pub(super) async fn embed(State(pages): State<Pages>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let service = pages.service();
    let Ok(wanted) = bands::wanted(parameter(query.as_deref(), "bands").as_deref(), &service.config.bands) else {
        let told = no_such_band(&service.config.bands);
        return Page { is_public: false, is_framed: true, ..told }.into_response();
    };
    let items =
        parameter(query.as_deref(), "items").and_then(|items| items.parse().ok()).unwrap_or(ITEMS).clamp(1, MOST_ITEMS);
    let key = format!("/embed/{items}{}", bands::query(wanted.as_ref(), &service.config.bands));
    let made =
        pages.kept(&service, &key, async { service.embed_page(wanted.as_ref(), items).await.map(Shown::Page) }).await;
    answer(made, &headers, FRESH, Framing::Everybody)
}

fn answer(made: Result<Kept, AppError>, headers: &HeaderMap, age: u32, framing: Framing) -> Response {
    match made {
        Ok(Kept::Page(page)) => {
            page.answer(headers, Label { media_type: "text/html; charset=utf-8", age, framing, is_open: false })
        }
        Ok(Kept::Withdrawn) => taken_back().into_response(),
        Ok(Kept::Missing) => lost().into_response(),
        Err(error) => unreadable(&error, framing).into_response(),
    }
}

/// A page that cannot be made now. It belongs to the web view, or into a frame.
fn unreadable(error: &AppError, framing: Framing) -> Page {
    let is_framed = framing == Framing::Everybody;
    let paragraphs = vec!["This cannot be shown just now. Please try again in a few minutes.".to_owned()];
    Page { paragraphs, is_public: !is_framed, is_framed, ..trouble(&error.to_string()) }
}

/// What is here can be read, not written to.
pub(super) async fn only_to_read() -> Page {
    Page {
        title: "This page can only be read",
        paragraphs: vec!["Nothing was changed.".to_owned()],
        is_public: true,
        status: StatusCode::METHOD_NOT_ALLOWED,
        ..Page::default()
    }
}

/// Nothing is here.
pub(super) async fn nowhere() -> Page {
    lost()
}

fn lost() -> Page {
    Page {
        title: "There is no such page",
        paragraphs: vec![
            "The address may have been cut short on the way, or mistyped.".to_owned(),
            "Every edition and every activity can be found from the front page.".to_owned(),
        ],
        is_public: true,
        status: StatusCode::NOT_FOUND,
        ..Page::default()
    }
}

fn taken_back() -> Page {
    Page {
        title: "This was taken back",
        paragraphs: vec![
            "Something was wrong with it, so please do not use it any more, and throw printed copies away.".to_owned(),
            "There are other activities on the front page.".to_owned(),
        ],
        is_public: true,
        status: StatusCode::GONE,
        ..Page::default()
    }
}

pub(super) fn no_such_band(bands: &crate::domain::band::Bands) -> Page {
    let names: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
    Page {
        title: "There is no such age group",
        paragraphs: vec![format!(
            "The address asks for an age group that we do not have. These are right, separated by commas: {}.",
            names.join(", ")
        )],
        is_public: true,
        status: StatusCode::NOT_FOUND,
        ..Page::default()
    }
}
