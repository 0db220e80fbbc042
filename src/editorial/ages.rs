//! How old the children are that a text is for.

use crate::domain::band::{BandName, Bands};

/// The ages of some bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ages {
    /// The youngest of all.
    pub(super) youngest: u8,
    /// Whether one of the bands is for children of five at most.
    pub(super) has_infants: bool,
}

/// From this age on a child may read and ring by themselves.
const OLD_ENOUGH: u8 = 8;

/// From this age on a text talks to the young person first, then to the adult.
const YOUNG_PERSON: u8 = 11;

/// The oldest in a band of infants.
const INFANT: u8 = 5;

impl Ages {
    /// The ages of the named bands; shipped ones that this service dropped count, and unknown ones do not.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a BandName>, bands: &Bands) -> Self {
        let shipped = Bands::shipped();
        let found = names.into_iter().filter_map(|name| bands.get(name).or_else(|| shipped.get(name)));
        let ages: Vec<(u8, Option<u8>)> = found.map(|band| (band.min, band.max)).collect();
        Self {
            youngest: ages.iter().map(|(min, _)| *min).min().unwrap_or_default(),
            has_infants: ages.iter().any(|(_, max)| max.is_some_and(|max| max <= INFANT)),
        }
    }

    /// Whether all are old enough for a text to talk to them first.
    pub(super) fn has_young_people(self) -> bool {
        self.youngest >= YOUNG_PERSON
    }

    /// Whether some are under 8: then a text is for the adult.
    pub(super) fn has_small(self) -> bool {
        self.youngest < OLD_ENOUGH
    }
}
