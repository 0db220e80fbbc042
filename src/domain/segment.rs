//! Segments: recipients whose digest differs only in per-recipient values.

use serde::{Deserialize, Serialize};

use super::band::{BandSet, Bands};
use super::subscriber::{Locale, Sector};

/// What makes two recipients' digests the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentKey {
    /// The bands of the edition that they read; never empty.
    pub bands: BandSet,
    /// Their sector.
    pub sector: Sector,
    /// Their locale.
    pub locale: Locale,
}

impl SegmentKey {
    /// A name fit for a file and a command line: `school.4-5_5-7.en-GB`; `+` becomes `plus`.
    pub fn id(&self, bands: &Bands) -> String {
        let names: Vec<_> =
            bands.ordered(&self.bands).iter().map(|band| band.id.as_str().replace('+', "plus")).collect();
        format!("{}.{}.{}", self.sector, names.join("_"), self.locale)
    }
}

/// A segment with its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What its recipients share.
    pub key: SegmentKey,
    /// How many they are.
    pub recipients: u64,
}
