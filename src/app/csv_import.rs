//! Subscribers in and out as CSV, and schools in from the register of England.

mod cells;
mod far_apart;
mod gias;
pub(in crate::app) mod letters;
mod own;
mod text;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{MailboxState, SubscribeRequest, SubscriberRecord};
use crate::ordinary_file;

pub use gias::{SkipReason, Skipped};
pub use own::{COLUMNS, bands_of};
pub use text::Format;

use far_apart::{Described, FarApart, Known};
use gias::Entry;

/// A CSV file that was read and checked. Its text is held, and what rows far apart have to do with each other; what it asks
/// for is read from it row by row, so that memory does not grow with what the rows mean.
#[derive(Debug, Default)]
pub struct CsvImport {
    text: String,
    digest: String,
    /// Lines that are not UTF-8, and where.
    foreign: BTreeMap<usize, Diagnostic>,
    /// What the columns mean; none for a file that cannot be understood.
    layout: Option<Layout>,
    known: Known,
    /// How many mailboxes it asks for.
    pub wanted: u64,
    /// Rows without an error that ask for nothing; [`Format::Csv`] has none.
    pub skipped: Vec<Skipped>,
    /// Errors and warnings, by line.
    pub findings: Vec<Diagnostic>,
}

impl From<Vec<Diagnostic>> for CsvImport {
    fn from(findings: Vec<Diagnostic>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// Where the columns of the file stand, and which bands there are.
#[derive(Debug)]
struct Layout {
    columns: Columns,
    bands: Bands,
}

#[derive(Debug)]
enum Columns {
    Csv(own::Header),
    Gias(gias::Header),
}

impl Layout {
    fn read(format: Format, row: &cells::Row<'_>, bands: &Bands) -> Result<Self, Vec<Diagnostic>> {
        let columns = match format {
            Format::Csv => own::Header::read(row).map(Columns::Csv),
            Format::Gias => gias::Header::read(row).map(Columns::Gias),
        };
        Ok(Self { columns: columns?, bands: bands.clone() })
    }

    fn entry(&self, row: &cells::Row<'_>) -> Result<Entry, Vec<Diagnostic>> {
        match &self.columns {
            Columns::Csv(header) => own::request(row, header, &self.bands).map(Entry::Wanted),
            Columns::Gias(header) => gias::entry(row, header, &self.bands),
        }
    }
}

/// Reads and checks a CSV file. Rows with an error make no request; whether the rest is used is the caller's choice.
/// A file whose text or first line cannot be understood makes none at all.
pub fn read(mut input: impl Read, file: &str, format: Format, bands: &Bands) -> CsvImport {
    let mut bytes = Vec::new();
    let mut import: CsvImport = match input.read_to_end(&mut bytes) {
        Ok(_) => text::of(bytes, format).map_or_else(CsvImport::from, |decoded| check(decoded, format, bands)),
        Err(error) => vec![Diagnostic::error("unreadable", format!("cannot be read: {error}"))].into(),
    };
    for finding in &mut import.findings {
        finding.file = Some(file.to_owned());
    }
    import
}

fn check(decoded: text::Decoded, format: Format, bands: &Bands) -> CsvImport {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&decoded.text)[..16]);
    let mut import = CsvImport { text: decoded.text, digest, foreign: decoded.foreign, ..CsvImport::default() };
    let mut rows = cells::Rows::of(&import.text).peekable();
    let first = rows.next().map(|row| match import.spoilt(&row) {
        spoilt if spoilt.is_empty() => Layout::read(format, &row, bands),
        spoilt => Err(spoilt),
    });
    let layout = match first {
        Some(Ok(layout)) => layout,
        Some(Err(findings)) => return findings.into(),
        None => return vec![text::empty(format)].into(),
    };
    if rows.peek().is_none() {
        let finding = Diagnostic::error("no-rows", "has a first line that names the columns, but no row below it");
        return vec![finding.help("write one line for each mailbox below the first line")].into();
    }
    drop(rows);
    import.layout = Some(layout);
    import.check_rows();
    import
}

impl CsvImport {
    /// What it asks for: one request a mailbox, in the file's order. A mailbox in several rows gets the union of their
    /// bands and belongs to the first; rows that share a urn are one subscriber, described by the first.
    pub fn requests(&self) -> impl Iterator<Item = SubscribeRequest> {
        let mut described = Described::new();
        self.entries().filter_map(move |(row, entry)| match entry {
            Ok(Entry::Wanted(request)) => self.known.merged(request, row.line, &mut described),
            _ => None,
        })
    }

    /// Tells the file from others.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// The rows below the first that can be read, each with what it asks for.
    fn entries(&self) -> impl Iterator<Item = (cells::Row<'_>, Result<Entry, Vec<Diagnostic>>)> {
        self.layout.iter().flat_map(|layout| {
            let rows = cells::Rows::of(&self.text).skip(1).filter(|row| self.spoilt(row).is_empty());
            rows.map(|row| {
                let entry = layout.entry(&row);
                (row, entry)
            })
        })
    }

    /// What makes a row unreadable.
    fn spoilt(&self, row: &cells::Row<'_>) -> Vec<Diagnostic> {
        if self.foreign.is_empty() {
            return Vec::new();
        }
        self.foreign.range(row.line..=row.last_line()).map(|(_, finding)| finding.clone()).collect()
    }

