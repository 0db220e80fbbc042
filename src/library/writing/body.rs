//! The Markdown of a text, cut at the headings that it must have, and put together again.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag};

use super::shape::Part;
use crate::library::reader::options;

/// The parts of a body, one for each of `parts`, without the blank lines around them. A heading that does not belong there, or stands
/// out of order, is left in the part above. `None` when text stands before the first heading where none may.
pub(super) fn split(body: &str, parts: &[Part]) -> Option<Vec<String>> {
    let mut texts = vec![String::new(); parts.len()];
    let has_opening = parts.first().is_some_and(|part| part.heading.is_empty());
    let (mut at, mut from) = (has_opening.then_some(0), 0);
    for (title, range) in headings(body) {
        let first = at.map_or(0, |at| at + 1);
        let Some(found) = parts.iter().skip(first).position(|part| part.heading == title) else { continue };
        let above = bare(&body[from..range.start]);
        match at {
            Some(at) => texts[at] = above,
            None if above.is_empty() => {}
            None => return None,
        }
        (at, from) = (Some(first + found), range.end);
    }
    let rest = bare(&body[from..]);
    match at {
        Some(at) => texts[at] = rest,
        None if rest.is_empty() => {}
        None => return None,
    }
    Some(texts)
}

/// The body that has these texts.
pub(super) fn join(texts: &[String], parts: &[Part]) -> String {
    let mut body = String::new();
    for (part, text) in parts.iter().zip(texts) {
        let text = bare(text);
        if !part.heading.is_empty() && (!text.is_empty() || !part.may_be_left_out) {
            body += &format!("\n## {}\n", part.heading);
        }
        if !text.is_empty() {
            body += &format!("\n{text}\n");
        }
    }
    body
}

/// A text without the blank lines around it, and with line ends as a file has them.
pub(super) fn bare(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut rest = text.trim_end();
    while let Some((line, after)) = rest.split_once('\n') {
        if !line.trim().is_empty() {
            break;
        }
        rest = after;
    }
    rest.to_owned()
}

/// The headings of level 2 that are written with `##`, each with the bytes of its line.
fn headings(body: &str) -> Vec<(String, Range<usize>)> {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    let mut open: Option<(String, usize)> = None;
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let is_heading = matches!(tag, Tag::Heading { level: HeadingLevel::H2, .. });
                if is_heading && depth == 0 && body[range.clone()].trim_start().starts_with('#') {
                    open = Some((String::new(), range.start));
                }
                depth += 1;
            }
            Event::End(_) => {
                depth -= 1;
                if let Some((title, start)) = open.take_if(|_| depth == 0) {
                    let end = body[start..].find('\n').map_or(body.len(), |line| start + line + 1);
                    found.push((title, start..end));
                }
            }
            Event::Text(text) | Event::Code(text) => open.iter_mut().for_each(|(title, _)| title.push_str(&text)),
            _ => {}
        }
    }
    found
}
