//! Segments: recipients whose digest differs only in per-recipient values.

use serde::{Deserialize, Serialize};

use super::band::{BandSet, Bands};
use super::subscriber::{Locale, Sector};

/// What makes two recipients' digests the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentKey {
    /// The bands of the edition that they read; never empty.
    pub bands: BandSet,
    pub sector: Sector,
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
    pub key: SegmentKey,
    pub recipients: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::band::BandName;

    fn key(sector: Sector, names: &[&str]) -> SegmentKey {
        let bands = names.iter().map(|name| name.parse().unwrap()).collect();
        SegmentKey { bands, sector, locale: Locale::EnGb }
    }

    #[test]
    fn an_id_follows_the_bands_order() {
        let bands = Bands::shipped();
        assert_eq!(key(Sector::School, &["8-10", "14+", "4-5"]).id(&bands), "school.4-5_8-10_14plus.en-GB");
        assert_eq!(key(Sector::SocialCare, &["11-14"]).id(&bands), "social-care.11-14.en-GB");
    }

    #[test]
    fn every_segment_of_the_shipped_bands_has_an_id_of_its_own_that_fits_a_file_name() {
        let bands = Bands::shipped();
        let names: Vec<BandName> = bands.iter().map(|band| band.id.clone()).collect();
        let mut ids = BTreeSet::new();
        for &sector in Sector::ALL {
            for chosen in 1..1_u32 << names.len() {
                let set = (0..names.len()).filter(|at| chosen & 1 << at != 0).map(|at| names[at].clone()).collect();
                let id = SegmentKey { bands: set, sector, locale: Locale::EnGb }.id(&bands);
                assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{id}");
                assert!(ids.insert(id.to_lowercase()), "{id} twice");
            }
        }
        assert_eq!(ids.len(), 6 * 31);
    }
}
