//! How an edition reads for one group of readers.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::frame::{self, Framed};
use super::reach::{content, is_beyond, shown_not};
use crate::app::AppError;
use crate::app::previewer::Previewer;
use crate::app::previewer::shown::ShownMail;
use crate::config::Config;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::messages;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

/// Who reads it: “Schools: Ages 4 to 5, Ages 5 to 7”.
pub(in crate::web::console) fn label(config: &Config, key: &SegmentKey) -> String {
    let bands: Vec<&str> = config.bands.ordered(&key.bands).iter().map(|band| band.label.as_str()).collect();
    format!("{}: {}", messages::sectors::many(key.sector), bands.join(", "))
}

pub(super) async fn segment(
    State(console): State<Console>,
    caller: Caller,
    Path((number, segment)): Path<(u32, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    let mail = match shown(&parts, number, &segment).await {
        Ok(mail) => mail,
        Err(error) => return shown_not(&parts, &caller, &error),
    };
    let framed = Framed {
        subject: mail.subject,
        of: format!("edition {number}"),
        back: format!("/editions/{number}"),
        here: format!("/editions/{number}/segments/{segment}"),
        query: String::new(),
        section: "/calendar",
    };
    frame::page(&parts, &caller, framed, &parameter(query.as_deref(), "view"))
}

/// The mail that the readers of a segment would get now, or got.
pub(super) async fn shown(parts: &ConsoleParts, number: EditionNumber, segment: &str) -> Result<ShownMail, AppError> {
    if is_beyond(parts, number) {
        return Err(AppError::NoEdition(number));
    }
    let content = content(parts)?;
    Previewer::new(&parts.context, content).shown(number, segment).await
}
