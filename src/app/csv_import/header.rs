//! The first row: which column stands where.

use super::cells::Row;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::suggest::nearest;

/// The columns, in the order of an export.
pub const COLUMNS: [&str; 7] = ["name", "sector", "email", "bands", "ages", "locale", "urn"];

/// Where each known column stands.
pub(super) struct Header {
    at: [Option<usize>; COLUMNS.len()],
    /// Cells that have a name.
    pub(super) named: usize,
}

impl Header {
    /// Reads the first row. A cell without a name is no column: spreadsheets leave such cells behind.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut header = Self { at: [None; COLUMNS.len()], named: 0 };
        let mut findings = Vec::new();
        for (cell, name) in row.cells.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            header.named += 1;
            let (line, column) = row.place(cell);
            let placed = |finding| Diagnostic { line: Some(line), column: Some(column), ..finding };
            match COLUMNS.iter().position(|known| known.eq_ignore_ascii_case(name)) {
                Some(known) if header.at[known].is_some() => {
                    let message = format!("the column “{}” stands twice", COLUMNS[known]);
                    findings.push(placed(
                        Diagnostic::error("duplicate-column", message).help("remove or rename one of the two"),
                    ));
                }
                Some(known) => header.at[known] = Some(cell),
                None => findings.push(placed(unknown(name))),
            }
        }
        if header.at.iter().all(Option::is_none) {
            let finding = Diagnostic::error("missing-header", "the first line does not name the columns");
            return Err(vec![Diagnostic { line: Some(row.line), ..finding.help(first_line()) }]);
        }
        findings.extend(header.lacks().map(|finding| Diagnostic { line: Some(row.line), ..finding }));
        if findings.is_empty() { Ok(header) } else { Err(findings) }
    }

    fn lacks(&self) -> impl Iterator<Item = Diagnostic> {
        let missing = |name: &'static str| self.cell(name).is_none();
        let needed = ["name", "email"].into_iter().filter(move |name| missing(name));
        let needed = needed.map(|name| format!("the column “{name}” is missing"));
        let neither = missing("bands") && missing("ages");
        let either = neither.then(|| "one of the columns “bands” and “ages” is needed".to_owned());
        needed.chain(either).map(|message| Diagnostic::error("missing-column", message).help(first_line()))
    }

    /// The number of the cell, from 0, that stands in the column `name`.
    pub(super) fn cell(&self, name: &str) -> Option<usize> {
        COLUMNS.iter().position(|known| *known == name).and_then(|known| self.at[known])
    }

    /// Whether the cell stands in a named column.
    pub(super) fn names(&self, cell: usize) -> bool {
        self.at.contains(&Some(cell))
    }
}

fn unknown(name: &str) -> Diagnostic {
    let near = nearest(name, COLUMNS).map_or(String::new(), |near| format!("; did you mean “{near}”?"));
    let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    Diagnostic::error("unknown-column", format!("there is no column “{shown}”{near}"))
        .help(format!("the columns are: {}; remove any other", COLUMNS.join(",")))
}

fn first_line() -> String {
    format!("make the first line {} (sector, locale, urn and one of bands and ages may be left out)", COLUMNS.join(","))
}
