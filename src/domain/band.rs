//! Age bands: their names, their order, and which ones an age range means.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

use super::text::serde_as_text;

/// The name of a band as config, activities and JSON write it: `4-5`, `14+`. Every mailbox has some, several times over while it
/// is decided on, so copies share one text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BandName(Arc<str>);

/// A band's name was not 1 to 20 of `a–z A–Z 0–9 + -`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a band name (1 to 20 letters, digits, + or -)")]
pub struct BandNameError(String);

impl BandName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the query of an address, where a plain `+` means a space.
    pub fn in_query(&self) -> String {
        self.0.replace('+', "%2B")
    }
}

impl FromStr for BandName {
    type Err = BandNameError;

    fn from_str(text: &str) -> Result<Self, BandNameError> {
        let fits = (1..=20).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-') {
            Ok(Self(text.into()))
        } else {
            Err(BandNameError(text.chars().filter(|c| !c.is_control()).take(40).collect()))
        }
    }
}

impl fmt::Display for BandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
serde_as_text!(BandName);

/// A set of bands. An empty one reaches nobody (invariant 6).
pub type BandSet = BTreeSet<BandName>;

/// One age band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Band {
    pub id: BandName,
    /// What a reader sees: `Ages 4 to 5`.
    pub label: String,
    /// Youngest age in years.
    pub min: u8,
    /// Oldest age in years; `None` for no upper age.
    pub max: Option<u8>,
}

/// All bands of the service, in the order of the config, which is the order on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bands(Vec<Band>);

impl Bands {
    /// Takes the bands as configured. Names must differ (config checks it).
    pub fn new(bands: Vec<Band>) -> Self {
        Self(bands)
    }

    /// The five bands that are shipped.
    pub fn shipped() -> Self {
        let band =
            |id: &str, label: &str, min, max| Band { id: BandName(id.into()), label: label.to_owned(), min, max };
        Self(vec![
            band("4-5", "Ages 4 to 5", 4, Some(5)),
            band("5-7", "Ages 5 to 7", 5, Some(7)),
            band("8-10", "Ages 8 to 10", 8, Some(10)),
            band("11-14", "Ages 11 to 14", 11, Some(14)),
            band("14+", "Ages 14 and over", 14, None),
        ])
    }

    /// The bands in order.
    pub fn iter(&self) -> impl Iterator<Item = &Band> {
        self.0.iter()
    }

    pub fn get(&self, name: &BandName) -> Option<&Band> {
        self.0.iter().find(|band| band.id == *name)
    }

    /// Every name, as a set.
    pub fn names(&self) -> BandSet {
        self.0.iter().map(|band| band.id.clone()).collect()
    }

    /// The bands of `set` that exist, in the service's order.
    pub fn ordered<'a>(&'a self, set: &BandSet) -> Vec<&'a Band> {
        self.0.iter().filter(|band| set.contains(&band.id)).collect()
    }

    /// The bands for pupils from `low` until they turn `high`:
    /// a band counts when `min < high` and `max ≥ low`.
    pub fn for_ages(&self, low: u8, high: u8) -> BandSet {
        self.0
            .iter()
            .filter(|band| band.min < high && band.max.is_none_or(|max| max >= low))
            .map(|band| band.id.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_ages(low: u8, high: u8) -> String {
        let bands = Bands::shipped();
        let set = bands.for_ages(low, high);
        bands.ordered(&set).iter().map(|b| b.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ages_mean_bands() {
        assert_eq!(for_ages(4, 11), "4-5 5-7 8-10");
        assert_eq!(for_ages(11, 16), "11-14 14+");
        assert_eq!(for_ages(11, 18), "11-14 14+");
        assert_eq!(for_ages(5, 6), "4-5 5-7");
        assert_eq!(for_ages(2, 4), "");
    }
}
