//! TOML text → its tables, with every syntax error put so that it helps somebody who has never heard of TOML.

use toml::Spanned;
use toml::de::{DeTable, Error};

use super::findings::{Findings, shown};
use crate::domain::diagnostic::Diagnostic;

/// Parses as much as can be parsed and notes the rest.
pub(super) fn parse<'a>(f: &mut Findings<'a>) -> Spanned<DeTable<'a>> {
    let source = f.source();
    let (document, errors) = DeTable::parse_recoverable(source);
    let mut last_line = 0;
    for error in errors {
        let at = error.span().map_or(source.len(), |span| span.start);
        let line = f.line(at);
        if line != last_line {
            f.add_syntax(at, explain(&error, source));
        }
        last_line = line; // What follows on the same line is mostly the echo of the first error.
    }
    document
}

fn explain(error: &Error, source: &str) -> Diagnostic {
    let text = error.span().and_then(|span| source.get(span)).unwrap_or_default();
    let (what, help) = match error.message() {
        m if m.starts_with("duplicate key") => (
            format!("{} is written twice", shown(text)),
            "keep one and remove the other; each [section] may stand in the file only once, too",
        ),
        m if m.starts_with("string values must be quoted") || m.starts_with("unquoted string") => {
            ("text must stand in quotes".to_owned(), "put a \" before it and another after it")
        }
        m if m.starts_with("missing opening quote")
            || m.contains("invalid basic string")
            || m.contains("literal string") =>
        {
            (
                "a quotation mark is missing, or stands where it should not".to_owned(),
                "put one \" before the text and one after it; inside the text write \\\"",
            )
        }
        m if m.starts_with("key with no value") => (
            "there is no = sign here".to_owned(),
            "write: key = value; a remark begins with #, a heading stands in [square brackets]",
        ),
        m if m.starts_with("missing value") => {
            ("there is nothing after the = sign".to_owned(), "write the value, or remove the line to get the default")
        }
        m if m.starts_with("unclosed table") || m.starts_with("unclosed array table") => {
            ("this heading lacks a closing bracket".to_owned(), "close it with as many ] as it opened with [")
        }
        m if m.starts_with("unclosed array") => {
            ("this list lacks its closing bracket ]".to_owned(), "add a ] at its end")
        }
        m if m.starts_with("missing comma") => {
            ("a comma is missing between two values".to_owned(), "separate the values of a list by commas")
        }
        m if m.contains("carriage return") => {
            ("the line ends in an old Macintosh way".to_owned(), "save the file with Unix or Windows line endings")
        }
        m => (
            format!("this cannot be read ({m})"),
            "look for a missing quotation mark, bracket or = sign, here or on the line above",
        ),
    };
    Diagnostic::error("syntax", what).help(help)
}
