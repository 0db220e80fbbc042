//! Whom a bulletin is for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::mailing_name::MailingName;
use super::text::Bulletin;
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::Sector;

/// Whom a bulletin is for: of everyone who gets digests, those who meet all of this. An empty set is nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// They read one of these bands; any, where it is left out.
    pub bands: Option<BTreeSet<BandName>>,
    /// Their organisation is of one of these sectors; any, where it is left out.
    pub sectors: Option<BTreeSet<Sector>>,
    /// Their mail of this edition, or of this other bulletin, was accepted, or may have been: the bulletin is about it.
    pub readers_of: Option<EditionNumber>,
}

/// What narrows an audience when a bulletin is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    pub bands: Option<BTreeSet<BandName>>,
    pub sectors: Option<BTreeSet<Sector>>,
    /// Only those who got this.
    pub readers_of: Option<MailingName>,
}

impl Narrowing {
    /// Whose readers it goes to: as it's asked for, or as the bulletin's file says.
    pub fn of_whom(&self, bulletin: &Bulletin) -> Option<MailingName> {
        self.readers_of.clone().or_else(|| bulletin.corrects.map(MailingName::Edition))
    }
}

impl Audience {
    /// Those whom the bulletin's file names.
    pub fn of(bulletin: &Bulletin) -> Self {
        let bands = (!bulletin.bands.is_empty()).then(|| bulletin.bands.iter().cloned().collect());
        let sectors = (!bulletin.sectors.is_empty()).then(|| bulletin.sectors.iter().copied().collect());
        Self { bands, sectors, readers_of: None }
    }

    /// Those of them whom the sender means, where `readers_of` is the number of what they got. It never adds anyone.
    #[must_use]
    pub fn narrowed(self, by: &Narrowing, readers_of: Option<EditionNumber>) -> Self {
        Self {
            bands: both(self.bands, by.bands.as_ref()),
            sectors: both(self.sectors, by.sectors.as_ref()),
            readers_of: readers_of.or(self.readers_of),
        }
    }

    /// Whether nobody can be meant, whoever is subscribed.
    pub fn is_nobody(&self) -> bool {
        self.bands.as_ref().is_some_and(BTreeSet::is_empty) || self.sectors.as_ref().is_some_and(BTreeSet::is_empty)
    }
}

fn both<T: Ord + Clone>(these: Option<BTreeSet<T>>, those: Option<&BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (these, those) {
        (Some(these), Some(those)) => Some(these.intersection(those).cloned().collect()),
        (these, those) => these.or_else(|| those.cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(names: &[&str]) -> BTreeSet<BandName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_command_line_only_ever_narrows() {
        let file = Audience { bands: Some(bands(&["4-5", "5-7"])), ..Audience::default() };
        let by = |names: &[&str]| Narrowing { bands: Some(bands(names)), ..Narrowing::default() };
        assert_eq!(file.clone().narrowed(&by(&["5-7", "8-10"]), None).bands, Some(bands(&["5-7"])));
        assert_eq!(file.clone().narrowed(&Narrowing::default(), None), file);
        assert_eq!(Audience::default().narrowed(&by(&["8-10"]), None).bands, Some(bands(&["8-10"])));
        let nobody = file.narrowed(&by(&["8-10"]), None);
        assert!(nobody.is_nobody(), "{nobody:?}");
    }
}
