//! A mail as it reads: the page around it, with the ways to look at it, and the document in the frame.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::app::previewer::shown::ShownMail;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::frame::{self, framed, in_scheme};
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;

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
    subject: String,
    /// `edition 7`.
    back: String,
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

/// A mail, and where its page stands.
pub(in crate::web::console) struct Framed {
    pub(in crate::web::console) subject: String,
    /// What it is of, in a sentence: `edition 7`.
    pub(in crate::web::console) of: String,
    /// The page of that, and the mail's own.
    pub(in crate::web::console) back: String,
    pub(in crate::web::console) here: String,
    /// What is added to each link of the query: `&edition=3`.
    pub(in crate::web::console) query: String,
    pub(in crate::web::console) section: &'static str,
}

/// The page around the mail, as `wanted` says how to look at it.
pub(in crate::web::console) fn page(parts: &ConsoleParts, caller: &Caller, framed: Framed, wanted: &str) -> Response {
    let chosen = VIEWS.iter().find(|(name, ..)| *name == wanted).unwrap_or(&VIEWS[0]);
    let Framed { subject, of, back, here, query, section } = framed;
    let views = VIEWS.iter().map(|view @ (name, label, ..)| ViewLink {
        label,
        url: caller.link(&format!("{here}?view={name}{query}")),
        current: view == chosen,
    });
    let view = SegmentView {
        subject,
        back_url: caller.link(&back),
        views: views.collect(),
        class: chosen.2,
        frame_url: caller.link(&format!("{here}/mail?view={}{query}", chosen.3)),
        frame_title: format!("The mail of {of}: {}", chosen.1.to_lowercase()),
        back: of,
    };
    let title = capitalised(&view.back) + " as it reads";
    answer::page("segment.html", &Shell::new(parts, caller, &title, section), &view)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The document in the frame.
pub(in crate::web::console) fn document(mail: Option<&ShownMail>, view: &str) -> Response {
    let Some(mail) = mail else {
        let mut missing = framed(frame::document("This mail can't be shown."));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    framed(match view {
        "text" => frame::document(&mail.text),
        "source" => frame::document(&String::from_utf8_lossy(&mail.source)),
        "dark" => in_scheme(&mail.html, "dark"),
        _ => in_scheme(&mail.html, "light"),
    })
}
