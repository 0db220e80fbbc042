//! `[[bands]]` and `[[subscribers]]`: which ages there are, and who gets what.

use std::collections::{BTreeMap, HashSet};

use crate::domain::address::Address;
use crate::domain::band::{Band, BandName, BandSet, Bands};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::subscriber::Profile;
use crate::domain::subscription::sync::Entry;
use crate::toml_form::{Fields, Value, did_you_mean, shown};

/// Checks every `[[subscribers]]` entry.
pub(super) fn read(top: &Fields<'_>, bands: Option<&Bands>) -> Vec<Entry> {
    let all = top.tables("subscribers").unwrap_or_default();
    all.iter().filter_map(|fields| entry(fields, bands)).collect()
}

fn entry(fields: &Fields<'_>, bands: Option<&Bands>) -> Option<Entry> {
    let name = fields.read("name", Value::line);
    let addresses = fields.read("email", addresses);
    let bands = asked_for(fields, bands);
    let sector = fields.or_default("sector", Value::word);
    let locale = fields.or_default("locale", Value::word);
    let urn = fields.read("urn", urn);
    let profile = Profile { name: name?, sector, locale, urn };
    Some(Entry { profile, addresses: addresses?, bands: bands?, line: fields.line() })
}

/// One address or a list of them, each once.
fn addresses(value: &Value<'_>) -> Option<Vec<Address>> {
    let list = value.list()?;
    if list.is_empty() {
        value.error("bad-value", "is an empty list", value.like_this());
        return None;
    }
    let mut seen = HashSet::new();
    let read: Vec<_> = list.iter().map(|one| address(one, &mut seen)).collect();
    read.into_iter().collect()
}

fn address(value: &Value<'_>, seen: &mut HashSet<String>) -> Option<Address> {
    let text = value.text()?;
    if let Some(list) = several(text) {
        let what = format!("{} holds several addresses: each needs quotes of its own", shown(text));
        value.error("bad-value", what, format!("write a list: email = [{list}]"));
        return None;
    }
    let address: Address = value.parsed()?;
    if !seen.insert(address.folded()) {
        let what = format!("{} is named twice in this entry", shown(address.as_str()));
        value.error("duplicate", what, "remove one of the two; capital letters make no difference");
        return None;
    }
    Some(address)
}

/// The addresses in `text`, as a list has them, if it names more than one.
fn several(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([',', ';', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let all: Vec<Address> = parts.iter().map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let quoted: Vec<String> = all.iter().map(|address| format!("\"{address}\"")).collect();
    (quoted.len() > 1).then(|| quoted.join(", "))
}

fn urn(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let fits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        value.bad(text, "is not a register number (1 to 20 letters and digits)", value.like_this());
    }
    fits.then(|| text.to_owned())
}

/// Checks `[[bands]]`. `None` when they are so wrong that nothing can be checked against them.
pub(super) fn read_bands(top: &Fields<'_>) -> Option<Bands> {
    let source = top.source();
    let before = source.count();
    let Some(entries) = top.tables("bands") else { return Some(Bands::shipped()) };
    if let (true, Some(list)) = (entries.is_empty() && source.count() == before, top.get("bands")) {
        list.note(
            Diagnostic::error("bad-value", "the list of bands is empty, so nobody would get anything")
                .help("remove it to get the five usual bands, or write [[bands]] once for each"),
        );
    }
    let mut used = BTreeMap::new();
    let bands: Vec<Band> = entries.iter().filter_map(|entry| band(entry, &mut used)).collect();
    (source.count() == before).then(|| Bands::new(bands))
}

/// The line and the id of each band so far, by what file names make of the id.
type Used = BTreeMap<String, (usize, BandName)>;

/// What stands for a band in the names of previews, on file systems that ignore case.
fn in_file_names(name: &BandName) -> String {
    name.as_str().replace('+', "plus").to_ascii_lowercase()
}

fn band(entry: &Fields<'_>, used: &mut Used) -> Option<Band> {
    let id = entry.read("id", |value| id(value, used));
    let label = entry.read("label", Value::line);
    let min = entry.read("min", Value::whole);
    let max = entry.get("max").map(|value| value.whole().map(|max| (value, max)));
    if let (Some(min), Some(Some((value, max)))) = (min, max)
        && max < min
    {
        let help = "swap the two ages, or leave max out for no upper age";
        value.error("bad-value", format_args!("{max} is less than min = {min}"), help);
        return None;
    }
    Some(Band { id: id?, label: label?, min: min?, max: max.flatten().map(|(_, max)| max) })
}

fn id(value: &Value<'_>, used: &mut Used) -> Option<BandName> {
    let text = value.text()?;
    let Ok(name) = text.parse::<BandName>() else {
        value.bad(text, "is not a band name (1 to 20 letters, digits, + or -)", value.like_this());
        return None;
    };
    let line = value.source().line(value.offset());
    let Some((first, other)) = used.insert(in_file_names(&name), (line, name.clone())) else { return Some(name) };
    let what = if other == name {
        format!("“{name}” was used for the band on line {first} already")
    } else {
        format!("“{name}” is too much like “{other}” on line {first}: both would have the same file name")
    };
    let help = "give each band an id of its own; capital letters make no difference, and + counts as “plus”";
    value.error("duplicate", what, help);
    None
}

/// What an entry asks for: exactly one of `bands` and `ages`. With `bands` unknown, only its form is checked.
pub(super) fn asked_for(entry: &Fields<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    match (entry.get("bands"), entry.get("ages")) {
        (Some(value), None) => named(&value, bands),
        (None, Some(value)) => of_ages(&value, bands),
        (Some(_), Some(value)) => {
            value.error("bad-value", "and bands are both given", "keep one of the two and remove the other");
            None
        }
        (None, None) => {
            let help = "add one of the two: bands = [\"4-5\", \"5-7\"] or, for pupils from 4 until they turn 11, ages = [4, 11]";
            entry.missing("this subscriber has neither bands nor ages, so it would get nothing", help);
            None
        }
    }
}

fn named(value: &Value<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    let list = value.list()?;
    if list.is_empty() {
        value.error("bad-value", "is empty, so this subscriber would get nothing", value.like_this());
        return None;
    }
    let read: Vec<_> = list.iter().map(|element| one_name(element, bands)).collect();
    read.into_iter().collect()
}

fn one_name(value: &Value<'_>, bands: Option<&Bands>) -> Option<BandName> {
    let text = value.text()?;
    let name = text.parse::<BandName>().ok();
    let Some(bands) = bands else { return name };
    let known = name.filter(|name| bands.get(name).is_some());
    if known.is_none() {
        let options: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
        let what = format!("{} is not one of the bands: {}", shown(text), options.join(", "));
        value.error("unknown-band", what, did_you_mean(text, &options));
    }
    known
}

fn of_ages(value: &Value<'_>, bands: Option<&Bands>) -> Option<BandSet> {
    let list = value.list()?;
    let [low, high] = list.as_slice() else {
        let what = "needs exactly two numbers: the age at which pupils start and the one at which they leave";
        value.error("bad-value", what, value.like_this());
        return None;
    };
    let (low, high) = (low.whole(), high.whole());
    let (low, high) = (low?, high?);
    if low >= high {
        let what = format!("[{low}, {high}] must have the lower age first and a higher one second");
        value.error("bad-value", what, value.like_this());
        return None;
    }
    let found = bands?.for_ages(low, high);
    if found.is_empty() {
        let what = format!("[{low}, {high}] matches no band, so this subscriber would get nothing");
        value.error("bad-value", what, "mend the ages, or add a band for them with [[bands]]");
        return None;
    }
    Some(found)
}
