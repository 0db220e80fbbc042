//! `[[subscribers]]`: who gets what.

use std::collections::HashSet;

use super::bands;
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::subscriber::Profile;
use crate::domain::subscription::sync::Entry;
use crate::toml_form::fields::Fields;
use crate::toml_form::source::shown;
use crate::toml_form::value::Value;

/// Checks every `[[subscribers]]` entry.
pub(super) fn read(top: &Fields<'_>, bands: Option<&Bands>) -> Vec<Entry> {
    let all = top.tables("subscribers").unwrap_or_default();
    all.iter().filter_map(|fields| entry(fields, bands)).collect()
}

fn entry(fields: &Fields<'_>, bands: Option<&Bands>) -> Option<Entry> {
    let name = fields.get("name").and_then(|value| value.line());
    let addresses = fields.get("email").and_then(|value| addresses(&value));
    let bands = bands::asked_for(fields, bands);
    let sector = fields.or_default("sector", Value::word);
    let locale = fields.or_default("locale", Value::word);
    let urn = fields.get("urn").and_then(|value| urn(&value));
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
