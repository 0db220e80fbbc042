//! The mail itself, for the frame on the page of a segment.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::segment::shown;
use crate::domain::edition::EditionNumber;
use crate::web::console::caller::Caller;
use crate::web::console::frame::{document, framed, in_scheme};
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

pub(super) async fn mail(
    State(console): State<Console>,
    _: Caller,
    Path((number, segment)): Path<(u32, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    match shown(&console.parts(), EditionNumber(number), &segment).await {
        Ok(mail) => match parameter(query.as_deref(), "view").as_str() {
            "text" => framed(document(&mail.text)),
            "source" => framed(document(&String::from_utf8_lossy(&mail.source))),
            "dark" => framed(in_scheme(&mail.html, "dark")),
            _ => framed(in_scheme(&mail.html, "light")),
        },
        Err(_) => {
            let mut missing = framed(document("This mail can't be shown."));
            *missing.status_mut() = StatusCode::NOT_FOUND;
            missing
        }
    }
}
