//! The line of a syntax error, read as a person would: its heading, its key and what stands after the = sign.

use super::findings::Findings;
use super::keys::{Form, Key, Table, Usage, table_of};

/// A line `key = value`, of which the parser could not make sense.
pub(super) struct Line<'a> {
    /// The key as it was written.
    pub(super) name: &'a str,
    /// What stands after the = sign, without a remark.
    pub(super) value: &'a str,
    /// The byte at which the value begins.
    pub(super) at: usize,
    /// The key, where the heading above has one of this name whose value may be shown.
    known: Option<(&'static Table, &'static Key)>,
}

impl<'a> Line<'a> {
    /// Reads the line of byte `offset`; `None` where it is a heading or has no = sign.
    pub(super) fn read(f: &Findings<'a>, offset: usize) -> Option<Self> {
        let number = f.line(offset);
        let text = f.text_of(number);
        let (before, after) = text.split_once('=')?;
        let name = before.trim();
        if name.starts_with(['[', '#', '"', '\'']) || name.is_empty() {
            return None;
        }
        // Only ordinary white space is trimmed: an unusual space is an error, and its place matters.
        let value = after.trim_start_matches([' ', '\t']);
        let at = f.start_of(number) + (text.len() - value.len());
        let table = table_of(f.text_of(f.heading_above(number)));
        let known = table.and_then(|table| Some((table, table.key(name).filter(|key| key.usage != Usage::Secret)?)));
        Some(Self { name, value: without_remark(value), at, known })
    }

    /// How the value of this key is written; `None` for a key that nobody knows.
    pub(super) fn form(&self) -> Option<Form> {
        self.known.map(|(_, key)| key.form())
    }

    /// How messages name the key.
    pub(super) fn subject(&self) -> String {
        self.known.map_or_else(|| self.name.to_owned(), |(table, key)| table.path(key.name))
    }

    /// The help that shows how such a value is written.
    pub(super) fn like_this(&self) -> Option<String> {
        self.known.map(|(_, key)| format!("write it like this: {} = {}", key.name, key.example))
    }
}

/// `value` up to a remark. A # inside quotes is no remark, nor is one within a word.
fn without_remark(value: &str) -> &str {
    let is_remark = |at: usize| {
        let before = &value[..at];
        before.ends_with([' ', '\t']) && before.matches('"').count().is_multiple_of(2)
    };
    let end = value.match_indices('#').map(|(at, _)| at).find(|at| is_remark(*at)).unwrap_or(value.len());
    value[..end].trim_end_matches([' ', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn finds_key_and_value() {
        let f =
            Findings::new(Path::new("a.toml"), "[ schedule ]\n anchor\t= 30/11/2026  # Monday\r\nx = \"a # b\" # c\n");
        let line = Line::read(&f, 20).unwrap();
        assert_eq!((line.name, line.value, line.at), ("anchor", "30/11/2026", 23));
        assert_eq!((line.subject().as_str(), line.form()), ("schedule.anchor", Some(Form::Date)));
        let line = Line::read(&f, 50).unwrap();
        assert_eq!((line.value, line.form()), ("\"a # b\"", None));
        assert!(Line::read(&f, 0).is_none());
    }
}
