//! Collects what is wrong with a configuration, each finding with its place.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::check_characters;

/// Where a value, or the lack of one, was found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// The file as a whole.
    File,
    /// This byte of the file.
    At(usize),
    /// An environment variable, by its name.
    Variable(&'a str),
}

/// Every finding so far.
pub(super) struct Findings<'a> {
    file: String,
    source: &'a str,
    /// The byte at which each line begins: found once, because looking for it per entry is quadratic.
    starts: Vec<usize>,
    /// Lines with a syntax error.
    broken: BTreeSet<usize>,
    /// Keys (by the byte at which they begin) that an earlier finding covers.
    explained: BTreeSet<usize>,
    list: Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(file: &Path, source: &'a str) -> Self {
        let starts = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let (broken, explained) = (BTreeSet::new(), BTreeSet::new());
        Self { file: file.display().to_string(), source, starts, broken, explained, list: Vec::new() }
    }

    /// The text of the file.
    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// The line, from 1, of byte `offset`.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The byte at which line `number` begins.
    pub(super) fn start_of(&self, number: usize) -> usize {
        self.starts[number - 1]
    }

    /// Line `number`, without its end; empty past the last one.
    pub(super) fn text_of(&self, number: usize) -> &'a str {
        let from = self.starts.get(number - 1).map_or("", |start| &self.source[*start..]);
        from.split(['\r', '\n']).next().unwrap_or_default()
    }

    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The column in characters, from 1, of byte `offset`.
    fn column(&self, offset: usize) -> usize {
        let end = self.source.floor_char_boundary(offset);
        let start = self.starts[self.line(end) - 1];
        self.source[start..end].chars().count() + 1
    }

    /// Notes a finding at `place`.
    pub(super) fn add(&mut self, place: Place<'_>, finding: Diagnostic) {
        let finding = match place {
            Place::File => finding.in_file(&self.file),
            Place::At(offset) => {
                let (line, column) = (self.line(offset), self.column(offset));
                Diagnostic { line: Some(line), column: Some(column), ..finding.in_file(&self.file) }
            }
            Place::Variable(_) => finding.in_file("environment"),
        };
        self.list.push(finding);
    }

    /// Notes a syntax error: other findings that it may have caused are left out at the end.
    pub(super) fn add_syntax(&mut self, offset: usize, finding: Diagnostic) {
        self.broken.insert(self.line(offset));
        self.add(Place::At(offset), finding);
    }

    /// Notes that other findings on this line follow from a syntax error.
    pub(super) fn mark_broken(&mut self, line: usize) {
        self.broken.insert(line);
    }

    /// Whether this line has a syntax error.
    pub(super) fn is_broken(&self, line: usize) -> bool {
        self.broken.contains(&line)
    }

    /// Notes that the key at byte `at` needs no finding of its own.
    pub(super) fn mark_explained(&mut self, at: usize) {
        self.explained.insert(at);
    }

    /// Whether an earlier finding covers the key at byte `at`.
    pub(super) fn is_explained(&self, at: usize) -> bool {
        self.explained.contains(&at)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// All of them, in the file's order, the environment's last.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        if !self.broken.is_empty() {
            let list = std::mem::take(&mut self.list);
            self.list = list.into_iter().filter(|finding| !self.is_caused_by_syntax(finding)).collect();
        }
        self.list.sort_by_key(|finding| (finding.file.as_ref() != Some(&self.file), finding.line, finding.column));
        self.list
    }

    /// A key that the parser lost is not missing, and one that lost its heading is not unknown.
    fn is_caused_by_syntax(&self, finding: &Diagnostic) -> bool {
        let Some(line) = finding.line else { return finding.code == "missing-key" };
        match finding.code {
            "syntax" | "secret-in-file" => false,
            "missing-key" => true,
            "unknown-key" | "missing-section" => self.broken.range(self.heading_above(line)..=line).next().is_some(),
            _ => self.broken.contains(&line),
        }
    }

    /// The line of the heading under which `line` stands; 1 where there is none.
    pub(super) fn heading_above(&self, line: usize) -> usize {
        (1..line).rev().find(|line| self.text_of(*line).trim_start().starts_with('[')).unwrap_or(1)
    }
}

/// `text` as an error may show it: shortened, and without characters that disturb a terminal.
pub(super) fn shown(text: &str) -> String {
    const LIMIT: usize = 60;
    let is_safe = |c: &char| check_characters(c.encode_utf8(&mut [0; 4])).is_ok();
    let mut safe = text.chars().filter(is_safe);
    let short: String = safe.by_ref().take(LIMIT).collect();
    if safe.next().is_some() { format!("“{short}…”") } else { format!("“{short}”") }
}

/// The help for a word that is unknown, below a message that lists those that are known.
pub(super) fn did_you_mean(word: &str, options: &[&str]) -> String {
    match crate::domain::text::suggest::nearest(word, options.iter().copied()) {
        Some(option) => format!("did you mean “{option}”?"),
        None => "choose one of those".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let mut findings = Findings::new(Path::new("a.toml"), "é = 1\nééx\n");
        findings.add(Place::At(7 + 4), Diagnostic::error("bad-value", "x"));
        findings.add(Place::At(0), Diagnostic::error("bad-value", "y"));
        let list = findings.finish();
        assert_eq!((list[0].line, list[0].column), (Some(1), Some(1)));
        assert_eq!((list[1].line, list[1].column), (Some(2), Some(3)));
    }

    #[test]
    fn shows_no_controls_and_no_novels() {
        assert_eq!(shown("a\u{1b}[31mb\u{202e}"), "“a[31mb”");
        assert_eq!(shown(&"x".repeat(100)), format!("“{}…”", "x".repeat(60)));
    }
}
