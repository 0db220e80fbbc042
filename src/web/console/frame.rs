//! What families read, for a frame on one of our pages: a document that may load nothing, run nothing and lead nowhere.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use crate::render::escape;

/// Whatever an editor's template or text says: no script, nothing from elsewhere, no form, and only our own pages around it.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'self'";

/// A document for a frame.
pub(super) fn framed(html: String) -> Response {
    let mut response = Html(html).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// The mail as a program shows it that prefers light or dark colours, whatever this browser prefers: what the mail keeps for dark
/// colours then counts always, or never.
pub(super) fn in_scheme(html: &str, scheme: &str) -> String {
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
pub(super) fn document(text: &str) -> String {
    const STYLE: &str = ":root{color-scheme:light dark;background:Canvas;color:CanvasText}body{margin:1rem}\
                         pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:.9rem/1.5 ui-monospace,Menlo,Consolas,monospace}";
    let shown: String = text.chars().map(|one| if is_shown(one) { one } else { char::REPLACEMENT_CHARACTER }).collect();
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>As plain text</title><style>{STYLE}</style></head>\
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
        let shown = document("<script>alert(1)</script>\u{202e}\u{1b}\r\n");
        assert!(
            shown.contains("&lt;script&gt;") && !shown.contains('\u{202e}') && !shown.contains('\u{1b}'),
            "{shown}"
        );
    }
}
