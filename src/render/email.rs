//! One segment's mail, an edition's digest or a bulletin: fill in the templates, turn MJML into HTML, cut at the slots, check.

pub(super) mod bulletin;
pub(super) mod check;
pub(super) mod help;
mod html_scan;
pub(super) mod notice;
mod picture;
pub(super) mod remote;
mod share;
pub(super) mod transactional;
pub(super) mod view;
pub(super) mod wording;

use std::collections::HashMap;

use mrml::prelude::render::RenderOptions;
use serde::Serialize;
use serde_json::Value;

use super::error::{MailKind, Part, RenderError};
use super::issue::Issue;
use super::templates::bounds;
use super::templates::slot_markers::Nonce;
use super::templates::{Templates, checked_fields, fill, helpers};
use crate::domain::band::Bands;
use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;

/// Renders the digest of one segment: the cards of exactly its bands. Same inputs, same bytes.
///
/// # Errors
/// A band without an activity, a text with a character that may not be mailed, a template that does not fit, or a
/// digest that must not be sent ([`check::check`]).
pub fn render(
    templates: &Templates,
    issue: &Issue<'_>,
    segment: &SegmentKey,
    bands: &Bands,
) -> Result<Rendered, RenderError> {
    let html_view = view::digest(issue, segment, bands, Part::Html)?;
    let text_view = view::digest(issue, segment, bands, Part::Text)?;
    let mut rendered = filled(templates, MailKind::Digest, (&html_view, &text_view), &html_view.subject)?;
    rendered.pictures = picture::shown(&issue.pictures, &rendered.html)?;
    check::check(&rendered, &issue.service, &issue.help.in_mail(&segment.bands))?;
    Ok(rendered)
}

/// Both bodies of a mail, cut at their slots.
fn filled(
    templates: &Templates,
    kind: MailKind,
    (html_view, text_view): (&impl Serialize, &impl Serialize),
    subject: &str,
) -> Result<Rendered, RenderError> {
    let (mut html_fields, mut text_fields) = (checked_fields(html_view)?, checked_fields(text_view)?);
    let nonce = Nonce::absent_from(&format!("{html_fields}\n{text_fields}\n{}", templates.sources));
    for fields in [&mut html_fields, &mut text_fields] {
        fields[helpers::NONCE] = Value::from(nonce.as_str());
    }
    let mjml = fill(&templates.html, kind.name(Part::Html), html_fields)?;
    let text = fill(&templates.text, kind.name(Part::Text), text_fields)?;
    let html = to_html(&mjml).map_err(|(problem, found)| {
        let file = kind.file(Part::Html);
        RenderError::Mjml { file, problem, found }
    })?;
    let (html, text) = (nonce.cut(&html), nonce.cut(&tidy_text(&text)));
    Ok(Rendered { subject: subject.to_owned(), html, text, pictures: Vec::new() })
}

/// How MJML writes a column that takes the whole width. Nothing stands beside it, and a printer would keep an inline block in
/// one piece: a blank sheet before it, and a line cut in two at the end of the next.
const ONLY_COLUMN: &str = "display:inline-block;vertical-align:top;width:100%;";

/// The error is what is wrong, and the piece of the template that is to blame, if that is known.
fn to_html(mjml: &str) -> Result<String, (String, String)> {
    let lines: String =
        mjml.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect();
    if let Some((problem, found)) = bounds::beyond_mjml(&lines) {
        return Err((format!("{found} {problem}"), found.to_owned()));
    }
    let parsed = mrml::parse(&lines).map_err(|error| (error.to_string(), String::new()))?;
    if let Some(warning) = parsed.warnings.first() {
        let start = lines.floor_char_boundary(warning.span.start);
        let end = lines.floor_char_boundary(warning.span.end.min(lines.len()));
        let what = lines.get(start..end).unwrap_or_default();
        return Err((format!("{} ({what})", warning.kind), what.to_owned()));
    }
    // Without this, a font stack that names Roboto would fetch it from a third party.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    let html = parsed.element.render(&options).map_err(|error| (error.to_string(), String::new()))?;
    Ok(html.replace(ONLY_COLUMN, ONLY_COLUMN.trim_start_matches("display:inline-block;")))
}

/// No space at the end of a line, at most two blank lines in a row, one newline at the end.
fn tidy_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && (out.is_empty() || out.ends_with("\n\n\n"))) {
            out.push_str(line);
            out.push('\n');
        }
    }
    let end = out.trim_end_matches('\n').len();
    out.truncate(end);
    out.push('\n');
    out
}
