//! Subscribers in and out as CSV.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

use crate::domain::address::Address;
use crate::domain::band::{BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::nearest::nearest;
use crate::domain::subscriber::{Locale, MailboxState, Origin, Profile, Sector, SubscribeRequest, SubscriberRecord};
use crate::domain::text::check_line;

/// The columns, in the order of an export.
pub const COLUMNS: [&str; 7] = ["name", "sector", "email", "bands", "ages", "locale", "urn"];

/// What a CSV file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// One request per mailbox, in the file's order.
    pub requests: Vec<SubscribeRequest>,
    /// Errors and warnings, by line.
    pub findings: Vec<Diagnostic>,
}

/// Reads a CSV file. Rows with an error make no request; whether the rest is used is the caller's choice.
pub fn read(input: impl Read, file: &str, bands: &Bands) -> Roster {
    let mut roster = Roster::default();
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
    let columns = match reader.headers() {
        Ok(headers) => match columns(headers) {
            Ok(columns) => columns,
            Err(findings) => {
                roster.findings.extend(findings.into_iter().map(|f| place(f, file, 1)));
                return roster;
            }
        },
        Err(error) => {
            roster.findings.push(place(unreadable(&error), file, 1));
            return roster;
        }
    };
    let mut merged = Merged::default();
    for row in reader.into_records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, csv::Position::line);
                match request(&row, &columns, bands) {
                    Ok(request) => roster.findings.extend(merged.add(request, line).map(|f| place(f, file, line))),
                    Err(findings) => roster.findings.extend(findings.into_iter().map(|f| place(f, file, line))),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                roster.findings.push(place(unreadable(&error), file, line));
            }
        }
    }
    roster.requests = merged.requests;
    roster
}

/// Requests so far: a mailbox in several rows gets the union of their bands and belongs to the first;
/// rows that share a urn are one subscriber, described by the first.
#[derive(Default)]
struct Merged {
    requests: Vec<SubscribeRequest>,
    by_address: HashMap<Address, (usize, u64)>,
    by_urn: BTreeMap<String, Profile>,
}

impl Merged {
    fn add(&mut self, mut request: SubscribeRequest, line: u64) -> Option<Diagnostic> {
        if let Some((at, first)) = self.by_address.get(&request.address) {
            self.requests[*at].bands.append(&mut request.bands);
            let message = format!(
                "this mailbox was named on line {first} already: it gets the bands of both and belongs to the first"
            );
            return Some(Diagnostic::warning("shared-mailbox", message));
        }
        let mut warning = None;
        if let Some(urn) = request.profile.urn.clone() {
            let first = self.by_urn.entry(urn.clone()).or_insert_with(|| request.profile.clone());
            if *first != request.profile {
                let message = format!("urn {urn} was described otherwise before: the first description counts");
                warning = Some(Diagnostic::warning("shared-urn", message));
                request.profile = first.clone();
            }
        }
        self.by_address.insert(request.address.clone(), (self.requests.len(), line));
        self.requests.push(request);
        warning
    }
}

fn place(finding: Diagnostic, file: &str, line: u64) -> Diagnostic {
    let line = usize::try_from(line).unwrap_or(usize::MAX);
    Diagnostic { line: Some(line), ..finding.in_file(file) }
}

fn unreadable(error: &csv::Error) -> Diagnostic {
    let message = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "this is not UTF-8 text".to_owned(),
        csv::ErrorKind::Io(error) => format!("cannot be read: {error}"),
        _ => format!("is not a CSV row: {error}"),
    };
    Diagnostic::error("bad-csv", message).help("save the file as CSV, UTF-8, with commas")
}

/// Where each known column stands.
fn columns(headers: &csv::StringRecord) -> Result<BTreeMap<&'static str, usize>, Vec<Diagnostic>> {
    let mut found = BTreeMap::new();
    let mut findings = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let header = header.trim_start_matches('\u{feff}').trim();
        match COLUMNS.iter().find(|name| name.eq_ignore_ascii_case(header)) {
            Some(name) if found.insert(*name, at).is_some() => {
                findings.push(Diagnostic::error("duplicate-column", format!("column “{name}” stands twice")));
            }
            Some(_) => {}
            None => {
                let near = nearest(header, COLUMNS).map_or(String::new(), |name| format!("; did you mean “{name}”?"));
                let shown: String = header.chars().filter(|c| !c.is_control()).take(40).collect();
                findings.push(
                    Diagnostic::error("unknown-column", format!("there is no column “{shown}”{near}"))
                        .help(format!("the first line must name the columns: {}", COLUMNS.join(","))),
                );
            }
        }
    }
    for needed in ["name", "email"] {
        if !found.contains_key(needed) {
            findings.push(
                Diagnostic::error("missing-column", format!("the column “{needed}” is missing"))
                    .help(format!("the first line must name the columns: {}", COLUMNS.join(","))),
            );
        }
    }
    if !found.contains_key("bands") && !found.contains_key("ages") {
        findings.push(Diagnostic::error("missing-column", "one of the columns “bands” and “ages” is needed"));
    }
    if findings.is_empty() { Ok(found) } else { Err(findings) }
}

