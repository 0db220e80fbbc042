//! The establishment extract of GIAS, the register of England's schools, joined with a column of addresses.
//!
//! The extract has some 130 columns and no address. The operator appends one, or has an extract with `MainEmail`.

mod header;

use header::{HIGH, LOW, NAME, URN};

use super::cells::Row;
use super::own;
use crate::domain::band::{BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest};
use crate::domain::text::{check_characters, check_line};

pub(super) use header::{FIRST_LINE, Header};

/// The statuses of a school that has pupils.
const OPEN: [&str; 2] = ["Open", "Open, but proposed to close"];

/// What joining two lists leaves in a cell that found no partner.
const NOTHING: [&str; 6] = ["#n/a", "n/a", "null", "nan", "none", "-"];

/// What the row asks for. A row that is left out is not judged any further: nobody can mend the register.
///
/// # Errors
/// Every finding, each with its line and column.
pub(super) fn entry(row: &Row<'_>, header: &Header, bands: &Bands) -> Result<Entry, Vec<Diagnostic>> {
    if let Some(finding) = header.misfit(row) {
        return Err(vec![finding]);
    }
    let mut school = School { row, header, findings: Vec::new() };
    if let Some(reason) = school.lacks() {
        return Ok(Entry::Skipped(school.skipped(reason)));
    }
    let urn = school.read(header.urn, "bad-urn", URN, urn);
    let name = school.read(header.name, "bad-name", NAME, |text| {
        check_line(text).map(|()| text.to_owned()).map_err(own::text_error)
    });
    let address = school.read(header.email, "bad-email", "email", own::address);
    let ages = school.ages();
    let (Some(urn), Some(name), Some(address), Some((low, high))) = (urn, name, address, ages) else {
        return Err(school.findings);
    };
    let bands: BandSet = bands.for_ages(low, high);
    if bands.is_empty() {
        return Ok(Entry::Skipped(school.skipped(SkipReason::NoBand(low, high))));
    }
    let profile = Profile { name, sector: Sector::School, locale: Locale::EnGb, urn: Some(urn) };
    Ok(Entry::Wanted(SubscribeRequest { profile, address, bands, origin: Origin::Import }))
}

struct School<'a> {
    row: &'a Row<'a>,
    header: &'a Header,
    findings: Vec<Diagnostic>,
}

impl<'a> School<'a> {
    fn text(&self, cell: usize) -> &'a str {
        self.row.cells.get(cell).unwrap_or("")
    }

    /// The text of a cell that may be left empty.
    fn maybe(&self, cell: usize) -> &'a str {
        let text = self.text(cell);
        if NOTHING.iter().any(|word| word.eq_ignore_ascii_case(text)) { "" } else { text }
    }

    fn lacks(&self) -> Option<SkipReason> {
        let status = self.text(self.header.status);
        if !OPEN.iter().any(|open| open.eq_ignore_ascii_case(status)) {
            return Some(SkipReason::NotOpen(showable(status)));
        }
        if self.maybe(self.header.email).is_empty() {
            return Some(SkipReason::NoEmail);
        }
        let either = [self.header.low, self.header.high].iter().any(|cell| self.maybe(*cell).is_empty());
        either.then_some(SkipReason::NoAges)
    }

    fn skipped(&self, reason: SkipReason) -> Skipped {
        let shown = |cell| showable(self.text(cell));
        Skipped { line: self.row.line, urn: shown(self.header.urn), name: shown(self.header.name), reason }
    }

    fn read<T>(
        &mut self,
        cell: usize,
        code: &'static str,
        column: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        read(self.text(cell))
            .map_err(|message| self.bad(cell, Diagnostic::error(code, format!("{column} {message}"))))
            .ok()
    }

    fn bad(&mut self, cell: usize, finding: Diagnostic) {
        let (line, column) = self.row.place(cell);
        self.findings.push(Diagnostic { line: Some(line), column: Some(column), ..finding });
    }

    fn ages(&mut self) -> Option<(u8, u8)> {
        let low = self.read(self.header.low, "bad-ages", LOW, years);
        let high = self.read(self.header.high, "bad-ages", HIGH, years);
        let (low, high) = (low?, high?);
        if low < high {
            return Some((low, high));
        }
        let message = format!("{LOW} {low} is not below {HIGH} {high}");
        self.bad(self.header.low, Diagnostic::error("bad-ages", message));
        None
    }
}

fn urn(text: &str) -> Result<String, String> {
    own::urn(text)?.ok_or_else(|| "is empty".to_owned())
}

/// An age. Programs that join lists turn a column with gaps into fractions: 4 becomes 4.0.
fn years(text: &str) -> Result<u8, String> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole.parse().map_err(|_| format!("{} is not a number of years", own::shown(text)))
}

/// Text that may be shown at a terminal, or nothing.
fn showable(text: &str) -> String {
    if check_characters(text).is_ok() { text.chars().take(120).collect() } else { String::new() }
}

/// What a row without an error comes to.
pub(super) enum Entry {
    /// It asks for a subscription.
    Wanted(SubscribeRequest),
    /// It is left out.
    Skipped(Skipped),
}

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The line it begins on, from 1.
    pub line: usize,
    /// Its number in the register, as it stands there; empty when it has none that can be shown.
    pub urn: String,
    /// The school; empty when its name cannot be shown.
    pub name: String,
    pub reason: SkipReason,
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// Its status, in the register's words, is not one of an open school.
    NotOpen(String),
    /// Nobody gave an address for it.
    NoEmail,
    /// The register has no ages for it, so there is nothing to choose bands by.
    NoAges,
    /// No band has children from the first age until they turn the second.
    NoBand(u8, u8),
}

impl SkipReason {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "not_open",
            Self::NoEmail => "no_email",
            Self::NoAges => "no_ages",
            Self::NoBand(..) => "no_band",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_whole_years() {
        assert_eq!(years("4"), Ok(4));
        assert_eq!(years("11.0"), Ok(11));
        for bad in ["4.5", "-1", "Nov", "256", ""] {
            assert!(years(bad).is_err(), "{bad}");
        }
    }
}
