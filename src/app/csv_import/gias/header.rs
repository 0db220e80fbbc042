//! The first row of the GIAS extract: which of its many columns are read, and where they stand.

use super::super::cells::Row;
use crate::domain::diagnostic::Diagnostic;

pub(super) const URN: &str = "URN";
pub(super) const NAME: &str = "EstablishmentName";
pub(super) const STATUS: &str = "EstablishmentStatus (name)";
pub(super) const LOW: &str = "StatutoryLowAge";
pub(super) const HIGH: &str = "StatutoryHighAge";

/// What a first line must have, for messages.
pub(in super::super) const FIRST_LINE: &str =
    "URN,EstablishmentName,EstablishmentStatus (name),StatutoryLowAge,StatutoryHighAge,email";

/// Names of a column with a school's own address. A head teacher's is not among them: a named person's is personal data.
const EMAIL: [&str; 8] = [
    "email",
    "mainemail",
    "emailaddress",
    "mainemailaddress",
    "schoolemail",
    "schoolemailaddress",
    "contactemail",
    "officeemail",
];

const ADD_EMAIL: &str = "GIAS gives out no addresses as a rule: add a column named email with the office address of each \
                         school, joined by URN from a list of your own; leave it empty where you have none";

/// Where each column stands that is read, from 0. Others may stand anywhere.
#[derive(Debug)]
pub(in super::super) struct Header {
    pub(super) urn: usize,
    pub(super) name: usize,
    pub(super) status: usize,
    pub(super) low: usize,
    pub(super) high: usize,
    pub(super) email: usize,
    /// Cells of the first line.
    cells: usize,
}

impl Header {
    /// Reads the first row. Capital letters, spaces and signs in a name make no difference: `E-mail` is `email`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(in super::super) fn read(row: &Row<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut columns = Columns { row, names: row.cells.iter().map(fold).collect(), findings: Vec::new() };
        let [urn, name, status, low, high] = [URN, NAME, STATUS, LOW, HIGH].map(|column| columns.find(column));
        if [urn, name, status, low, high].iter().all(Option::is_none) {
            let finding = Diagnostic::error("missing-header", "the first line does not name the columns of GIAS");
            let help =
                format!("it must have at least {FIRST_LINE}; for a file with other columns leave --format gias out");
            return Err(vec![Diagnostic { line: Some(row.line), ..finding.help(help) }]);
        }
        match (urn, name, status, low, high, columns.email()) {
            (Some(urn), Some(name), Some(status), Some(low), Some(high), Some(email)) => {
                Ok(Self { urn, name, status, low, high, email, cells: row.cells.len() })
            }
            _ => Err(columns.findings),
        }
    }

    /// A row that does not fit the first line: nothing in it can be trusted to stand where it should.
    pub(super) fn misfit(&self, row: &Row<'_>) -> Option<Diagnostic> {
        let placed = |cell, finding| {
            let (line, column) = row.place(cell);
            Some(Diagnostic { line: Some(line), column: Some(column), ..finding })
        };
        let (cells, named) = (row.cells.len(), self.cells);
        if let Some(cell) = (named..cells).find(|cell| !row.cells[*cell].is_empty()) {
            let message = format!("has a cell number {}, but the first line names {named} columns", cell + 1);
            let help = "put a cell that contains a comma between quotation marks";
            return placed(cell, Diagnostic::error("too-many-cells", message).help(help));
        }
        // Spreadsheets leave out empty cells at the end of a row; an address may well be such a cell.
        if [self.urn, self.name, self.status, self.low, self.high].iter().all(|cell| *cell < cells) {
            return None;
        }
        let message = format!("has {cells} of {named} cells");
        placed(cells, Diagnostic::error("too-few-cells", message).help("keep the commas of empty cells"))
    }
}

/// Letters and digits of a column's name, in lower case.
fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

struct Columns<'a> {
    row: &'a Row<'a>,
    names: Vec<String>,
    findings: Vec<Diagnostic>,
}

impl Columns<'_> {
    fn all(&self, is: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|cell| is(&self.names[*cell])).collect()
    }

    fn find(&mut self, column: &str) -> Option<usize> {
        let folded = fold(column);
        let found = self.all(|name| name == folded);
        match found.as_slice() {
            [] => {
                let message = format!("the column “{column}” is missing");
                let help = "download the extract again with all establishment fields, and keep its first line";
                self.missing(Diagnostic::error("missing-column", message).help(help));
                None
            }
            [one] => Some(*one),
            [_, second, ..] => {
                let message = format!("the column “{column}” stands twice");
                let help = "keep the one of the extract, and remove or rename the other";
                self.bad(*second, Diagnostic::error("duplicate-column", message).help(help));
                None
            }
        }
    }

    fn email(&mut self) -> Option<usize> {
        let found = self.all(|name| EMAIL.contains(&name));
        match found.as_slice() {
            [] => {
                self.missing(
                    Diagnostic::error("missing-column", "there is no column of email addresses").help(self.add_email()),
                );
                None
            }
            [one] => Some(*one),
            [first, second, ..] => {
                let message =
                    format!("two columns could be the address: “{}” and “{}”", self.shown(*first), self.shown(*second));
                let help = "rename the one that is not to be used, such as to old address";
                self.bad(*second, Diagnostic::error("duplicate-column", message).help(help));
                None
            }
        }
    }

    /// What to do; a column that only sounds right may be just what is meant.
    fn add_email(&self) -> String {
        match self.all(|name| name.contains("mail") && !name.contains("mailing")).first() {
            Some(near) => format!("{ADD_EMAIL}. If “{}” is the one, rename it to email", self.shown(*near)),
            None => ADD_EMAIL.to_owned(),
        }
    }

    fn shown(&self, cell: usize) -> String {
        self.row.cells[cell].chars().filter(|c| !c.is_control()).take(40).collect()
    }

    fn missing(&mut self, finding: Diagnostic) {
        self.findings.push(Diagnostic { line: Some(self.row.line), ..finding });
    }

    fn bad(&mut self, cell: usize, finding: Diagnostic) {
        let (line, column) = self.row.place(cell);
        self.findings.push(Diagnostic { line: Some(line), column: Some(column), ..finding });
    }
}
