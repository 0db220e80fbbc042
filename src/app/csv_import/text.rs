//! From the bytes of a CSV file to text that can be split: encoding, separator, quotes.

use std::collections::BTreeMap;

use encoding_rs::WINDOWS_1252;

use super::cells::{Cutter, Lines};
use super::gias;
use super::own::COLUMNS;
use crate::domain::diagnostic::Diagnostic;

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own columns, in UTF-8.
    Csv,
    /// The establishment extract of GIAS (Get Information about Schools), joined with a column of addresses.
    Gias,
}

const SAVE_AS: &str = "in Excel or LibreOffice, save the file again as “CSV UTF-8 (comma delimited)”";

/// Excel takes the separator from the computer's region, whatever its menu says.
const COMMAS: &str =
    "save the file in LibreOffice with the comma as field delimiter, or replace the separators in a text editor";

const USE_GIAS: &str = "to read it as such, import it with --format gias";

/// The text of the file, without a byte order mark. Only the register's may be in Windows' own encoding.
///
/// # Errors
/// What makes the whole file unreadable.
pub(super) fn of(bytes: Vec<u8>, format: Format) -> Result<Decoded, Vec<Diagnostic>> {
    let bad = |finding| Err(vec![finding]);
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return bad(Diagnostic::error("bad-csv", "is a spreadsheet, not a CSV file").help(SAVE_AS));
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
        return bad(Diagnostic::error("bad-csv", "is not UTF-8 text, but UTF-16 or no text at all").help(SAVE_AS));
    }
    if format == Format::Csv && is_gias(&bytes) {
        return bad(Diagnostic::error("gias", "looks like the GIAS extract of schools").help(USE_GIAS));
    }
    let decoded = decode(bytes, format);
    let finding = separator(&decoded.text).or_else(|| open_quote(&decoded.text));
    finding.map_or(Ok(decoded), bad)
}

/// A text that was decoded line by line: one that is spoilt spoils no other.
pub(super) struct Decoded {
    pub(super) text: String,
    /// Lines that are not UTF-8, and where.
    pub(super) foreign: BTreeMap<usize, Diagnostic>,
}

fn decode(mut bytes: Vec<u8>, format: Format) -> Decoded {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Decoded { text, foreign: BTreeMap::new() },
        Err(error) => error.into_bytes(),
    };
    let (mut text, mut foreign) = (String::with_capacity(bytes.len()), BTreeMap::new());
    for (number, line) in Lines::of(&bytes) {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            // Every byte means something there, so a line that is no UTF-8 is always taken for it.
            Err(_) if format == Format::Gias => text.push_str(&WINDOWS_1252.decode_without_bom_handling(line).0),
            Err(error) => {
                let finding = self::foreign(line, error.valid_up_to());
                foreign.insert(number, Diagnostic { line: Some(number), ..finding });
                text.push_str(&String::from_utf8_lossy(line));
            }
        }
    }
    Decoded { text, foreign }
}

/// Whether the first line has a column that only the register has.
fn is_gias(bytes: &[u8]) -> bool {
    let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    memchr::memmem::find(&first.to_ascii_lowercase(), b"establishmentname").is_some()
}

/// Nothing was written in the file.
pub(super) fn empty(format: Format) -> Diagnostic {
    let columns = match format {
        Format::Csv => COLUMNS.join(","),
        Format::Gias => gias::FIRST_LINE.to_owned(),
    };
    Diagnostic::error("empty", "is empty")
        .help(format!("the first line must name the columns: {columns}; then one line for each mailbox"))
}

/// A byte that UTF-8 does not have; most often the file is in Windows' own encoding, so its letter is shown.
fn foreign(bytes: &[u8], at: usize) -> Diagnostic {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let byte = bytes.get(at).copied().unwrap_or_default();
    // From 0xA0 on, Windows-1252 and Latin-1 agree with Unicode's first block.
    let letter = if byte >= 0xA0 { format!(" (perhaps “{}”)", char::from(byte)) } else { String::new() };
    let message = format!("is not UTF-8 text: the first foreign byte is 0x{byte:02X}{letter}");
    Diagnostic::error("bad-csv", message).at(&before, before.len()).help(SAVE_AS)
}

/// Excel writes semicolons wherever the comma is the decimal sign.
fn separator(text: &str) -> Option<Diagnostic> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let others = [(';', "semicolons"), ('\t', "tabs"), ('|', "upright bars")];
    let (separator, name) = others.into_iter().find(|(c, _)| !first.contains(',') && first.contains(*c))?;
    let finding = Diagnostic::error("bad-separator", format!("separates its cells by {name}: use commas"));
    Some(finding.at(text, text.find(separator).unwrap_or_default()).help(COMMAS))
}

/// A quote that nothing closes swallows every row below it.
fn open_quote(text: &str) -> Option<Diagnostic> {
    memchr::memchr(b'"', text.as_bytes())?;
    let (mut cutter, mut opened) = (Cutter::default(), 0);
    for (at, c) in text.char_indices() {
        let was_fresh = cutter.is_fresh();
        cutter.ends_cell(c);
        if was_fresh && cutter.is_quoted() {
            opened = at;
        }
    }
    let finding = Diagnostic::error("open-quote", "a quotation mark opens a cell here, and none closes it");
    let finding = finding.help("close the cell with a second \", or remove the first");
    cutter.is_quoted().then(|| finding.at(text, opened))
}
