//! An edition's mail itself, for the frame on the page of a segment.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::frame::document;
use super::segment::shown;
use crate::domain::edition::EditionNumber;
use crate::web::console::caller::Caller;
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

pub(super) async fn mail(
    State(console): State<Console>,
    _: Caller,
    Path((number, segment)): Path<(u32, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let mail = shown(&console.parts(), EditionNumber(number), &segment).await;
    document(mail.ok().as_ref(), &parameter(query.as_deref(), "view"))
}
