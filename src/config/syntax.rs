//! TOML text → its tables, with every syntax error put so that it helps somebody who has never heard of TOML.

use toml::Spanned;
use toml::de::{DeTable, Error};

use super::brackets;
use super::findings::{Findings, shown};
use super::line::Line;
use super::slips;
use crate::domain::diagnostic::Diagnostic;

/// Parses as much as can be parsed and notes the rest.
pub(super) fn parse<'a>(f: &mut Findings<'a>) -> Spanned<DeTable<'a>> {
    let source = f.source();
    let (document, errors) = DeTable::parse_recoverable(source);
    let start = |error: &Error| error.span().map_or(source.len(), |span| span.start);
    let mut errors: Vec<_> = errors.into_iter().map(|error| (f.line(start(&error)), start(&error), error)).collect();
    errors.sort_by_key(|(line, _, _)| *line);
    let mut done = 0; // What follows on the same line is mostly the echo of the first error.
    for (line, at, error) in errors {
        if line <= done || error.message().starts_with("duplicate key") && brackets::explain(f, line) {
            continue;
        }
        done = line;
        if let Some(last) = slips::text_over_lines(f, at, error.message()) {
            (line..=last).for_each(|line| f.mark_broken(line));
            done = last;
            continue;
        }
        let found = slips::odd_space(f, at).or_else(|| slips::in_value(&Line::read(f, at)?, &error));
        let (at, finding) = found.unwrap_or_else(|| (at, explain(&error, source)));
        f.add_syntax(at, finding);
    }
    document
}

fn explain(error: &Error, source: &str) -> Diagnostic {
    let text = error.span().and_then(|span| source.get(span)).unwrap_or_default();
    let line_start = error.span().and_then(|span| source.get(..span.start)?.rfind('\n')).map_or(0, |at| at + 1);
    let is_heading = source[line_start..].trim_start().starts_with('[');
    let (what, help) = match error.message() {
        m if m.starts_with("duplicate key") && is_heading => {
            (format!("the heading [{}] stands in the file twice", text.trim()), "put all its keys below one of the two")
        }
        m if m.starts_with("duplicate key") => {
            (format!("{} is written twice", shown(text)), "keep one and remove the other")
        }
        m if m.starts_with("invalid date") || m.starts_with("invalid time") => (
            format!("this is not a date or time that exists{}", hint(m)),
            "write dates as 2026-09-07 and times as 08:00:00, and nothing after them but a remark that begins with #",
        ),
        m => in_general(m, text),
    };
    Diagnostic::error("syntax", what).help(help)
}

/// What the parser expected, in brackets.
fn hint(message: &str) -> String {
    message.split_once(", expected ").map_or_else(String::new, |(_, expected)| format!(" (expected {expected})"))
}

fn in_general(message: &str, text: &str) -> (String, &'static str) {
    let is_any = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    let (what, help) = if is_any(&["string values must be quoted", "unquoted string", "missing value"]) {
        match text {
            "" => ("there is nothing after the = sign", "write the value, or remove the line to get the default"),
            _ => ("text must stand in quotes", "put a \" before it and another after it"),
        }
    } else if is_any(&["missing opening quote", "invalid basic string", "invalid literal string"]) {
        (
            "a quotation mark is missing, or stands where it should not",
            "put one \" before the text and one after it; inside the text write \\\"",
        )
    } else if is_any(&["missing escaped value"]) {
        ("a backslash between quotes begins a special character", "write two of them, \\\\, or use / in paths")
    } else if is_any(&["key with no value"]) {
        (
            "there is no = sign here",
            "write: key = value; a remark begins with #, and a heading stands in [square brackets]",
        )
    } else if is_any(&["unclosed table", "unclosed array table"]) {
        ("this heading lacks a closing bracket", "close it with as many ] as it opened with [")
    } else if is_any(&["unclosed array"]) {
        ("this list lacks its closing bracket", "add a ] at its end")
    } else if is_any(&["missing comma"]) {
        (
            "a comma or a closing bracket is missing before this",
            "separate the values of a list by commas, and close the list with ]",
        )
    } else {
        let what = format!("this cannot be read ({message})");
        return (what, "look for a missing quotation mark, bracket or = sign, here or on the line above");
    };
    (what.to_owned(), help)
}
