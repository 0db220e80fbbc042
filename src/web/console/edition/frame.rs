//! A mail as it reads: the page around it, with the ways to look at it, and the document in the frame, which may load nothing, run
//! nothing and lead nowhere.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde::Serialize;

use crate::app::previewer::shown::ShownMail;
use crate::render::escape;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;

/// Whatever an editor's template or text says: no script, nothing from elsewhere, no form, and only our own pages around it.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'self'";

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
    let mut response = match mail {
        Some(mail) => match view {
            "text" => Html(preformatted(&mail.text)).into_response(),
            "source" => Html(preformatted(&String::from_utf8_lossy(&mail.source))).into_response(),
            "dark" => Html(in_scheme(&mail.html, "dark")).into_response(),
            _ => Html(in_scheme(&mail.html, "light")).into_response(),
        },
        None => (StatusCode::NOT_FOUND, Html(preformatted("This mail can't be shown."))).into_response(),
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// The mail as a program shows it that prefers light or dark colours, whatever this browser prefers: what the mail keeps for dark
/// colours then counts always, or never.
fn in_scheme(html: &str, scheme: &str) -> String {
    let counts = if scheme == "dark" { "(min-width: 0)" } else { "(max-width: 0)" };
    let mut html = html.to_owned();
    for spelling in ["(prefers-color-scheme: dark)", "(prefers-color-scheme:dark)"] {
        html = html.replace(spelling, counts);
    }
    for spelling in ["light dark", "dark light", "light only", "light"] {
        for place in ["color-scheme: ", "color-scheme:", "color-scheme\" content=\"", "color-schemes\" content=\""] {
            html = html.replace(&format!("{place}{spelling}"), &format!("{place}{scheme}"));
        }
    }
    html
}

/// Text as it is, wrapped where the frame ends.
fn preformatted(text: &str) -> String {
    const STYLE: &str = ":root{color-scheme:light dark;background:Canvas;color:CanvasText}body{margin:1rem}\
                         pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:.9rem/1.5 ui-monospace,Menlo,Consolas,monospace}";
    let shown: String = text.chars().map(|one| if is_shown(one) { one } else { char::REPLACEMENT_CHARACTER }).collect();
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>The mail as text</title><style>{STYLE}</style></head>\
         <body><pre>{}</pre></body></html>",
        escape(&shown)
    )
}

/// Not what changes the direction of the text around it, or is not to be seen.
fn is_shown(one: char) -> bool {
    matches!(one, '\n' | '\r' | '\t') || crate::domain::text::check_characters(one.encode_utf8(&mut [0; 4])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_shown_in_either_scheme() {
        let mail = "<meta name=\"color-scheme\" content=\"light dark\" /><style>:root { color-scheme: light dark; }\
                    @media (prefers-color-scheme: dark) { p { color: white } }</style>";
        let dark = in_scheme(mail, "dark");
        assert!(dark.contains("content=\"dark\"") && dark.contains("color-scheme: dark;"), "{dark}");
        assert!(dark.contains("@media (min-width: 0)") && !dark.contains("prefers"), "{dark}");
        let light = in_scheme(mail, "light");
        assert!(light.contains("content=\"light\"") && light.contains("color-scheme: light;"), "{light}");
        assert!(light.contains("@media (max-width: 0)"), "{light}");
    }

    #[test]
    fn text_stays_text() {
        let shown = preformatted("<script>alert(1)</script>\u{202e}\u{1b}\r\n");
        assert!(
            shown.contains("&lt;script&gt;") && !shown.contains('\u{202e}') && !shown.contains('\u{1b}'),
            "{shown}"
        );
    }
}
