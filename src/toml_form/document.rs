//! TOML text → its tables, with every syntax error noted, and the keys whose heading is missing.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error};

use super::hints;
use super::source::{Place, SourceFile};
use super::table::{Form, Key, Table};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::lists::listed;
use crate::domain::text::suggest::nearest;

/// A key and its value as the parser gives them.
pub(super) type Entry<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

/// A value from elsewhere that takes the place of one in the file.
#[derive(Debug)]
pub(crate) struct Override {
    pub(crate) table: &'static Table,
    pub(crate) key: &'static Key,
    pub(crate) variable: String,
    pub(crate) text: String,
}

/// As much of a file (or of a part of it) as can be parsed.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) source: &'a SourceFile,
    pub(super) root: &'static Table,
    pub(super) table: DeTable<'a>,
    pub(super) overrides: Vec<Override>,
    /// The byte at which the part begins: the parser's places count from there.
    base: usize,
}

impl<'a> Document<'a> {
    /// Parses `range` of the file as `root` describes it.
    pub(crate) fn parse(source: &'a SourceFile, range: Range<usize>, root: &'static Table) -> Self {
        let base = range.start;
        let (first, last) = (source.line(range.start), source.line(range.end));
        let text = &source.text()[range];
        let (table, errors) = DeTable::parse_recoverable(text);
        let start = |error: &Error| base + error.span().map_or(text.len(), |span| span.start);
        let mut errors: Vec<_> = errors.iter().map(|error| (source.line(start(error)), start(error), error)).collect();
        errors.sort_by_key(|(line, ..)| *line);
        let mut done = 0; // What follows on the same line is mostly the echo of the first error.
        for (line, at, error) in errors {
            let is_duplicate = error.message().starts_with("duplicate key");
            if line <= done || is_duplicate && hints::single_brackets(source, root, first..=last, line) {
                continue;
            }
            done = line;
            if let Some(lines) = hints::text_over_lines(source, root, at, error.message()) {
                done = *lines.end();
                lines.for_each(|line| source.mark_broken(line));
            } else {
                let about = error.span().and_then(|span| text.get(span)).unwrap_or_default();
                hints::explain(source, root, at, about, error);
            }
        }
        Self { source, root, table: table.into_inner(), overrides: Vec::new(), base }
    }

    /// Lets values from elsewhere take the place of the file's.
    pub(crate) fn override_with(&mut self, overrides: Vec<Override>) {
        self.overrides = overrides;
    }

    /// Where a span of the parser begins in the file.
    pub(super) fn at(&self, span: &Range<usize>) -> usize {
        self.base + span.start
    }

    /// The value of this name at the top.
    pub(super) fn get(&self, name: &str) -> Option<&Spanned<DeValue<'a>>> {
        self.table.get(name).filter(|value| !is_lost(value))
    }

    /// Line and column of a key's value, from 1.
    pub(crate) fn place_of(&self, table: &str, key: &str) -> Option<(usize, usize)> {
        let at = self.at(&self.table.get(table)?.get_ref().as_table()?.get(key)?.span());
        Some((self.source.line(at), self.source.column(at)))
    }

    /// Whether something else stands at the top that was probably meant to be this section.
    pub(super) fn is_misspelt(&self, table: &Table) -> bool {
        let known = || self.root.keys.iter().map(|key| key.name);
        self.table.keys().any(|name| {
            let name = name.get_ref().as_ref();
            known().all(|known| known != name) && nearest(name, known()) == Some(table.bare_heading())
        })
    }

    /// The keys of every section that stand elsewhere because its heading is missing; notes each section once.
    pub(super) fn misplaced(&'a self) -> Vec<Misplaced<'a>> {
        let mut groups = Vec::new();
        gather(self.root, &self.table, &mut groups);
        let sections = self.root.keys.iter().filter_map(|key| match key.form {
            Form::Table(table) => Some(table),
            _ => None,
        });
        let lacks_heading = |table: &&Table| !self.table.contains_key(table.bare_heading()) && !self.is_misspelt(table);
        let mut all = Vec::new();
        for table in sections.filter(lacks_heading) {
            let found = groups.iter().map(|group| (group, misplaced_in(table, group)));
            let found = found.filter(|(_, misplaced)| !misplaced.keys.is_empty());
            if let Some((group, misplaced)) = found.min_by_key(|(_, misplaced)| self.start(misplaced)) {
                self.source.add(Place::At(self.start(&misplaced)), self.heading_is_missing(&misplaced, group));
                misplaced.keys.iter().for_each(|(name, _)| self.source.mark_explained(self.at(&name.span())));
                all.push(misplaced);
            }
        }
        all
    }

    /// The byte at which the first of the keys begins.
    pub(super) fn start(&self, misplaced: &Misplaced<'_>) -> usize {
        misplaced.keys.first().map_or(self.base, |(name, _)| self.at(&name.span()))
    }

    fn heading_is_missing(&self, misplaced: &Misplaced<'_>, (home, found): &Group<'_>) -> Diagnostic {
        let (heading, start) = (misplaced.table.heading, self.start(misplaced));
        let names: Vec<&str> = misplaced.keys.iter().map(|(name, _)| name.get_ref().as_ref()).collect();
        let (verb, these) = if names.len() == 1 { ("belongs", "this key") } else { ("belong", "these keys") };
        let is_native = |name: &str| !home.is_of_sections() && home.key(name).is_some();
        let is_followed = found.keys().any(|name| self.at(&name.span()) > start && is_native(name.get_ref()));
        let help = if is_followed {
            format!("write {heading} on a line of its own at the end of the file, and move {these} below it")
        } else {
            format!("write {heading} on a line of its own above line {}", self.source.line(start))
        };
        let what = format!("the heading {heading} is missing: {} {verb} below it", listed(&names));
        Diagnostic::error("missing-section", what).help(help)
    }
}

/// Whether the parser found no value here, and said so: then it makes one up, without a place.
pub(super) fn is_lost(value: &Spanned<DeValue<'_>>) -> bool {
    value.span().end == 0
}

/// The keys of one section that stand elsewhere because its heading is missing, in the file's order.
#[derive(Debug)]
pub(super) struct Misplaced<'a> {
    pub(super) table: &'static Table,
    pub(super) keys: Vec<Entry<'a>>,
}

fn misplaced_in<'a>(table: &'static Table, (home, found): &Group<'a>) -> Misplaced<'a> {
    let is_misplaced = |name: &str| home.key(name).is_none() && table.offered().any(|key| key == name);
    let keys = found.iter().filter(|(name, value)| is_misplaced(name.get_ref()) && !is_lost(value));
    let mut keys: Vec<Entry<'a>> = keys.collect();
    keys.sort_by_key(|(name, _)| name.span().start);
    Misplaced { table, keys }
}

/// The keys below one heading.
type Group<'a> = (&'static Table, &'a DeTable<'a>);

fn gather<'a>(table: &'static Table, found: &'a DeTable<'a>, groups: &mut Vec<Group<'a>>) {
    groups.push((table, found));
    for inner in table.keys.iter().filter_map(Key::table) {
        let name = inner.bare_heading().rsplit('.').next().unwrap_or_default();
        match found.get(name).map(Spanned::get_ref) {
            Some(DeValue::Table(found)) => gather(inner, found, groups),
            Some(DeValue::Array(list)) => {
                list.iter().filter_map(|entry| entry.get_ref().as_table()).for_each(|f| gather(inner, f, groups));
            }
            _ => {}
        }
    }
}
