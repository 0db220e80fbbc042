//! A file's text and everything that is wrong with it, each diagnostic with its place.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::BTreeSet;

use super::table::Table;
use crate::domain::diagnostic::{Diagnostic, Level};
use crate::domain::text::excerpt;

/// Where a value, or the lack of one, was found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    File,
    /// This byte of the file.
    At(usize),
    /// An environment variable, by its name.
    Variable(&'a str),
}

/// How diagnostics differ between kinds of file. Codes are stable, so each kind keeps its own.
#[derive(Debug)]
pub(crate) struct Dialect {
    pub(crate) syntax_code: &'static str,
    /// The code of a number that is too small or too large.
    pub(crate) range_code: &'static str,
    /// Whether messages put keys in quotation marks, for readers who do not know them by heart.
    pub(crate) quotes_keys: bool,
    /// The most diagnostics of one file: nobody reads more at once.
    pub(crate) limit: usize,
}

/// A file's text, and what was found in it so far.
#[derive(Debug)]
pub(crate) struct SourceFile {
    name: String,
    text: String,
    dialect: &'static Dialect,
    /// The byte at which each line begins: found once, because looking for it per diagnostic is quadratic.
    starts: Vec<usize>,
    found: RefCell<Found>,
}

#[derive(Debug, Default)]
struct Found {
    diagnostics: Vec<Diagnostic>,
    /// How many were noted, with those that were left out.
    noted: usize,
    /// Lines with a syntax error.
    broken: BTreeSet<usize>,
    /// Keys (by the byte at which they begin) that an earlier diagnostic covers.
    explained: BTreeSet<usize>,
}

impl SourceFile {
    /// A text that is already at hand. `name` is what diagnostics call the file.
    pub(crate) fn new(name: String, text: String, dialect: &'static Dialect) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name, text, dialect, starts, found: RefCell::default() }
    }

    /// The file, as diagnostics name it.
    pub(crate) fn file(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// How messages name a key.
    pub(crate) fn subject(&self, table: &Table, key: &str) -> String {
        if self.dialect.quotes_keys { shown(key) } else { table.path(key) }
    }

    /// The line, from 1, of byte `offset`.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The column in characters, from 1, of byte `offset`.
    pub(crate) fn column(&self, offset: usize) -> usize {
        let end = self.text.floor_char_boundary(offset);
        let start = self.start_of(self.line(end));
        self.text[start..end].chars().count() + 1
    }

    /// The byte at which line `number` begins.
    pub(crate) fn start_of(&self, number: usize) -> usize {
        self.starts[number - 1]
    }

    /// Line `number`, without its end; empty past the last one.
    pub(crate) fn text_of(&self, number: usize) -> &str {
        let from = self.starts.get(number - 1).map_or("", |start| &self.text[*start..]);
        from.split(['\r', '\n']).next().unwrap_or_default()
    }

    /// The line of the TOML heading under which `line` stands.
    pub(crate) fn heading_above(&self, line: usize) -> Option<usize> {
        (1..line).rev().find(|line| self.text_of(*line).trim_start().starts_with('['))
    }

    /// Notes an error at byte `offset`.
    pub(crate) fn error(&self, offset: usize, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.add(Place::At(offset), Diagnostic::error(code, message).help(help));
    }

    /// Notes a warning at byte `offset`.
    pub(crate) fn warning(
        &self,
        offset: usize,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Place::At(offset), Diagnostic::warning(code, message).help(help));
    }

    /// Notes a diagnostic at `place`, unless a syntax error explains it or the limit is reached.
    pub(crate) fn add(&self, place: Place<'_>, diagnostic: Diagnostic) {
        let placed = match place {
            Place::File => diagnostic.in_file(&self.name),
            Place::At(offset) => {
                let (line, column) = (self.line(offset), self.column(offset));
                Diagnostic { line: Some(line), column: Some(column), ..diagnostic.in_file(&self.name) }
            }
            Place::Variable(_) => diagnostic.in_file("environment"),
        };
        let is_echo = self.is_caused_by_syntax(&placed);
        let mut found = self.found_mut();
        found.noted += 1;
        let last = self.dialect.limit - 1;
        match found.diagnostics.len() {
            _ if is_echo => {}
            before if before < last => found.diagnostics.push(placed),
            before if before == last => {
                let more = Diagnostic::error("too-many-findings", "there is more to mend below");
                let more = Diagnostic { file: placed.file, line: placed.line, column: placed.column, ..more };
                found.diagnostics.push(more.help("mend what is named above first"));
            }
            _ => {}
        }
    }

