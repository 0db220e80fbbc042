//! How an edition reads for one group of readers: on a phone, on a desktop, in the dark, as plain text, and as it is sent.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Serialize;

use super::reach::{content, is_beyond, shown_not};
use crate::app::AppError;
use crate::app::previewer::Previewer;
use crate::app::previewer::shown::ShownMail;
use crate::config::Config;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::messages;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

/// Who reads it: “Schools: Ages 4 to 5, Ages 5 to 7”.
pub(super) fn label(config: &Config, key: &SegmentKey) -> String {
    let bands: Vec<&str> = config.bands.ordered(&key.bands).iter().map(|band| band.label.as_str()).collect();
    format!("{}: {}", messages::sectors::many(key.sector), bands.join(", "))
}

/// The ways to look at a mail, with the width of the frame and what is shown in it.
const VIEWS: [(&str, &str, &str, &str); 5] = [
    ("desktop", "Desktop", "wide", "light"),
    ("phone", "Phone", "phone", "light"),
    ("dark", "Dark", "wide", "dark"),
    ("text", "Plain text", "wide", "text"),
    ("source", "Source", "wide", "source"),
];

#[derive(Debug, Serialize)]
struct SegmentView {
    number: EditionNumber,
    subject: String,
    back_url: String,
    views: Vec<ViewLink>,
    /// The class of the frame, and what is in it.
    class: &'static str,
    frame_url: String,
    frame_title: String,
}

#[derive(Debug, Serialize)]
struct ViewLink {
    label: &'static str,
    url: String,
    current: bool,
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
    let wanted = parameter(query.as_deref(), "view");
    let chosen = VIEWS.iter().find(|(name, ..)| *name == wanted).unwrap_or(&VIEWS[0]);
    let here = format!("/editions/{number}/segments/{segment}");
    let views = VIEWS.iter().map(|view @ (name, label, ..)| ViewLink {
        label,
        url: caller.link(&format!("{here}?view={name}")),
        current: view == chosen,
    });
    let view = SegmentView {
        number,
        subject: mail.subject,
        back_url: caller.link(&format!("/editions/{number}")),
        views: views.collect(),
        class: chosen.2,
        frame_url: caller.link(&format!("{here}/mail?view={}", chosen.3)),
        frame_title: format!("The mail of edition {number}: {}", chosen.1.to_lowercase()),
    };
    let title = format!("Edition {number} as it reads");
    answer::page("segment.html", &Shell::new(&parts, &caller, &title, "/calendar"), &view)
}

/// The mail that the readers of a segment would get now, or got.
pub(super) async fn shown(parts: &ConsoleParts, number: EditionNumber, segment: &str) -> Result<ShownMail, AppError> {
    if is_beyond(parts, number) {
        return Err(AppError::NoEdition(number));
    }
    let content = content(parts)?;
    Previewer::new(&parts.context, content).shown(number, segment).await
}
