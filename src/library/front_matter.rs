//! The lines between the two `+++`: where they are, and how their TOML becomes [`Fields`].

use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::{Fields, Kind};
use super::page::Page;

/// The line before and after the front matter.
const FENCE: &str = "+++";

/// Splits a page into its front matter and the offset at which the Markdown begins.
/// `None` when there is no whole front matter: that is noted.
pub(crate) fn split(page: &Page) -> Option<(Range<usize>, usize)> {
    let text = page.text();
    if text.trim().is_empty() {
        page.error(0, "empty-file", "the file is empty", "write it, or delete it");
        return None;
    }
    let mut lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    let first = lines.next().map_or("", |(_, line)| line);
    if first.trim_end() != FENCE {
        let help = "the first line is +++, then come lines such as title = \"…\", then +++ again, then the text";
        page.error(0, "no-front-matter", "the file does not begin with a line +++", help);
        return None;
    }
    let Some((end, fence)) = lines.find(|(_, line)| line.trim_end() == FENCE) else {
        let help = "put a line +++ below the last key; if keys are missing as well, the file was saved half-written";
        page.error(0, "unclosed-front-matter", "the front matter that begins here has no closing line +++", help);
        return None;
    };
    Some((first.len()..end, end + fence.len()))
}

/// Reads `range` of the page as the TOML table of `kind`. Lines that are no TOML are noted, and keys on them are left out.
pub(super) fn parse<'p>(page: &'p Page, range: Range<usize>, kind: &'static Kind) -> Fields<'p> {
    let base = range.start;
    let (table, errors) = DeTable::parse_recoverable(&page.text()[range]);
    let mut broken = Vec::new();
    for error in &errors {
        let at = base + error.span().map_or(0, |span| span.start);
        let line = line_of(page, at);
        // One slip often makes several errors; the first of a line says it best.
        if !broken.contains(&line) {
            broken.push(line);
            let (message, help) = syntax(page, at, error.message());
            page.error(at, "toml-syntax", message, help);
        }
    }
    let table = without_broken(page, base, table.into_inner(), &broken);
    Fields::new(page, base, table, kind, Rc::from(broken))
}

/// The table without the keys whose lines hold a syntax error: what was recovered there is a guess.
fn without_broken<'p>(page: &Page, base: usize, table: DeTable<'p>, broken: &[usize]) -> DeTable<'p> {
    if broken.is_empty() {
        return table;
    }
    let is_whole = |key: &Range<usize>, value: &Range<usize>| {
        let lines = line_of(page, base + key.start)..=line_of(page, base + value.end);
        !broken.iter().any(|line| lines.contains(line))
    };
    let mend = |value: Spanned<DeValue<'p>>| {
        let span = value.span();
        let mended = match value.into_inner() {
            DeValue::Table(inner) => DeValue::Table(without_broken(page, base, inner, broken)),
            other => other,
        };
        Spanned::new(span, mended)
    };
    let kept = table.into_iter().filter(|(key, value)| is_whole(&key.span(), &value.span()));
    kept.map(|(key, value)| (key, mend(value))).collect()
}

fn line_of(page: &Page, offset: usize) -> usize {
    crate::domain::diagnostic::line_column(page.text(), offset).0
}

/// Says in plain words what the parser found, and how such a line is written.
fn syntax(page: &Page, at: usize, message: &str) -> (String, &'static str) {
    let text = page.text();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    // Curly quotes come from word processors and are the likeliest slip.
    if line.contains(['“', '”']) && !line.contains('"') {
        return ("the quotes here are curly".to_owned(), "write straight quotes (\") around texts, not “ ”");
    }
    let known = SYNTAX.iter().find(|(start, ..)| message.starts_with(start));
    known.map_or_else(
        || (format!("this line cannot be read ({message})"), SYNTAX_HELP),
        |(_, said, help)| ((*said).to_owned(), help),
    )
}

/// How the parser's messages begin, the same in plain words, and what to do.
const SYNTAX: [(&str, &str, &str); 4] = [
    ("duplicate key", "this key was written before", "keep one of the two lines"),
    ("string values must be quoted", "a text begins here without quotes", "write it as in title = \"Spot the trick\""),
    ("invalid basic string", "the text in this line has no closing quote", "put a straight quote (\") at its end"),
    (
        "invalid date",
        "this is not a date",
        "write a date as in reviewed = 2026-09-01; anything else, such as a band, needs quotes: bands = [\"4-5\"]",
    ),
];

const SYNTAX_HELP: &str = "write key = value: texts in straight quotes, title = \"Spot the trick\"; \
                           lists in square brackets, bands = [\"4-5\", \"5-7\"]; dates bare, reviewed = 2026-09-01";

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::new("x.md".to_owned(), text.to_owned())
    }

    #[test]
    fn the_fences_may_end_in_either_line_ending() {
        for text in ["+++\na = 1\n+++\nbody", "+++\r\na = 1\r\n+++\r\nbody"] {
            let page = page(text);
            let (front, body) = split(&page).expect("both fences are there");
            assert_eq!(text[front].trim(), "a = 1");
            assert_eq!(&text[body..], "body");
        }
    }

    #[test]
    fn a_file_may_end_with_its_closing_fence() {
        let page = page("+++\n+++");
        assert_eq!(split(&page), Some((4..4, 7)));
    }
}
