//! From the bytes of a CSV file to text that can be split: encoding, separator, quotes.

use super::COLUMNS;
use super::cells::Cutter;
use crate::domain::diagnostic::Diagnostic;

const SAVE_AS: &str = "in Excel or LibreOffice, save the file again as “CSV UTF-8 (comma delimited)”";

/// Excel takes the separator from the computer's region, whatever its menu says.
const COMMAS: &str =
    "save the file in LibreOffice with the comma as field delimiter, or replace the separators in a text editor";

/// The text of the file, without a byte order mark.
///
/// # Errors
/// What makes the whole file unreadable.
pub(super) fn of(bytes: &[u8]) -> Result<&str, Diagnostic> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(Diagnostic::error("bad-csv", "is a spreadsheet, not a CSV file").help(SAVE_AS));
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
        return Err(Diagnostic::error("bad-csv", "is not UTF-8 text, but UTF-16 or no text at all").help(SAVE_AS));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| foreign(bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    separator(text)?;
    quotes(text)?;
    Ok(text)
}

/// Nothing was written in the file.
pub(super) fn empty() -> Diagnostic {
    Diagnostic::error("empty", "is empty")
        .help(format!("the first line must name the columns: {}; then one line for each mailbox", COLUMNS.join(",")))
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
fn separator(text: &str) -> Result<(), Diagnostic> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let other = [(';', "semicolons"), ('\t', "tabs"), ('|', "upright bars")];
    let found = other.into_iter().find(|(separator, _)| !first.contains(',') && first.contains(*separator));
    found.map_or(Ok(()), |(separator, name)| {
        let finding = Diagnostic::error("bad-separator", format!("separates its cells by {name}: use commas"));
        Err(finding.at(text, text.find(separator).unwrap_or_default()).help(COMMAS))
    })
}

/// A quote that nothing closes swallows every row below it.
fn quotes(text: &str) -> Result<(), Diagnostic> {
    let (mut cutter, mut opened) = (Cutter::default(), 0);
    for (at, c) in text.char_indices() {
        let was_fresh = cutter.is_fresh();
        cutter.ends_cell(c);
        if was_fresh && cutter.is_quoted() {
            opened = at;
        }
    }
    if !cutter.is_quoted() {
        return Ok(());
    }
    let finding = Diagnostic::error("open-quote", "a quotation mark opens a cell here, and none closes it");
    Err(finding.at(text, opened).help("close the cell with a second \", or remove the first"))
}
