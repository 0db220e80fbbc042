//! A text as families read it, for the frames on our pages: as it lies in the library, or as someone is writing it.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::place::text_path;
use crate::app::writing::{Beginning, PLACE, Preview};
use crate::domain::user::Permission;
use crate::domain::writing::TextRef;
use crate::web::console::caller::Caller;
use crate::web::console::frame::{document, framed, in_scheme};
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

/// A frame on a page.
#[derive(Debug, Serialize)]
pub(super) struct FrameView {
    label: &'static str,
    url: String,
    class: &'static str,
    /// Whether it's open from the start.
    is_open: bool,
}

/// The ways to look at a text.
const VIEWS: [(&str, &str, &str); 3] =
    [("mail", "In the mail", "phone"), ("text", "As plain text", "wide"), ("web", "On the web page", "wide")];

/// The frames of a text; `typed` is a mark of what someone is writing, and empty for what lies in the library.
pub(super) fn views(caller: &Caller, text: &TextRef, typed: &str) -> Vec<FrameView> {
    let url = |view: &str| {
        let typed = if typed.is_empty() { String::new() } else { format!("&typed={typed}") };
        caller.link(&format!("{}/frame?view={view}{typed}#{PLACE}", text_path(text)))
    };
    VIEWS
        .iter()
        .map(|(view, label, class)| FrameView { label, url: url(view), class, is_open: *view == "mail" })
        .collect()
}

pub(super) async fn frame(
    State(console): State<Console>,
    caller: Caller,
    Path((folder, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let typed = !parameter(query.as_deref(), "typed").is_empty() && caller.may(Permission::Write);
    let preview = TextRef::parse(&folder, &name).and_then(|text| {
        if typed { console.typed().kept(&caller, &text) } else { lying(&console, &text).map(Arc::new) }
    });
    let Some(preview) = preview else {
        let mut missing = framed(document("This can't be shown just now."));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    match parameter(query.as_deref(), "view").as_str() {
        "text" => framed(document(&preview.text)),
        "web" => framed(in_scheme(&preview.web, "light")),
        _ => framed(in_scheme(&preview.mail, "light")),
    }
}

/// What lies in a text's place; nothing where it can't be shown.
fn lying(console: &Console, text: &TextRef) -> Option<Preview> {
    let parts = console.parts();
    let writing = parts.writing();
    let lying = writing.lying(text).ok().filter(|lying| !lying.is_nothing())?;
    let edited = writing.opened(text, &lying, &Beginning::default(), &super::place::words(&parts));
    writing.preview(text, &edited).ok()?
}
