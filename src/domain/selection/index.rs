//! What may be picked from on a day, by theme and band, and when each thing was last used.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId, Theme};
use crate::domain::band::{BandName, Bands};
use crate::domain::edition::{EditionNumber, Ineligibility, Selection};

/// What may be picked from.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    pub themes: &'a [Theme],
    pub activities: &'a [Activity],
    /// The service's bands, in order.
    pub bands: &'a Bands,
    /// Activities an operator withdrew.
    pub withdrawn: &'a BTreeSet<ActivityId>,
}

/// What earlier editions used: one row per edition that counts as use, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(pub Vec<(EditionNumber, Selection)>);

/// What keeps this activity from every band on `date`.
pub(super) fn ineligibility(
    activity: &Activity,
    date: NaiveDate,
    withdrawn: &BTreeSet<ActivityId>,
) -> Option<Ineligibility> {
    if withdrawn.contains(&activity.id) {
        Some(Ineligibility::Withdrawn)
    } else if date > activity.review_by {
        Some(Ineligibility::Overdue(activity.review_by))
    } else if let Some(from) = activity.not_before.filter(|from| date < *from) {
        Some(Ineligibility::TooEarly(from))
    } else {
        activity.not_after.filter(|until| date > *until).map(Ineligibility::TooLate)
    }
}

/// Built once per edition, so that a choice looks only at the activities that it is between.
pub(super) struct Index<'a> {
    /// Every theme, in the shelf's order.
    pub(super) themes: &'a [Theme],
    /// The service's bands, in order.
    pub(super) bands: Vec<&'a BandName>,
    /// The eligible activities: one cell per theme and band, theme by theme.
    cells: Vec<Vec<&'a Activity>>,
    theme_used: HashMap<&'a str, EditionNumber>,
    activity_used: HashMap<&'a ActivityId, EditionNumber>,
    pub(super) number: EditionNumber,
}

impl<'a> Index<'a> {
    pub(super) fn new(shelf: Shelf<'a>, history: &'a History, number: EditionNumber, date: NaiveDate) -> Self {
        let bands: Vec<_> = shelf.bands.iter().map(|band| &band.id).collect();
        let mut index = Self {
            themes: shelf.themes,
            cells: vec![Vec::new(); shelf.themes.len() * bands.len()],
            bands,
            theme_used: HashMap::new(),
            activity_used: HashMap::new(),
            number,
        };
        index.sort_in(shelf, date);
        index.look_around(history);
        index
    }

    fn sort_in(&mut self, from: Shelf<'a>, date: NaiveDate) {
        let theme_at: HashMap<&str, usize> =
            self.themes.iter().enumerate().map(|(at, theme)| (theme.name.as_str(), at)).collect();
        let band_at: HashMap<&BandName, usize> = self.bands.iter().enumerate().map(|(at, band)| (*band, at)).collect();
        for activity in from.activities {
            let Some(&theme) = theme_at.get(activity.id.theme()) else { continue };
            if ineligibility(activity, date, from.withdrawn).is_some() {
                continue;
            }
            for band in activity.bands.iter().filter_map(|band| band_at.get(band)) {
                self.cells[theme * self.bands.len() + band].push(activity);
            }
        }
    }

    /// What a later edition has was planned already: it counts as used most recently, so that a gap between planned
    /// editions is not filled with its neighbour's theme.
    fn look_around(&mut self, history: &'a History) {
        for (edition, selection) in history.0.iter().filter(|(edition, _)| *edition != self.number) {
            let theme = self.theme_used.entry(&selection.theme).or_insert(*edition);
            *theme = (*theme).max(*edition);
            for pick in &selection.picks {
                let used = self.activity_used.entry(&pick.id).or_insert(*edition);
                *used = (*used).max(*edition);
            }
        }
    }

    /// The eligible activities of a theme for a band, both by position.
    pub(super) fn cell(&self, theme: usize, band: usize) -> &[&'a Activity] {
        &self.cells[theme * self.bands.len() + band]
    }

    /// The position of this theme.
    pub(super) fn theme(&self, name: &str) -> Option<usize> {
        self.themes.iter().position(|theme| theme.name == name)
    }

    /// Whether the theme has an eligible activity for any band.
    pub(super) fn serves(&self, theme: usize) -> bool {
        (0..self.bands.len()).any(|band| !self.cell(theme, band).is_empty())
    }

    /// The last edition of this theme, planned ones after this one too.
    pub(super) fn theme_used(&self, theme: usize) -> Option<EditionNumber> {
        self.theme_used.get(self.themes[theme].name.as_str()).copied()
    }

    /// The last edition with this activity, for whichever band, planned ones after this one too.
    pub(super) fn activity_used(&self, activity: &Activity) -> Option<EditionNumber> {
        self.activity_used.get(&activity.id).copied()
    }
}
