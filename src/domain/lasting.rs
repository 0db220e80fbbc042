//! What others keep of us for years: the ids of editions in readers and diaries, and when something was revised last.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::band::{BandName, BandSet};
use super::edition::EditionNumber;

/// What a store is known by outside: given once, when it is made, so that no id follows the config.
///
/// A store that published before it had one keeps the address that its ids began with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicName(pub String);

impl PublicName {
    /// The id of what is found at `path`, for these bands or all: an IRI, as RFC 4287 §4.2.6 wants it.
    pub fn id(&self, path: &str, bands: Option<&BandSet>) -> String {
        let path = bands.map_or_else(|| path.to_owned(), |bands| format!("{path}?bands={}", names(bands)));
        if self.is_address() { format!("{}/{path}", self.0) } else { uuid(&format!("{}/{path}", self.0)) }
    }

    /// The UID of an edition's date (RFC 5545 §3.8.4.7).
    pub fn uid(&self, edition: EditionNumber) -> String {
        let right = if self.is_address() { self.0.split('/').nth(2).unwrap_or_default() } else { &self.0 };
        format!("edition-{edition}@{right}")
    }

    fn is_address(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// The bands in an order of their own, because the config's may change: by the youngest age that a name says.
fn names(bands: &BandSet) -> String {
    let age = |band: &BandName| {
        let digits: String = band.as_str().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(u64::MAX)
    };
    let mut all: Vec<&BandName> = bands.iter().collect();
    all.sort_by_key(|band| age(band));
    all.iter().map(|band| band.in_query()).collect::<Vec<_>>().join(",")
}

/// A UUID that is made of a hash of `name` (RFC 9562 §5.8).
fn uuid(name: &str) -> String {
    let mut bytes = Sha256::digest(name);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&bytes[..16]);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// How something looked when it was looked at last, and when it came to look so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    fingerprint: String,
    /// 0 for how it looked first.
    pub number: u32,
    pub at: DateTime<Utc>,
}

impl Revision {
    /// As the store kept it.
    pub fn new(fingerprint: String, number: u32, at: DateTime<Utc>) -> Self {
        Self { fingerprint, number, at }
    }

    /// As the store keeps it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// What is new or looks different `now`, by subject. What was `seen` of each is any text that differs when it does.
pub fn revised(
    known: &BTreeMap<String, Revision>,
    seen: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> BTreeMap<String, Revision> {
    let revise = |(subject, seen): (&String, &String)| {
        let fingerprint = HEXLOWER.encode(&Sha256::digest(seen)[..16]);
        let number = match known.get(subject) {
            Some(known) if known.fingerprint == fingerprint => return None,
            known => known.map_or(0, |known| known.number.saturating_add(1)),
        };
        Some((subject.clone(), Revision { fingerprint, number, at: now }))
    };
    seen.iter().filter_map(revise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BandSet {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn an_address_goes_on_as_it_was_and_a_name_of_chance_makes_uuids() {
        let old = PublicName("https://old.example/safe".to_owned());
        assert_eq!(old.id("editions/7", None), "https://old.example/safe/editions/7");
        let bands = set(&["14+", "11-14", "4-5", "8-10"]);
        assert_eq!(
            old.id("editions/7", Some(&bands)),
            "https://old.example/safe/editions/7?bands=4-5,8-10,11-14,14%2B"
        );
        assert_eq!(old.uid(EditionNumber(7)), "edition-7@old.example");
        let new = PublicName("00112233445566778899aabbccddeeff".to_owned());
        let id = new.id("editions/7", None);
        assert_eq!(id.len(), "urn:uuid:".len() + 36);
        assert!(id.as_bytes()[23] == b'8' && b"89ab".contains(&id.as_bytes()[28]), "{id}");
        assert_ne!(id, new.id("editions/7", Some(&bands)));
        assert_eq!(new.uid(EditionNumber(7)), "edition-7@00112233445566778899aabbccddeeff");
    }

    #[test]
    fn only_what_looks_different_is_revised() {
        let at = |minute: i64| DateTime::from_timestamp(60 * minute, 0).unwrap();
        let seen = |a: &str, b: &str| BTreeMap::from([("a".to_owned(), a.to_owned()), ("b".to_owned(), b.to_owned())]);
        let mut known = revised(&BTreeMap::new(), &seen("x", "y"), at(1));
        assert_eq!(known.values().map(|r| (r.number, r.at)).collect::<Vec<_>>(), [(0, at(1)); 2]);
        assert_eq!(revised(&known, &seen("x", "y"), at(2)), BTreeMap::new());
        let changed = revised(&known, &seen("x", "z"), at(3));
        assert_eq!(changed.iter().map(|(s, r)| (s.as_str(), r.number, r.at)).collect::<Vec<_>>(), [("b", 1, at(3))]);
        known.extend(changed);
        assert_eq!(revised(&known, &seen("x", "y"), at(4))["b"].number, 2, "back is a change, too");
    }
}
