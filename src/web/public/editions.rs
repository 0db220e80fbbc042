//! The public pages: front, editions, activities, bulletins, and the one for a school's iframe.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::cache::{Kept, Label};
use super::headers::Guard;
use super::page::{Page, trouble};
use super::pages::Pages;
use super::request::{parameter, wanted_bands};
use crate::app::AppError;
use crate::app::public_pages::{Place, Shown, bands_query};
use crate::domain::activity::ActivityId;
use crate::domain::band::Bands;
use crate::domain::bulletin::BulletinName;
use crate::domain::edition::EditionNumber;
use crate::domain::text::lists::commas;

/// How long, in seconds, others may keep what changes only when something is taken back.
const LASTING: u32 = 3600;

/// How long they may keep what changes with every edition.
const FRESH: u32 = 300;

/// How many editions a school's page shows, unless it says; and at most.
const ITEMS: usize = 3;
const MOST_ITEMS: usize = 10;

pub(super) async fn front(State(pages): State<Pages>, headers: HeaderMap) -> Response {
    let site = pages.site();
    let made = pages.kept(&site, "/", async { site.pages.front().await.map(Shown::Page) }).await;
    answer(made, &headers, FRESH, Guard::Page)
}

pub(super) async fn edition(
    State(pages): State<Pages>,
    number: Result<Path<u32>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(number)) = number else { return lost().into_response() };
    let site = pages.site();
    let Ok(wanted) = wanted_bands(query.as_deref(), site.bands()) else {
        return no_such_band(site.bands()).into_response();
    };
    let key = format!("/editions/{number}{}", bands_query(wanted.as_ref(), site.bands()));
    let made = pages.kept(&site, &key, site.pages.edition(EditionNumber(number), wanted.as_ref())).await;
    answer(made, &headers, LASTING, Guard::Page)
}

pub(super) async fn activity(
    State(pages): State<Pages>,
    name: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((theme, name))) = name else { return lost().into_response() };
    let Ok(id) = format!("{theme}/{name}").parse::<ActivityId>() else { return lost().into_response() };
    let site = pages.site();
    let made = pages.kept(&site, &format!("/activities/{id}"), site.pages.activity(&id)).await;
    answer(made, &headers, LASTING, Guard::Page)
}

pub(super) async fn bulletin(
    State(pages): State<Pages>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(name)) = name else { return lost().into_response() };
    let Ok(name) = name.parse::<BulletinName>() else { return lost().into_response() };
    let site = pages.site();
    let made = pages.kept(&site, &format!("/bulletins/{name}"), site.pages.bulletin(&name)).await;
    answer(made, &headers, LASTING, Guard::Page)
}

/// The sheet to print that came with an activity: the file itself, which a browser shows and prints.
pub(super) async fn sheet(
    State(pages): State<Pages>,
    name: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path((theme, name, file))) = name else { return lost().into_response() };
    let Ok(id) = format!("{theme}/{name}").parse::<ActivityId>() else { return lost().into_response() };
    let site = pages.site();
    let made = pages.kept(&site, &format!("/activities/{id}/{file}"), site.pages.sheet(&id, &file)).await;
    respond(made, &headers, Label { media_type: "image/svg+xml", age: LASTING, guard: Guard::Sheet, is_open: false })
}

/// Whatever it says may be framed: a school's web manager must see what is wrong, not an empty frame.
pub(super) async fn embed(State(pages): State<Pages>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let site = pages.site();
    let Ok(wanted) = wanted_bands(query.as_deref(), site.bands()) else {
        return no_such_band(site.bands()).at(Place::Frame).into_response();
    };
    let items =
        parameter(query.as_deref(), "items").and_then(|items| items.parse().ok()).unwrap_or(ITEMS).clamp(1, MOST_ITEMS);
    let key = format!("/embed/{items}{}", bands_query(wanted.as_ref(), site.bands()));
    let made = pages.kept(&site, &key, async { site.pages.embed(wanted.as_ref(), items).await.map(Shown::Page) }).await;
    answer(made, &headers, FRESH, Guard::Frame)
}

fn answer(made: Result<Kept, AppError>, headers: &HeaderMap, age: u32, guard: Guard) -> Response {
    respond(made, headers, Label { media_type: "text/html; charset=utf-8", age, guard, is_open: false })
}

fn respond(made: Result<Kept, AppError>, headers: &HeaderMap, label: Label) -> Response {
    match made {
        Ok(Kept::Page(page)) => page.answer(headers, label),
        Ok(Kept::Withdrawn) => taken_back().into_response(),
        Ok(Kept::Missing) => lost().into_response(),
        Err(error) => unreadable(&error, label.guard).into_response(),
    }
}

/// A page that cannot be made now. It belongs to the web view, or into a frame.
pub(super) fn unreadable(error: &AppError, guard: Guard) -> Page {
    let place = if guard == Guard::Frame { Place::Frame } else { Place::WebView };
    trouble(error, "This cannot be shown just now. Please try again in a few minutes.").at(place)
}

/// What is here can be read, not written to.
pub(super) async fn only_to_read() -> Page {
    Page::said(StatusCode::METHOD_NOT_ALLOWED, "This page can only be read", &["Nothing was changed."])
        .at(Place::WebView)
}

/// Nothing is here.
pub(super) async fn nowhere() -> Page {
    lost()
}

pub(super) fn lost() -> Page {
    let paragraphs = [
        "The address may have been cut short on the way, or mistyped.",
        "Every edition and every activity can be found from the front page.",
    ];
    Page::said(StatusCode::NOT_FOUND, "There is no such page", &paragraphs).at(Place::WebView)
}

fn taken_back() -> Page {
    let paragraphs = [
        "Something was wrong with it, so please do not use it any more, and throw printed copies away.",
        "There are other activities on the front page.",
    ];
    Page::said(StatusCode::GONE, "This was taken back", &paragraphs).at(Place::WebView)
}

pub(super) fn no_such_band(bands: &Bands) -> Page {
    let paragraph = format!(
        "The address asks for an age group that we do not have. These are right, separated by commas: {}.",
        commas(bands.iter().map(|band| &band.id))
    );
    Page::said(StatusCode::NOT_FOUND, "There is no such age group", &[&paragraph]).at(Place::WebView)
}
