//! Every text of a TOML file, with its key and its place, for those who read the words and not the meaning.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The heading that it stands below, as in `[[entries]]`; empty above the first.
    pub(crate) table: String,
    /// Which table of that heading, from 0.
    pub(crate) nth: usize,
    pub(crate) key: String,
    pub(crate) value: String,
    /// The byte of the file at which it begins, after the quotation mark where the value is written without escapes.
    pub(crate) at: usize,
}

/// The texts in `range` of a file, those of lists included, in the file's order. What cannot be parsed has none.
pub(crate) fn texts(source: &str, range: Range<usize>) -> Vec<Text> {
    let part = &source[range.clone()];
    let (table, _) = DeTable::parse_recoverable(part);
    let mut gatherer = Gatherer { part, base: range.start, found: Vec::new() };
    gatherer.table("", 0, table.get_ref());
    gatherer.found.sort_by_key(|text| text.at);
    gatherer.found
}

struct Gatherer<'a> {
    part: &'a str,
    base: usize,
    found: Vec<Text>,
}

impl Gatherer<'_> {
    fn table(&mut self, table: &str, nth: usize, entries: &DeTable<'_>) {
        for (key, value) in entries {
            self.value(table, nth, key.get_ref(), value);
        }
    }

    fn value(&mut self, table: &str, nth: usize, key: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(text) => {
                let (table, key) = (table.to_owned(), key.to_owned());
                let at = self.base + self.begins(value.span().start, text);
                self.found.push(Text { table, nth, key, value: text.to_string(), at });
            }
            DeValue::Array(list) => list.iter().enumerate().for_each(|(nth_inner, item)| match item.get_ref() {
                DeValue::Table(inner) => self.table(key, nth_inner, inner),
                _ => self.value(table, nth, key, item),
            }),
            DeValue::Table(inner) => self.table(key, 0, inner),
            _ => {}
        }
    }

    /// Behind the quotation marks that open the text, and the end of their line.
    fn begins(&self, start: usize, text: &str) -> usize {
        let is_text = |at: &usize| self.part.get(*at..).is_some_and(|rest| rest.starts_with(text));
        [start + 1, start + 3, start + 4].into_iter().find(is_text).unwrap_or(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_with_their_keys_and_places() {
        let source = "+++\na = \"é one\"\nn = 3\nl = [\"two\", 'three']\ne = \"a\\\"b\"\n[next]\ntext = \"four\"\n[[x]]\nk = \"\"\"five\"\"\"\n[[x]]\nk = \"\"\"\nsix\n\"\"\"\n+++";
        let found = texts(source, 4..source.len() - 3);
        let keys: Vec<_> =
            found.iter().map(|it| (it.table.as_str(), it.nth, it.key.as_str(), it.value.as_str())).collect();
        let expected = [
            ("", 0, "a", "é one"),
            ("", 0, "l", "two"),
            ("", 0, "l", "three"),
            ("", 0, "e", "a\"b"),
            ("next", 0, "text", "four"),
            ("x", 0, "k", "five"),
            ("x", 1, "k", "six\n"),
        ];
        assert_eq!(keys, expected);
        for text in found.iter().filter(|text| text.key != "e") {
            assert!(source[text.at..].starts_with(&text.value), "{text:?}");
        }
    }
}
