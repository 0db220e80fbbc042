//! Long lists on standard output: written as they are read, so that none is ever held in memory.

use std::io::Write as _;
use std::ops::ControlFlow;

use comfy_table::{ColumnConstraint, Width};
use serde::Serialize;

use super::out;

/// How much is written at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// How many rows of a table decide how wide its columns are.
const ROWS: usize = 1_000;

/// Standard output, for as long as somebody reads it.
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

/// Lines.
pub(super) struct LineList(Sheet);

impl LineList {
    pub(super) fn new() -> Self {
        Self(Sheet::new())
    }

    /// Writes one line; whether another is wanted.
    pub(super) fn add(&mut self, line: &str) -> ControlFlow<()> {
        self.0.add(line);
        self.0.add("\n");
        self.0.flow()
    }

    pub(super) fn end(mut self) {
        self.0.write();
    }
}

/// A table where people look, lines of tab-separated cells where a pipe reads.
pub(super) struct TableList {
    sheet: Sheet,
    header: &'static [&'static str],
    /// Rows that wait until there are enough to tell how wide the columns are.
    rows: Vec<Vec<String>>,
    /// How wide the content of each column was in the first part.
    widths: Option<Vec<u16>>,
}

impl TableList {
    pub(super) fn new(header: &'static [&'static str]) -> Self {
        Self { sheet: Sheet::new(), header, rows: Vec::new(), widths: None }
    }

    /// Writes one row; whether another is wanted.
    pub(super) fn add(&mut self, row: Vec<String>) -> ControlFlow<()> {
        if !out::is_watched() {
            self.sheet.add(&row.join("\t"));
            self.sheet.add("\n");
            return self.sheet.flow();
        }
        if self.rows.len() == ROWS {
            self.part();
        }
        self.rows.push(row);
        self.sheet.flow()
    }

    /// Ends the table; where people look and it has no row, says `nothing` instead.
    pub(super) fn end(mut self, nothing: &str) {
        if !self.rows.is_empty() {
            for line in self.lines() {
                self.line(&line);
            }
        } else if out::is_watched() {
            self.line(nothing);
        }
        self.sheet.write();
    }

    /// Writes a part that others follow: its last line is the first of the next.
    fn part(&mut self) {
        let mut lines = self.lines();
        lines.pop();
        for line in lines {
            self.line(&line);
        }
    }

    fn line(&mut self, line: &str) {
        self.sheet.add(line);
        self.sheet.add("\n");
    }

    /// The rows that wait, as a table. Its columns are as wide as those of the first, which has the header.
    fn lines(&mut self) -> Vec<String> {
        let mut table = out::table_of(std::mem::take(&mut self.rows));
        match &self.widths {
            None => {
                table.set_header(self.header.iter().copied());
                self.widths = Some(table.column_max_content_widths());
            }
            // Where they do not fit beside each other, each part finds its own way.
            Some(widths) if fits(widths, table.width()) => {
                let fixed = widths.iter().map(|width| ColumnConstraint::Absolute(Width::Fixed(width + PADDING)));
                table.set_constraints(fixed);
            }
            Some(_) => {}
        }
        table.lines().collect()
    }
}

/// The room beside a cell's content.
const PADDING: u16 = 2;

fn fits(widths: &[u16], room: Option<u16>) -> bool {
    room.is_none_or(|room| widths.iter().map(|width| width + PADDING).sum::<u16>() <= room)
}
