//! Subscribers in and out as CSV, and schools in from the register of England.

mod cells;
mod gias;
pub(in crate::app) mod letters;
mod own;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::Path;

use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{MailboxState, Profile, SubscribeRequest, SubscriberRecord};
use crate::ordinary_file;

pub use gias::{SkipReason, Skipped};
pub use own::{COLUMNS, bands_of};
pub use text::Format;

use gias::Entry;
use text::Decoded;

/// What a CSV file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsvImport {
    /// One request per mailbox, in the file's order.
    pub requests: Vec<SubscribeRequest>,
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

/// Where the columns of the file stand.
enum Layout {
    Csv(own::Header),
    Gias(gias::Header),
}

impl Layout {
    fn read(format: Format, row: &cells::Row<'_>) -> Result<Self, Vec<Diagnostic>> {
        match format {
            Format::Csv => own::Header::read(row).map(Self::Csv),
            Format::Gias => gias::Header::read(row).map(Self::Gias),
        }
    }

    fn entry(&self, row: &cells::Row<'_>, bands: &Bands) -> Result<Entry, Vec<Diagnostic>> {
        match self {
            Self::Csv(header) => own::request(row, header, bands).map(Entry::Wanted),
            Self::Gias(header) => gias::entry(row, header, bands),
        }
    }
}

/// Reads a CSV file. Rows with an error make no request; whether the rest is used is the caller's choice.
/// A file whose text or first line cannot be understood makes none at all.
pub fn read(mut input: impl Read, file: &str, format: Format, bands: &Bands) -> CsvImport {
    let mut bytes = Vec::new();
    let mut import: CsvImport = match input.read_to_end(&mut bytes) {
        Ok(_) => text::of(&bytes, format).map_or_else(CsvImport::from, |decoded| rows(&decoded, format, bands)),
        Err(error) => vec![Diagnostic::error("unreadable", format!("cannot be read: {error}"))].into(),
    };
    for finding in &mut import.findings {
        finding.file = Some(file.to_owned());
    }
    import
}

fn rows(decoded: &Decoded<'_>, format: Format, bands: &Bands) -> CsvImport {
    let mut rows = cells::Rows::of(&decoded.text).peekable();
    let foreign = |row: &cells::Row<'_>| -> Vec<Diagnostic> {
        if decoded.foreign.is_empty() {
            return Vec::new();
        }
        let lines = row.line..=row.last_line();
        decoded.foreign.range(lines).map(|(_, finding)| finding.clone()).collect()
    };
    let first = rows.next().map(|row| match foreign(&row) {
        spoilt if spoilt.is_empty() => Layout::read(format, &row),
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
    let mut merged = Merged::default();
    let (mut findings, mut skipped) = (Vec::new(), Vec::new());
    for row in rows {
        let spoilt = foreign(&row);
        if !spoilt.is_empty() {
            findings.extend(spoilt);
            continue;
        }
        match layout.entry(&row, bands) {
            Ok(Entry::Wanted(request)) => {
                findings.extend(letters_of(&row, &request.profile.name));
                findings.extend(merged.add(request, row.line));
            }
            Ok(Entry::Skipped(row)) => skipped.push(row),
            Err(bad) => findings.extend(bad),
        }
    }
    CsvImport { requests: merged.requests, skipped, findings }
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

/// Requests so far: a mailbox in several rows gets the union of their bands and belongs to the first;
/// rows that share a urn are one subscriber, described by the first.
#[derive(Default)]
struct Merged {
    requests: Vec<SubscribeRequest>,
    by_address: HashMap<Address, (usize, usize)>,
    by_urn: BTreeMap<String, Profile>,
}

impl Merged {
    fn add(&mut self, mut request: SubscribeRequest, line: usize) -> Option<Diagnostic> {
        let warn = |code, message| Some(Diagnostic { line: Some(line), ..Diagnostic::warning(code, message) });
        if let Some((at, first)) = self.by_address.get(&request.address) {
            self.requests[*at].bands.append(&mut request.bands);
            let message = format!(
                "this mailbox was named on line {first} already: it gets the bands of both and belongs to the first"
            );
            return warn("shared-mailbox", message);
        }
        let mut warning = None;
        if let Some(urn) = request.profile.urn.clone() {
            let first = self.by_urn.entry(urn.clone()).or_insert_with(|| request.profile.clone());
            if *first != request.profile {
                warning = warn(
                    "shared-urn",
                    format!("urn {urn} was described otherwise before: the first description counts"),
                );
                request.profile = first.clone();
            }
        }
        self.by_address.insert(request.address.clone(), (self.requests.len(), line));
        self.requests.push(request);
        warning
    }
}

/// What tells a spreadsheet that the text is UTF-8: without it, Excel turns “Llŷn” into “LlÅ·n”.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A writer of rows that Excel reads as UTF-8; its cells are to be [`letters::defused`].
pub(in crate::app) fn spreadsheet<W: Write>(mut output: W) -> std::io::Result<csv::Writer<W>> {
    output.write_all(MARK)?;
    Ok(csv::Writer::from_writer(output))
}

/// Whether a file may be an earlier list of ours: it is empty, or begins as one does.
pub fn is_list(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = ordinary_file::open(path).and_then(|file| file.take(64).read_to_end(&mut begin));
    let text = begin.strip_prefix(MARK).unwrap_or(&begin);
    read.is_ok() && (text.is_empty() || text.starts_with(COLUMNS.join(",").as_bytes()))
}

/// Writes every active mailbox. No cell is a formula.
///
/// # Errors
/// When `output` cannot be written.
pub fn write(output: impl Write, subscribers: &[SubscriberRecord], bands: &Bands) -> Result<u64, csv::Error> {
    let mut csv = spreadsheet(output)?;
    csv.write_record(COLUMNS)?;
    let mut rows = 0;
    for subscriber in subscribers {
        let profile = &subscriber.profile;
        for mailbox in subscriber.mailboxes.iter().filter(|m| m.state == MailboxState::Active) {
            let list: Vec<&str> = bands.ordered(&mailbox.bands).iter().map(|band| band.id.as_str()).collect();
            let urn = profile.urn.as_deref().unwrap_or("");
            let (name, list) = (profile.name.as_str(), list.join(" "));
            let (sector, locale, email) = (profile.sector.as_str(), profile.locale.as_str(), mailbox.address.as_str());
            let cells = [name, sector, email, &list, "", locale, urn];
            csv.write_record(cells.map(|cell| letters::defused(cell).into_owned()))?;
            rows += 1;
        }
    }
    csv.flush()?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

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
                prop_assert!(!import.findings.is_empty() || !import.requests.is_empty());
            }
        }
    }

    fn check(text: &str, format: Format) -> Result<(), proptest::test_runner::TestCaseError> {
        let import = read(text.as_bytes(), "x.csv", format, &Bands::shipped());
        let lines = text.matches(['\n', '\r']).count() + 1;
        prop_assert!(!(import.findings.is_empty() && import.requests.is_empty() && import.skipped.is_empty()));
        let places = import.findings.iter().filter_map(|finding| finding.line);
        for line in places.chain(import.skipped.iter().map(|row| row.line)) {
            prop_assert!((1..=lines).contains(&line), "line {line}");
        }
        Ok(())
    }
}