    fn check_rows(&mut self) {
        let (mut findings, mut skipped, mut rows) = (Vec::new(), Vec::new(), FarApart::default());
        for (row, entry) in self.entries() {
            match entry {
                Ok(Entry::Wanted(request)) => {
                    findings.extend(letters_of(&row, &request.profile.name));
                    rows.note(&request, row.line);
                }
                Ok(Entry::Skipped(row)) => skipped.push(row),
                Err(bad) => findings.extend(bad),
            }
        }
        let (mut known, wanted) = rows.compare();
        if known.is_shared() {
            let wishes = self.entries().filter_map(|(row, entry)| match entry {
                Ok(Entry::Wanted(request)) => Some((request, row.line)),
                _ => None,
            });
            findings.extend(wishes.filter_map(|(request, line)| known.look_again(request, line)));
        }
        if !self.foreign.is_empty() {
            findings.extend(cells::Rows::of(&self.text).skip(1).flat_map(|row| self.spoilt(&row)));
        }
        findings.sort_by_key(|finding| finding.line);
        (self.known, self.findings, self.skipped, self.wanted) = (known, findings, skipped, wanted);
    }
}

/// Warnings about characters that were lost, garbled or taken out.
fn letters_of(row: &cells::Row<'_>, name: &str) -> impl Iterator<Item = Diagnostic> {
    let garbled = letters::damage(name).map(|what| {
        let help = "mend the name; then save the file as “CSV UTF-8 (comma delimited)” and import it again";
        Diagnostic::warning("garbled-name", format!("name {what}")).help(help)
    });
    let invisible = row.invisible.map(|c| {
        let message = format!("an invisible character (U+{:04X}) was left out", u32::from(c));
        Diagnostic::warning("invisible-character", message)
    });
    let line = row.line;
    garbled.into_iter().chain(invisible).map(move |finding| Diagnostic { line: Some(line), ..finding })
}

/// What tells a spreadsheet that the text is UTF-8: without it, Excel turns “Llŷn” into “LlÅ·n”.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A writer of rows that Excel reads as UTF-8; its cells are to be [`letters::defused`].
pub(in crate::app) fn spreadsheet<W: Write>(mut output: W) -> std::io::Result<csv::Writer<W>> {
    output.write_all(MARK)?;
    Ok(csv::WriterBuilder::new().flexible(true).from_writer(output))
}

/// Whether a file may be an earlier list of ours: it is empty, or begins as one does.
pub fn is_list(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = ordinary_file::open(path).and_then(|file| file.take(64).read_to_end(&mut begin));
    let text = begin.strip_prefix(MARK).unwrap_or(&begin);
    read.is_ok() && (text.is_empty() || text.starts_with(COLUMNS.join(",").as_bytes()))
}

/// A list of active mailboxes that is being written. No cell is a formula.
pub struct CsvExport<'a, W: Write> {
    csv: csv::Writer<W>,
    bands: &'a Bands,
    rows: u64,
}

impl<'a, W: Write> CsvExport<'a, W> {
    /// Writes the first line to `output`.
    pub fn begin(output: W, bands: &'a Bands) -> Result<Self, csv::Error> {
        let mut csv = spreadsheet(output)?;
        csv.write_record(COLUMNS)?;
        Ok(Self { csv, bands, rows: 0 })
    }

    /// Writes the active mailboxes of these.
    pub fn add(&mut self, subscribers: &[SubscriberRecord]) -> Result<(), csv::Error> {
        for subscriber in subscribers {
            let profile = &subscriber.profile;
            for mailbox in subscriber.mailboxes.iter().filter(|m| m.state == MailboxState::Active) {
                let list: Vec<&str> = self.bands.ordered(&mailbox.bands).iter().map(|band| band.id.as_str()).collect();
                let urn = profile.urn.as_deref().unwrap_or("");
                let (name, list, email) = (profile.name.as_str(), list.join(" "), mailbox.address.as_str());
                let (sector, locale) = (profile.sector.as_str(), profile.locale.as_str());
                let cells = [name, sector, email, &list, "", locale, urn];
                self.csv.write_record(cells.map(letters::defused).iter().map(|cell| cell.as_bytes()))?;
                self.rows += 1;
            }
        }
        Ok(())
    }

    /// How many rows were written, once all of them are.
    pub fn finish(mut self) -> Result<u64, csv::Error> {
        self.csv.flush()?;
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn no_file_is_too_strange(text in "(\u{feff}){0,2}(name,email,bands\r\n)?[a@.é\u{feff},;\"\r\n 4-5]{0,60}") {
            check(&text, Format::Csv)?;
        }

        #[test]
        fn no_extract_is_too_strange(text in "(\u{feff})?(URN,EstablishmentName,EstablishmentStatus \\(name\\),\
            StatutoryLowAge,StatutoryHighAge,email\r\n)?([a@.é,;\"\r\n 4-5]|,Open,4,11,|a@b.cd){0,60}") {
            check(&text, Format::Gias)?;
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            for format in [Format::Csv, Format::Gias] {
                let import = read(bytes.as_slice(), "x.csv", format, &Bands::shipped());
                prop_assert!(!import.findings.is_empty() || import.requests().next().is_some());
            }
        }
    }

    fn check(text: &str, format: Format) -> Result<(), proptest::test_runner::TestCaseError> {
        let import = read(text.as_bytes(), "x.csv", format, &Bands::shipped());
        let lines = text.matches(['\n', '\r']).count() + 1;
        prop_assert_eq!(import.requests().count() as u64, import.wanted);
        prop_assert!(!(import.findings.is_empty() && import.wanted == 0 && import.skipped.is_empty()));
        let places = import.findings.iter().filter_map(|finding| finding.line);
        for line in places.chain(import.skipped.iter().map(|row| row.line)) {
            prop_assert!((1..=lines).contains(&line), "line {line}");
        }
        Ok(())
    }
}