    /// Notes what was found in another file, or in a part of this one, with its own place.
    pub(crate) fn append(&self, diagnostics: Vec<Diagnostic>) {
        let mut found = self.found_mut();
        found.noted += diagnostics.len();
        found.diagnostics.extend(diagnostics);
    }

    /// Notes a syntax error: others that it may have caused are left out from then on.
    pub(crate) fn add_syntax(&self, offset: usize, what: impl Into<String>, help: impl Into<String>) {
        self.mark_broken(self.line(offset));
        self.error(offset, self.dialect.syntax_code, what, help);
    }

    /// Notes that other errors on this line follow from a syntax error.
    pub(crate) fn mark_broken(&self, line: usize) {
        self.found_mut().broken.insert(line);
    }

    /// Whether any of these lines has a syntax error.
    pub(crate) fn is_broken(&self, mut lines: std::ops::RangeInclusive<usize>) -> bool {
        let found = self.found();
        !found.broken.is_empty() && lines.any(|line| found.broken.contains(&line))
    }

    /// Notes that the key at byte `at` needs no diagnostic of its own.
    pub(crate) fn mark_explained(&self, at: usize) {
        self.found_mut().explained.insert(at);
    }

    /// Whether an earlier diagnostic covers the key at byte `at`.
    pub(crate) fn is_explained(&self, at: usize) -> bool {
        self.found().explained.contains(&at)
    }

    /// How many were noted so far: the same number before and after a check means that it found nothing.
    pub(crate) fn count(&self) -> usize {
        self.found().noted
    }

    /// Makes a warning of every diagnostic so far.
    pub(crate) fn soften(&self) {
        self.found_mut().diagnostics.iter_mut().for_each(|diagnostic| diagnostic.level = Level::Warning);
    }

    /// Takes the diagnostics out, in the order of the text, the environment's last.
    pub(crate) fn take_diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = std::mem::take(&mut self.found_mut().diagnostics);
        all.sort_by_key(|one| (one.file.as_ref() != Some(&self.name), one.line, one.column));
        all
    }

    /// A key that the parser lost is not missing, and one that lost its heading is not unknown.
    fn is_caused_by_syntax(&self, diagnostic: &Diagnostic) -> bool {
        if self.found().broken.is_empty() {
            return false;
        }
        let Some(line) = diagnostic.line else { return diagnostic.code == "missing-key" };
        match diagnostic.code {
            "secret-in-file" => false,
            code if code == self.dialect.syntax_code => false,
            "missing-key" => true,
            "unknown-key" | "missing-section" => self.is_broken(self.heading_above(line).unwrap_or(1)..=line),
            _ => self.is_broken(line..=line),
        }
    }

    /// The borrows end before any other method is called, so they never meet.
    fn found(&self) -> Ref<'_, Found> {
        self.found.borrow()
    }

    fn found_mut(&self) -> RefMut<'_, Found> {
        self.found.borrow_mut()
    }
}

/// `text` as a message may quote it: shortened, and without characters that disturb a terminal.
pub(crate) fn shown(text: &str) -> String {
    format!("“{}”", excerpt(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALECT: Dialect = Dialect { syntax_code: "syntax", range_code: "bad-value", quotes_keys: false, limit: 3 };

    fn source(text: &str) -> SourceFile {
        SourceFile::new("a.toml".to_owned(), text.to_owned(), &DIALECT)
    }

    #[test]
    fn places_count_characters() {
        let source = source("é = 1\nééx\n");
        source.error(7 + 4, "bad-value", "x", "");
        source.error(0, "bad-value", "y", "");
        let places: Vec<_> = source.take_diagnostics().iter().map(|one| (one.line, one.column)).collect();
        assert_eq!(places, [(Some(1), Some(1)), (Some(2), Some(3))]);
    }

    #[test]
    fn what_a_syntax_error_explains_is_left_out_and_counted() {
        let source = source("[a]\nb\nc = 1\n[d]\ne = 1\n");
        source.add_syntax(4, "x", "");
        source.error(6, "unknown-key", "below the same heading", "");
        source.error(4, "bad-value", "on the same line", "");
        source.add(Place::File, Diagnostic::error("missing-key", "anywhere"));
        source.error(16, "unknown-key", "elsewhere", "");
        assert_eq!(source.count(), 5);
        let codes: Vec<_> = source.take_diagnostics().iter().map(|one| one.code).collect();
        assert_eq!(codes, ["syntax", "unknown-key"]);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let source = source("");
        (0..9).for_each(|_| source.error(0, "bad-value", "x", ""));
        let codes: Vec<_> = source.take_diagnostics().iter().map(|one| one.code).collect();
        assert_eq!(codes, ["bad-value", "bad-value", "too-many-findings"]);
    }
}
