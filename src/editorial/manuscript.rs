//! A file as an editor reads it: its text, the lines of its front matter, and where each of them stands.

use std::collections::BTreeMap;
use std::path::Path;

use super::passages::{self, BodyText, Passage};
use super::remark::Remark;
use crate::domain::diagnostic::Diagnostic;
use crate::library::front_matter;
use crate::library::page::{self, Page};
use crate::library::reader::PlacedText;
use crate::toml_form::{Text, texts};

/// The most findings of one kind in one file; the rest show once these are fixed.
pub(super) const AT_MOST: usize = 20;

/// Keys whose values no one reads as words.
const NO_WORDS: [&str; 9] = ["url", "file", "id", "bands", "sectors", "nations", "strand", "occasions", "sensitivity"];

/// A value of the front matter, or of a file that is TOML throughout.
pub(super) struct Line {
    /// The heading that it stands below, as in `[next]`, and which of that name.
    pub(super) table: String,
    pub(super) nth: usize,
    pub(super) key: String,
    pub(super) passage: Passage,
}

/// A file, and its text.
pub(super) struct Manuscript {
    page: Page,
    /// The values that readers see, in order.
    pub(super) lines: Vec<Line>,
    pub(super) text: BodyText,
}

impl Manuscript {
    /// Reads a page of Markdown. `None` when it has disappeared since the library was loaded.
    pub(super) fn read(file: &Path) -> Option<Self> {
        Self::of(page::read(file).ok()?)
    }

    /// A page of Markdown that is at hand. `None` when it has no whole front matter.
    pub(super) fn of(page: Page) -> Option<Self> {
        let (front, body) = front_matter::split(&page)?;
        let mut text = passages::read(page.text(), body);
        let values = texts(page.text(), front);
        // The addresses of [[resources]] and [next].
        let addresses = values.iter().filter(|value| value.key == "url");
        text.links.extend(addresses.map(|value| (value.value.clone(), value.at)));
        let lines = lines(&page, values);
        Some(Self { page, lines, text })
    }

    /// A page that is TOML throughout, with all its values.
    pub(super) fn of_toml(page: Page) -> (Self, Vec<Text>) {
        let values = texts(page.text(), 0..page.text().len());
        let lines = lines(&page, values.clone());
        (Self { page, lines, text: BodyText::default() }, values)
    }

    /// The value of a key that stands below no heading.
    pub(super) fn value(&self, key: &str) -> Option<&Passage> {
        self.lines.iter().find(|line| line.table.is_empty() && line.key == key).map(|line| &line.passage)
    }

    /// The words of such a value; empty when there is none.
    pub(super) fn words(&self, key: &str) -> &str {
        self.value(key).map_or("", |passage| &passage.words.text)
    }

    /// Where such a value stands; the beginning of the file when there is none.
    pub(super) fn place(&self, key: &str) -> usize {
        self.value(key).map_or(0, |passage| passage.words.place(0))
    }

    pub(super) fn warn(&self, remark: Remark) -> Diagnostic {
        self.placed(Diagnostic::warning(remark.code, remark.message), remark.at).help(remark.help)
    }

    pub(super) fn placed(&self, finding: Diagnostic, at: usize) -> Diagnostic {
        finding.in_file(self.page.file()).at(self.page.text(), at)
    }

    /// The remarks as warnings, at most [`AT_MOST`] of a kind.
    pub(super) fn warnings(&self, remarks: impl IntoIterator<Item = Remark>) -> Vec<Diagnostic> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let few = remarks.into_iter().filter(|remark| {
            let count = counts.entry(remark.code).or_default();
            *count += 1;
            *count <= AT_MOST
        });
        few.map(|remark| self.warn(remark)).collect()
    }
}

/// The values that are words, each as a passage of a section of its own table.
fn lines(page: &Page, values: Vec<Text>) -> Vec<Line> {
    let words = values.into_iter().filter(|value| !NO_WORDS.contains(&value.key.as_str()));
    let mut last = (String::new(), 0);
    let mut section = 0;
    let lines = words.map(|Text { table, nth, key, value, at }| {
        if last != (table.clone(), nth) {
            last = (table.clone(), nth);
            section += 1;
        }
        let words = PlacedText::of_value(page.text(), &value, at);
        Line { table, nth, key, passage: Passage { section, ..Passage::of(words) } }
    });
    lines.collect()
}
