//! Our own columns: which of them a file has, and what each row asks for, or everything that is wrong with it.

use super::cells::Row;
use super::letters::armed;
use crate::domain::address::{Address, AddressError};
use crate::domain::band::{BandName, BandSet, Bands};
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
        armed(self.header.cell(name).and_then(|cell| self.row.cells.get(cell)).unwrap_or(""))
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
        match bands_of(list, ages, bands) {
            Ok(set) => Some(set),
            Err(message) => {
                let finding = Diagnostic::error("bad-bands", message);
                let dated = looks_like_a_date(if list.is_empty() { ages } else { list });
                self.bad(column, if dated { finding.help(DATES) } else { finding });
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
    text.parse().map_err(|error| match (error, text.chars().find(|c| !c.is_ascii())) {
        (AddressError::NotAscii, Some(c @ ('‘' | '’'))) => {
            format!("contains the typographic apostrophe {c} (U+{:04X}): write '", u32::from(c))
        }
        (AddressError::NotAscii, Some(c)) => {
            let code = u32::from(c);
            format!(
                "contains “{c}” (U+{code:04X}), which is not ASCII (write an international domain in its xn-- form)"
            )
        }
        _ => error.to_string(),
    })
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

/// The columns, in the order of an export.
pub const COLUMNS: [&str; 7] = ["name", "sector", "email", "bands", "ages", "locale", "urn"];

/// Where each known column stands.
#[derive(Debug)]
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

/// What to do when a spreadsheet took 4-11 for a date.
pub(super) const DATES: &str = "a spreadsheet may have turned 4-11 or 5-7 into a date: format the columns bands and ages as text, then write them again";

/// The bands that a `bands` list or an `ages` range means; exactly one of them is given.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn bands_of(list: &str, ages: &str, bands: &Bands) -> Result<BandSet, String> {
    match (list.is_empty(), ages.is_empty()) {
        (true, true) => Err("one of bands and ages must be given".to_owned()),
        (false, false) => Err("only one of bands and ages may be given".to_owned()),
        (false, true) => list_of_bands(list, bands),
        (true, false) => ages_to_bands(ages, bands),
    }
}

/// Whether a cell reads like 04-Nov or 04/11/2026.
pub(super) fn looks_like_a_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = text.to_ascii_lowercase();
    text.matches('/').count() == 2
        || text
            .split(['-', ' ', '.'])
            .any(|part| part.len() >= 3 && MONTHS.contains(&part.get(..3).unwrap_or_default()))
}

fn list_of_bands(list: &str, bands: &Bands) -> Result<BandSet, String> {
    let known: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
    let mut set = BandSet::new();
    for word in list.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        match word.parse::<BandName>() {
            Ok(name) if bands.get(&name).is_some() => {
                set.insert(name);
            }
            _ => {
                let shown: String = word.chars().filter(|c| !c.is_control()).take(20).collect();
                let near = nearest(word, known.iter().copied())
                    .map_or(String::new(), |band| format!("; did you mean {band}?"));
                return Err(format!("there is no band “{shown}” (they are: {}){near}", known.join(", ")));
            }
        }
    }
    if set.is_empty() { Err("names no band".to_owned()) } else { Ok(set) }
}

fn ages_to_bands(ages: &str, bands: &Bands) -> Result<BandSet, String> {
    let form = || {
        format!(
            "ages “{}” is not LOW-HIGH, such as 4-11",
            ages.chars().filter(|c| !c.is_control()).take(20).collect::<String>()
        )
    };
    let (low, high) = ages.split_once(['-', '–']).ok_or_else(form)?;
    let (low, high): (u8, u8) = (low.trim().parse().map_err(|_| form())?, high.trim().parse().map_err(|_| form())?);
    if low >= high {
        return Err(format!("ages {low}-{high} is empty: the first number must be smaller"));
    }
    let set = bands.for_ages(low, high);
    if set.is_empty() { Err(format!("no band has children from {low} until they turn {high}")) } else { Ok(set) }
}
