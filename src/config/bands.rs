//! `[[bands]]`: the age bands, and which of them somebody asks for.

use std::collections::BTreeMap;

use super::fields::{Fields, entries};
use super::findings::{Findings, did_you_mean};
use super::keys::BAND;
use super::raw::{Raw, Value};
use crate::config::findings::Place;
use crate::domain::band::{Band, BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;

/// The highest age that may stand anywhere, in years.
pub(super) const OLDEST: u8 = 25;

/// Checks `[[bands]]`. `None` when they are so wrong that nothing can be checked against them.
pub(super) fn read(f: &mut Findings<'_>, value: Option<(Value<'_>, Place<'_>)>) -> Option<Bands> {
    let before = f.count();
    let Some(entries) = entries(f, &BAND, value) else { return Some(Bands::shipped()) };
    if let (true, Some((_, place))) = (entries.is_empty() && f.count() == before, value) {
        f.add(
            place,
            Diagnostic::error("bad-value", "the list of bands is empty, so nobody would get anything")
                .help("remove it to get the five usual bands, or write [[bands]] once for each"),
        );
    }
    let mut lines = BTreeMap::new();
    let bands: Vec<Band> = entries.iter().filter_map(|entry| band(f, entry, &mut lines)).collect();
    (f.count() == before).then(|| Bands::new(bands))
}

/// The line and the id of each band so far, by what file names make of the id.
type Used = BTreeMap<String, (usize, BandName)>;

/// What stands for a band in the names of previews, on file systems that ignore case.
fn in_file_names(name: &BandName) -> String {
    name.as_str().replace('+', "plus").to_ascii_lowercase()
}

fn band(f: &mut Findings<'_>, entry: &Fields<'_>, lines: &mut Used) -> Option<Band> {
    let id = entry.required(f, "id").and_then(|raw| id(f, &raw, lines));
    let label = entry.required(f, "label").and_then(|raw| raw.line(f));
    let min = entry.required(f, "min").and_then(|raw| raw.whole(f, 0..=OLDEST));
    let max = entry.get("max").map(|raw| raw.whole(f, 0..=OLDEST).map(|max| (raw, max)));
    if let (Some(min), Some(Some((raw, max)))) = (min, max)
        && max < min
    {
        raw.error(
            f,
            "bad-value",
            format_args!("{max} is less than min = {min}"),
            "swap the two ages, or leave max out for no upper age",
        );
        return None;
    }
    Some(Band { id: id?, label: label?, min: min?, max: max.flatten().map(|(_, max)| max) })
}

fn id(f: &mut Findings<'_>, raw: &Raw<'_>, lines: &mut Used) -> Option<BandName> {
    let text = raw.text(f)?;
    let Ok(name) = text.parse::<BandName>() else {
        raw.bad(f, text, "is not a band name (1 to 20 letters, digits, + or -)", raw.like_this());
        return None;
    };
    let line = if let Place::At(offset) = raw.place { f.line(offset) } else { 0 };
    let Some((first, other)) = lines.insert(in_file_names(&name), (line, name.clone())) else { return Some(name) };
    let what = if other == name {
        format!("“{name}” was used for the band on line {first} already")
    } else {
        format!("“{name}” is too much like “{other}” on line {first}: both would have the same file name")
    };
    let help = "give each band an id of its own; capital letters make no difference, and + counts as “plus”";
    raw.error(f, "duplicate", what, help);
    None
}

/// What an entry asks for: exactly one of `bands` and `ages`. With `bands` unknown, only its form is checked.
pub(super) fn wanted(f: &mut Findings<'_>, entry: &Fields<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    match (entry.get("bands"), entry.get("ages")) {
        (Some(raw), None) => named(f, &raw, bands),
        (None, Some(raw)) => of_ages(f, &raw, bands),
        (Some(_), Some(raw)) => {
            raw.error(f, "bad-value", "and bands are both given", "keep one of the two and remove the other");
            None
        }
        (None, None) => {
            let help = "add one of the two: bands = [\"4-5\", \"5-7\"] or, for pupils from 4 until they turn 11, ages = [4, 11]";
            entry.missing(f, "this subscriber has neither bands nor ages, so it would get nothing", help);
            None
        }
    }
}

fn named(f: &mut Findings<'_>, raw: &Raw<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    let list = raw.list(f)?;
    if list.is_empty() {
        raw.error(f, "bad-value", "is empty, so this subscriber would get nothing", raw.like_this());
        return None;
    }
    let read: Vec<_> = list.iter().map(|element| one_name(f, element, bands)).collect();
    read.into_iter().collect()
}

fn one_name(f: &mut Findings<'_>, raw: &Raw<'_>, bands: Option<&Bands>) -> Option<BandName> {
    let text = raw.text(f)?;
    let name = text.parse::<BandName>().ok();
    let Some(bands) = bands else { return name };
    let known = name.filter(|name| bands.get(name).is_some());
    if known.is_none() {
        let options: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
        let what = format_args!("{} is not one of the bands: {}", super::findings::shown(text), options.join(", "))
            .to_string();
        raw.error(f, "unknown-band", what, did_you_mean(text, &options));
    }
    known
}

fn of_ages(f: &mut Findings<'_>, raw: &Raw<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    let list = raw.list(f)?;
    let [low, high] = list.as_slice() else {
        raw.error(
            f,
            "bad-value",
            "needs exactly two numbers: the age at which pupils start and the one at which they leave",
            raw.like_this(),
        );
        return None;
    };
    let (low, high) = (low.whole(f, 0..=OLDEST), high.whole(f, 0..=OLDEST));
    let (low, high) = (low?, high?);
    if low >= high {
        raw.error(
            f,
            "bad-value",
            format_args!("[{low}, {high}] must have the lower age first and a higher one second"),
            raw.like_this(),
        );
        return None;
    }
    let found = bands?.for_ages(low, high);
    if found.is_empty() {
        let help = "mend the ages, or add a band for them with [[bands]]";
        raw.error(
            f,
            "bad-value",
            format_args!("[{low}, {high}] matches no band, so this subscriber would get nothing"),
            help,
        );
        return None;
    }
    Some(found)
}
