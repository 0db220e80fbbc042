//! A sheet of figures with its words: what a report says, before it is laid out on a page or a terminal.

use serde::Serialize;

/// Facts, tables and notes.
#[derive(Debug, Clone, Serialize)]
pub struct Sheet {
    pub service: String,
    /// “School year 2026-27”.
    pub title: String,
    /// The days that it is about, and when it was made.
    pub days: String,
    /// A few figures that stand first.
    pub facts: Vec<Fact>,
    pub tables: Vec<Table>,
    /// What must be known of the figures.
    pub notes: Vec<String>,
}

/// A figure, and what it counts.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    pub figure: String,
    pub what: String,
}

/// A table, whose first columns are words and the rest figures.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub title: String,
    /// What is said above it, if anything.
    pub lead: Option<String>,
    pub headings: Vec<Cell>,
    pub rows: Vec<Row>,
    /// What stands instead of a table without rows.
    pub nothing: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The first cell names the row.
    pub name: String,
    pub cells: Vec<Cell>,
    /// The sum of those above.
    pub is_total: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    pub text: String,
    pub is_figure: bool,
    /// Words that may be long.
    pub is_long: bool,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_figure: false, is_long: false }
    }

    pub fn long(text: impl Into<String>) -> Self {
        Self { is_long: true, ..Self::text(text) }
    }

    pub fn figure(text: impl Into<String>) -> Self {
        Self { is_figure: true, ..Self::text(text) }
    }
}

/// What was, beside what is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Comparison {
    /// With what it is compared.
    pub compared: String,
    pub rows: Vec<Compared>,
    pub notices: Vec<Marked>,
}

/// One thing as it was and is.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    pub what: String,
    pub before: String,
    pub now: String,
    pub changed: bool,
    /// By how much, of a number.
    pub by: Option<String>,
}

/// Something that is new, gone or still there.
#[derive(Debug, Clone, Serialize)]
pub struct Marked {
    /// `new`, `gone` or `still`.
    pub kind: &'static str,
    /// The same as a word to read.
    pub mark: &'static str,
    pub title: String,
}