fn request(
    row: &csv::StringRecord,
    columns: &BTreeMap<&'static str, usize>,
    bands: &Bands,
) -> Result<SubscribeRequest, Vec<Diagnostic>> {
    let cell = |name: &str| columns.get(name).and_then(|at| row.get(*at)).unwrap_or("").trim();
    let mut findings = Vec::new();
    let mut bad = |code: &'static str, message: String| findings.push(Diagnostic::error(code, message));
    if row.len() > columns.len() && row.iter().skip(columns.len()).any(|extra| !extra.is_empty()) {
        bad(
            "too-many-cells",
            format!(
                "has {} cells where the header names {}: quote cells that contain a comma",
                row.len(),
                columns.len()
            ),
        );
    }
    let name = cell("name");
    if let Err(error) = check_line(name) {
        bad("bad-name", format!("name {error}"));
    }
    let sector = word(cell("sector"), Sector::School).map_err(|message| bad("bad-sector", message)).ok();
    let locale = word(cell("locale"), Locale::EnGb).map_err(|message| bad("bad-locale", message)).ok();
    let address = cell("email").parse::<Address>().map_err(|error| bad("bad-email", format!("email {error}"))).ok();
    let urn = Some(cell("urn").to_owned()).filter(|urn| !urn.is_empty());
    if urn.as_ref().is_some_and(|urn| urn.len() > 20 || !urn.bytes().all(|b| b.is_ascii_alphanumeric())) {
        bad("bad-urn", "urn is not 1 to 20 letters and digits".to_owned());
    }
    let wanted = wanted_bands(cell("bands"), cell("ages"), bands).map_err(|message| bad("bad-bands", message)).ok();
    match (sector, locale, address, wanted) {
        (Some(sector), Some(locale), Some(address), Some(bands)) if findings.is_empty() => {
            let profile = Profile { name: name.to_owned(), sector, locale, urn };
            Ok(SubscribeRequest { profile, address, bands, origin: Origin::Import })
        }
        _ => Err(findings),
    }
}

fn word<T: std::str::FromStr<Err = crate::domain::subscriber::WordError> + Copy>(
    text: &str,
    default: T,
) -> Result<T, String> {
    if text.is_empty() {
        return Ok(default);
    }
    text.parse()
        .map_err(|error| format!("“{}” {error}", text.chars().filter(|c| !c.is_control()).take(40).collect::<String>()))
}

/// The bands that a `bands` list or an `ages` range means; exactly one of them is given.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn wanted_bands(list: &str, ages: &str, bands: &Bands) -> Result<BandSet, String> {
    match (list.is_empty(), ages.is_empty()) {
        (true, true) => Err("one of bands and ages must be given".to_owned()),
        (false, false) => Err("only one of bands and ages may be given".to_owned()),
        (false, true) => list_of_bands(list, bands),
        (true, false) => ages_to_bands(ages, bands),
    }
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

/// Writes every active mailbox.
///
/// # Errors
/// When `output` cannot be written.
pub fn write(output: impl Write, subscribers: &[SubscriberRecord], bands: &Bands) -> Result<u64, csv::Error> {
    let mut csv = csv::Writer::from_writer(output);
    csv.write_record(COLUMNS)?;
    let mut rows = 0;
    for subscriber in subscribers {
        let profile = &subscriber.profile;
        for mailbox in subscriber.mailboxes.iter().filter(|m| m.state == MailboxState::Active) {
            let list: Vec<&str> = bands.ordered(&mailbox.bands).iter().map(|band| band.id.as_str()).collect();
            let urn = profile.urn.as_deref().unwrap_or("");
            csv.write_record([
                &profile.name,
                profile.sector.as_str(),
                mailbox.address.as_str(),
                &list.join(" "),
                "",
                profile.locale.as_str(),
                urn,
            ])?;
            rows += 1;
        }
    }
    csv.flush()?;
    Ok(rows)
}
