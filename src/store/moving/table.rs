//! A table as it moves: its columns, and where a backend keeps it.

/// A table of which every store has one.
pub struct Table {
    pub name: &'static str,
    /// Those of the key first.
    pub columns: &'static [(&'static str, Kind)],
    /// How many columns the key has, by which rows are ordered.
    pub key: usize,
    /// How many rows are read and written at once: some megabytes.
    pub part: usize,
    pub sqlite: Kept,
    pub postgres: Kept,
}

/// What a column holds: `SQLite` knows numbers, text and octets, `PostgreSQL` how wide a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Big,
    Int,
    Small,
    /// A boolean there, 0 or 1 here.
    Flag,
    Text,
    Bytes,
}

/// Where a backend keeps a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In one of that name.
    Here,
    /// In others, or not in the same words.
    Elsewhere {
        /// What stands for the table in a query.
        read: &'static str,
        /// The statements that write: one row on `SQLite` (`?1` …), as many as there are on `PostgreSQL` (`$1` …, each an array).
        write: &'static [&'static str],
    },
}

impl Table {
    /// The names of the first `count` columns, as a list.
    pub(in crate::store) fn names(&self, count: usize) -> String {
        let names: Vec<&str> = self.columns.iter().take(count).map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// A query for the next part; `place` writes the placeholder of this number.
    pub(in crate::store) fn query(&self, kept: Kept, goes_on: bool, place: impl Fn(usize) -> String) -> String {
        let from = match kept {
            Kept::Here => self.name,
            Kept::Elsewhere { read, .. } => read,
        };
        let (all, key, part) = (self.names(self.columns.len()), self.names(self.key), self.part);
        let places: Vec<String> = (1..=self.key).map(place).collect();
        let after = if goes_on { format!("WHERE ({key}) > ({})", places.join(", ")) } else { String::new() };
        format!("SELECT {all} FROM {from} AS t {after} ORDER BY {key} LIMIT {part}")
    }

    /// A query for the number of rows.
    pub(in crate::store) fn count(&self, kept: Kept) -> String {
        match kept {
            Kept::Here => format!("SELECT count(*) FROM {}", self.name),
            Kept::Elsewhere { read, .. } => format!("SELECT count(*) FROM {read} AS t"),
        }
    }
}

/// Rows of usual size, and those that hold whole texts.
const MANY: usize = 5_000;
const FEW: usize = 100;

pub(super) const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, columns, key, part: MANY, sqlite: Kept::Here, postgres: Kept::Here }
}

pub(super) const fn large(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { part: FEW, ..table(name, key, columns) }
}
