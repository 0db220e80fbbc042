//! One row → one request, or everything that is wrong with it.

use super::band_columns;
use super::cells::Row;
use super::header::Header;
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest};
use crate::domain::text::suggest::nearest;
use crate::domain::text::{TextError, check_characters, check_line};

/// What the row asks for.
///
/// # Errors
/// Every finding, each with its line and column.
pub(super) fn request(row: &Row<'_>, header: &Header, bands: &Bands) -> Result<SubscribeRequest, Vec<Diagnostic>> {
    let mut cells = Cells { row, header, findings: Vec::new() };
    if let Some(finding) = cells.misfit() {
        return Err(vec![finding]);
    }
    let name = cells.read("name", |text| check_line(text).map(|()| text.to_owned()).map_err(text_error));
    let sector = cells.read("sector", |text| word(text, Sector::ALL, Sector::School, Sector::as_str));
    let address = cells.read("email", address);
    let wanted = cells.wanted(bands);
    let locale = cells.read("locale", |text| word(text, Locale::ALL, Locale::EnGb, Locale::as_str));
    let urn = cells.read("urn", urn);
    match (name, sector, locale, address, urn, wanted) {
        (Some(name), Some(sector), Some(locale), Some(address), Some(urn), Some(bands)) => {
            let profile = Profile { name, sector, locale, urn };
            Ok(SubscribeRequest { profile, address, bands, origin: Origin::Import })
        }
        _ => Err(cells.findings),
    }
}

struct Cells<'a> {
    row: &'a Row<'a>,
    header: &'a Header,
    findings: Vec<Diagnostic>,
}

impl<'a> Cells<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.header.cell(name).and_then(|cell| self.row.cells.get(cell)).unwrap_or("")
    }

    fn read<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let code = match name {
            "name" => "bad-name",
            "sector" => "bad-sector",
            "locale" => "bad-locale",
            "email" => "bad-email",
            _ => "bad-urn",
        };
        read(self.text(name))
            .map_err(|message| self.bad(name, Diagnostic::error(code, format!("{name} {message}"))))
            .ok()
    }

    fn bad(&mut self, name: &str, finding: Diagnostic) {
        let (line, column) = self.row.place(self.header.cell(name).unwrap_or_default());
        self.findings.push(Diagnostic { line: Some(line), column: Some(column), ..finding });
    }

    fn wanted(&mut self, bands: &Bands) -> Option<crate::domain::band::BandSet> {
        let (list, ages) = (self.text("bands"), self.text("ages"));
        let column = if list.is_empty() && self.header.cell("ages").is_some() { "ages" } else { "bands" };
        match band_columns::bands_of(list, ages, bands) {
            Ok(set) => Some(set),
            Err(message) => {
                let finding = Diagnostic::error("bad-bands", message);
                let dated = band_columns::looks_like_a_date(if list.is_empty() { ages } else { list });
                self.bad(column, if dated { finding.help(band_columns::DATES) } else { finding });
                None
            }
        }
    }

    /// A row that does not fit the first line: nothing in it can be trusted to stand where it should.
    fn misfit(&self) -> Option<Diagnostic> {
        let (row, named) = (&self.row.cells, self.header.named);
        let placed = |cell, finding| {
            let (line, column) = self.row.place(cell);
            Some(Diagnostic { line: Some(line), column: Some(column), ..finding })
        };
        if let Some(cell) = (0..row.len()).find(|cell| !row[*cell].is_empty() && !self.header.names(*cell)) {
            let message = format!("has a cell number {}, but the first line names {named} columns", cell + 1);
            let help = "put a cell that contains a comma between quotation marks; separate bands by spaces";
            return placed(cell, Diagnostic::error("too-many-cells", message).help(help));
        }
        // Spreadsheets leave out empty cells at the end of a row, so only what is needed must be there.
        let has = |name| self.header.cell(name).is_some_and(|cell| cell < row.len());
        if has("name") && has("email") && (has("bands") || has("ages")) {
            return None;
        }
        let message = format!("has {} of {named} cells", row.len());
        let help = "every row needs a name, an email and one of bands and ages; keep the commas of empty cells";
        placed(row.len(), Diagnostic::error("too-few-cells", message).help(help))
    }
}

pub(super) fn text_error(error: TextError) -> String {
    match error {
        TextError::Control(10 | 13) => "contains a line break".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if check_characters(text).is_ok() && text.matches('@').count() > 1 && text.contains([',', ';', ' ', '/']) {
        return Err("names several mailboxes: give each a row of its own, with the same urn".to_owned());
    }
    text.parse().map_err(|error: crate::domain::address::AddressError| error.to_string())
}

pub(super) fn urn(text: &str) -> Result<Option<String>, String> {
    if text.len() > 20 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(format!("{} is not a register number (1 to 20 letters and digits)", shown(text)));
    }
    Ok(Some(text.to_owned()).filter(|urn| !urn.is_empty()))
}

/// A word of a fixed list; capital letters make no difference, nothing means `default`.
fn word<T: Copy>(text: &str, all: &[T], default: T, name: impl Fn(T) -> &'static str) -> Result<T, String> {
    if text.is_empty() {
        return Ok(default);
    }
    let names = || all.iter().map(|value| name(*value));
    all.iter().copied().find(|value| name(*value).eq_ignore_ascii_case(text)).ok_or_else(|| {
        let near = nearest(text, names()).map_or(String::new(), |near| format!("; did you mean {near}?"));
        format!("{} is not one of: {}{near}", shown(text), names().collect::<Vec<_>>().join(", "))
    })
}

pub(super) fn shown(text: &str) -> String {
    format!("“{}”", text.chars().filter(|c| !c.is_control()).take(40).collect::<String>())
}
