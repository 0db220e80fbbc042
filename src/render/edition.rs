//! One segment's digest: fill in, turn MJML into HTML, cut, check.

use std::collections::HashMap;

use handlebars::{Context, Handlebars};
use mrml::prelude::render::RenderOptions;
use serde_json::Value;

use super::error::{Part, RenderError};
use super::slot_markers::Nonce;
use super::templates::Templates;
use super::{Issue, build, check, helpers};
use crate::domain::band::Bands;
use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;
use crate::domain::text::{TextError, check_characters};

/// Renders the digest of one segment: the cards of exactly its bands. Same inputs, same bytes.
///
/// # Errors
/// A band without an activity, a text with a character that may not be mailed, a template that does not fit, or a
/// digest that must not be sent ([`check_rendered`](super::check_rendered), [`check_complete`](super::check_complete)).
pub fn render(
    templates: &Templates,
    issue: &Issue<'_>,
    segment: &SegmentKey,
    bands: &Bands,
) -> Result<Rendered, RenderError> {
    let html_view = build::view(issue, segment, bands, Part::Html)?;
    let text_view = build::view(issue, segment, bands, Part::Text)?;
    let subject = html_view.subject.clone();
    let mut html_fields = fields(&html_view)?;
    let mut text_fields = fields(&text_view)?;

    let nonce = Nonce::absent_from(&format!("{html_fields}\n{text_fields}\n{}", templates.sources));
    for data in [&mut html_fields, &mut text_fields] {
        data[helpers::NONCE] = Value::from(nonce.as_str());
    }
    let mjml = fill(&templates.html, Part::Html, html_fields)?;
    let text = fill(&templates.text, Part::Text, text_fields)?;
    let rendered = Rendered { subject, html: nonce.cut(&to_html(&mjml)?), text: nonce.cut(&tidy_text(&text)) };
    check::check_rendered(&rendered)?;
    check::check_complete(&rendered, &issue.service, issue.help)?;
    Ok(rendered)
}

/// The view as the engine reads it, its characters checked.
pub(super) fn fields(view: &super::view::View) -> Result<Value, RenderError> {
    checked(view)
}

/// Any view's fields, their characters checked.
pub(super) fn checked(view: &impl serde::Serialize) -> Result<Value, RenderError> {
    let value = serde_json::to_value(view).expect("the view has only texts, numbers and lists");
    check_texts("", &value)?;
    Ok(value)
}

fn check_texts(path: &str, value: &Value) -> Result<(), RenderError> {
    match value {
        Value::String(text) => text.split('\n').try_for_each(check_characters).map_err(|problem: TextError| {
            RenderError::Character { field: path.trim_start_matches('.').to_owned(), problem }
        }),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| check_texts(&format!("{path}.{at}"), item))
        }
        Value::Object(object) => object.iter().try_for_each(|(key, item)| check_texts(&format!("{path}.{key}"), item)),
        _ => Ok(()),
    }
}

fn fill(registry: &Handlebars<'_>, part: Part, data: Value) -> Result<String, RenderError> {
    let context = Context::wraps(data).map_err(|error| template_error(&error))?;
    let name = part.file().trim_end_matches(".hbs");
    registry.render_with_context(name, &context).map_err(|error| template_error(&error))
}

pub(super) fn template_error(error: &handlebars::RenderError) -> RenderError {
    RenderError::Template {
        file: error.template_name.as_deref().map(super::templates::file_of).unwrap_or_default(),
        line: error.line_no,
        column: error.column_no,
        reason: error.reason().to_string(),
    }
}

fn to_html(mjml: &str) -> Result<String, RenderError> {
    let lines: String =
        mjml.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect();
    let parsed = mrml::parse(&lines).map_err(|error| mjml_error(&error.to_string(), ""))?;
    if let Some(warning) = parsed.warnings.first() {
        let start = lines.floor_char_boundary(warning.span.start);
        let end = lines.floor_char_boundary(warning.span.end.min(lines.len()));
        let what = lines.get(start..end).unwrap_or_default();
        return Err(mjml_error(&format!("{} ({what})", warning.kind), what));
    }
    // Without this, a font stack that names Roboto would fetch it from a third party.
    let options = RenderOptions { fonts: HashMap::new(), ..RenderOptions::default() };
    parsed.element.render(&options).map_err(|error| mjml_error(&error.to_string(), ""))
}

fn mjml_error(problem: &str, found: &str) -> RenderError {
    RenderError::Mjml { problem: problem.to_owned(), found: found.to_owned() }
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
