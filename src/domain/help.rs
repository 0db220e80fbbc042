//! The help block of one nation: who to turn to, and what every family should know if something worries them.

use serde::{Deserialize, Serialize};

use super::band::{BandName, BandSet};
use super::prose::Prose;

/// The most entries that a mail shows: a list that nobody reads to its end helps nobody.
pub const MAIL_ENTRIES: usize = 8;

/// One line of the help block: who to turn to, when, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpEntry {
    /// When to turn there: `If a child is in danger now`.
    pub when: String,
    pub who: String,
    /// What to do, in a sentence; may be empty.
    pub what: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub url: Option<String>,
    pub link_text: Option<String>,
    /// Whose families it is for; empty for all.
    // Left out when empty: a block that did not change must not look as if it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<BandName>,
}

/// What stands below the worries of every activity for these bands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worry {
    /// Never empty.
    pub bands: Vec<BandName>,
    pub text: Prose,
}

/// The help block of one nation, in the order to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    pub title: String,
    /// The sentences before the list; they say that it is never the child's fault.
    pub intro: String,
    pub entries: Vec<HelpEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worries: Vec<Worry>,
}

impl Help {
    /// The block for readers of these bands.
    #[must_use]
    pub fn for_bands(&self, bands: &BandSet) -> Self {
        let entries = self
            .entries
            .iter()
            .filter(|entry| entry.bands.is_empty() || entry.bands.iter().any(|band| bands.contains(band)));
        let worries = self.worries.iter().filter(|worry| worry.bands.iter().any(|band| bands.contains(band)));
        Self { entries: entries.cloned().collect(), worries: worries.cloned().collect(), ..self.clone() }
    }

    /// The block that a mail to readers of these bands shows.
    #[must_use]
    pub fn in_mail(&self, bands: &BandSet) -> Self {
        let mut help = self.for_bands(bands);
        help.entries.truncate(MAIL_ENTRIES);
        help
    }

    /// Those of a nation's entries that every mail to readers of `band` shows, whatever other bands they read. This is
    /// stricter than [`Help::in_mail`]: entries for other bands count among the eight, too.
    pub fn in_every_mail<'a>(
        entries: impl Iterator<Item = &'a HelpEntry>,
        band: &BandName,
    ) -> impl Iterator<Item = &'a HelpEntry> {
        entries.take(MAIL_ENTRIES).filter(move |entry| entry.bands.is_empty() || entry.bands.contains(band))
    }
}
