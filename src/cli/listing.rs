//! Long lists on standard output: written as they are read, so that none is ever held in memory.

use std::io::Write as _;
use std::ops::ControlFlow;

use serde::Serialize;

use super::table::{Column, Layout};
use super::{out, terminal};

/// How much is written at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// How many rows of a table decide how wide its columns are.
const ROWS: usize = 1_000;

/// Standard output, for as long as someone reads it.
struct Sheet {
    text: String,
    is_read: bool,
}

impl Sheet {
    fn new() -> Self {
        Self { text: String::with_capacity(BLOCK + BLOCK / 4), is_read: true }
    }

    /// Writes whole lines, or takes them to be written with the next.
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        if self.text.len() >= BLOCK {
            self.write();
        }
    }

    fn write(&mut self) {
        if self.is_read && !self.text.is_empty() {
            let mut stdout = anstream::stdout().lock();
            let written = stdout.write_all(self.text.as_bytes()).and_then(|()| stdout.flush());
            self.is_read = out::is_written(written);
        }
        self.text.clear();
    }

    fn flow(&self) -> ControlFlow<()> {
        if self.is_read { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// A JSON array, as [`out::json`] writes one.
pub(super) struct JsonList {
    sheet: Sheet,
    /// What each line of an item begins with.
    indent: &'static str,
    items: u64,
}

impl JsonList {
    pub(super) fn new() -> Self {
        Self::within("", "  ")
    }

    /// One that comes after `before`, its items indented by `indent`.
    pub(super) fn within(before: &str, indent: &'static str) -> Self {
        let mut sheet = Sheet::new();
        sheet.add(before);
        sheet.add("[");
        Self { sheet, indent, items: 0 }
    }

    /// Writes one item; whether another is wanted.
    pub(super) fn add(&mut self, item: &impl Serialize) -> ControlFlow<()> {
        match serde_json::to_string_pretty(item) {
            Ok(text) => {
                self.sheet.add(if self.items == 0 { "\n" } else { ",\n" });
                for (at, line) in text.split('\n').enumerate() {
                    if at > 0 {
                        self.sheet.add("\n");
                    }
                    self.sheet.add(self.indent);
                    self.sheet.add(line);
                }
                self.items += 1;
            }
            Err(error) => out::error(&format!("the answer cannot be written as JSON: {error}")),
        }
        self.sheet.flow()
    }

    /// Ends the array, and the answer with `after`.
    pub(super) fn end(mut self, after: &str) {
        if self.items > 0 {
            self.sheet.add("\n");
            self.sheet.add(&self.indent[2..]);
        }
        self.sheet.add("]");
        self.sheet.add(after);
        self.sheet.add("\n");
        self.sheet.write();
    }
}

/// A table where people look, lines of tab-separated cells where a pipe reads.
pub(super) struct TableList {
    sheet: Sheet,
    columns: &'static [Column<'static>],
    /// Rows that wait until there are enough to tell how wide the columns are.
    rows: Vec<Vec<String>>,
    /// How the part before was laid out.
    layout: Option<Layout>,
}

impl TableList {
    pub(super) fn new(columns: &'static [Column<'static>]) -> Self {
        Self { sheet: Sheet::new(), columns, rows: Vec::new(), layout: None }
    }

    /// Writes one row; whether another is wanted.
    pub(super) fn add(&mut self, row: Vec<String>) -> ControlFlow<()> {
        if !out::is_watched() {
            self.line(&out::cells(row));
            return self.sheet.flow();
        }
        if self.rows.len() == ROWS {
            self.part(terminal::width());
        }
        self.rows.push(row);
        self.sheet.flow()
    }

    /// Ends the table; where people look and it has no row, says `nothing` instead.
    pub(super) fn end(mut self, nothing: &str) {
        if !self.rows.is_empty() {
            self.part(terminal::width());
        } else if out::is_watched() && self.layout.is_none() {
            self.line(&out::folded_for_people(nothing));
        }
        self.sheet.write();
    }

    /// Writes the rows that wait, in columns as wide as those of the part before. Where these would break a word, the part has
    /// columns and headings of its own.
    fn part(&mut self, width: Option<usize>) {
        let rows = std::mem::take(&mut self.rows);
        let layout = Layout::of(self.columns, &rows, width, self.layout.as_ref());
        let mut lines = Vec::new();
        if self.layout.as_ref() != Some(&layout) {
            lines.extend(self.layout.iter().map(|_| String::new()));
            lines.extend(layout.headings(self.columns));
        }
        lines.extend(layout.lines(self.columns, &rows, width));
        for line in &lines {
            self.line(line);
        }
        self.layout = Some(layout);
    }

    fn line(&mut self, line: &str) {
        self.sheet.add(line);
        self.sheet.add("\n");
    }
}
