//! `[[subscribers]]`: who gets what.

use std::collections::HashSet;

use toml::de::DeValue;

use super::bands;
use super::fields::{Fields, entries};
use super::findings::{Findings, Place, shown};
use super::keys::SUBSCRIBER;
use super::raw::{Raw, Value};
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::subscriber::{Locale, Profile, Sector};
use crate::domain::subscription::sync::Entry;

/// Checks every `[[subscribers]]` entry.
pub(super) fn read(f: &mut Findings<'_>, value: Option<(Value<'_>, Place<'_>)>, bands: Option<&Bands>) -> Vec<Entry> {
    let all = entries(f, &SUBSCRIBER, value).unwrap_or_default();
    all.iter().filter_map(|fields| entry(f, fields, bands)).collect()
}

fn entry(f: &mut Findings<'_>, fields: &Fields<'_>, bands: Option<&Bands>) -> Option<Entry> {
    let name = fields.required(f, "name").and_then(|raw| raw.line(f));
    let addresses = fields.required(f, "email").and_then(|raw| addresses(f, &raw));
    let bands = bands::wanted(f, fields, bands);
    let sector = fields.or(f, "sector", Sector::School, Raw::word);
    let locale = fields.or(f, "locale", Locale::EnGb, Raw::word);
    let urn = fields.get("urn").and_then(|raw| urn(f, &raw));
    let line = if let Place::At(offset) = fields.place() { f.line(offset) } else { 1 };
    Some(Entry { profile: Profile { name: name?, sector, locale, urn }, addresses: addresses?, bands: bands?, line })
}

/// One address or a list of them, each once.
fn addresses(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<Vec<Address>> {
    let list = match raw.value {
        Value::Toml(DeValue::Array(_)) => raw.list(f)?,
        _ => vec![*raw],
    };
    if list.is_empty() {
        raw.error(f, "bad-value", "is an empty list", raw.like_this());
        return None;
    }
    let mut seen = HashSet::new();
    let read: Vec<_> = list.iter().map(|one| address(f, one, &mut seen)).collect();
    read.into_iter().collect()
}

fn address(f: &mut Findings<'_>, raw: &Raw<'_>, seen: &mut HashSet<String>) -> Option<Address> {
    let text = raw.text(f)?;
    if let Some(list) = several(text) {
        let what = format!("{} holds several addresses: each needs quotes of its own", shown(text));
        raw.error(f, "bad-value", what, format!("write a list: email = [{list}]"));
        return None;
    }
    let address: Address = raw.parsed(f)?;
    if !seen.insert(address.folded()) {
        let what = format!("{} is named twice in this entry", shown(address.as_str()));
        raw.error(f, "duplicate", what, "remove one of the two; capital letters make no difference");
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

fn urn(f: &mut Findings<'_>, raw: &Raw<'_>) -> Option<String> {
    let text = raw.text(f)?;
    let fits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        raw.bad(f, text, "is not a register number (1 to 20 letters and digits)", raw.like_this());
    }
    fits.then(|| text.to_owned())
}
