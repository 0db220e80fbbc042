//! Which activity for which band, and why (design §2.3).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::activity::{Activity, ActivityId, Theme};
use super::band::Bands;
use super::calendar::Occasion;
use super::edition::{EditionNumber, Selection};

mod chooser;
mod eligible;
mod index;
mod mend;
mod swap;

use chooser::Chooser;
use index::Index;

pub use swap::{Unsuitable, swap};

/// What may be picked from.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    /// Every theme.
    pub themes: &'a [Theme],
    /// Every activity.
    pub activities: &'a [Activity],
    /// The service's bands, in order.
    pub bands: &'a Bands,
    /// Activities an operator withdrew.
    pub withdrawn: &'a BTreeSet<ActivityId>,
}

/// What earlier editions used: one row per edition that counts as use, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(pub Vec<(EditionNumber, Selection)>);

/// Picks for edition `number`, sent on the local date `date`. `None` when no band has an eligible activity.
/// Rows of `history` with a greater number are planned already and count as used last. Same inputs, same picks, on any machine.
pub fn select(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
) -> Option<Selection> {
    let index = Index::new(shelf, history, number, date);
    Chooser::new(&index, occasions).selection()
}

/// Keeps every pick of `current` that is still valid on `date` and replaces the others, saying why
/// (activity gone, withdrawn, overdue, outside its dates, no longer for that band). Picks of removed bands go, bands
/// that had none get one if they can. When no pick is valid any more, it is a fresh selection.
///
/// A valid pick stays as it was recorded, its title and fingerprint too. `None` when nothing has to change.
pub fn repair(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
    current: &Selection,
) -> Option<Selection> {
    let index = Index::new(shelf, history, number, date);
    mend::mend(shelf, &index, &Chooser::new(&index, occasions), date, current)
}

/// Whether `activity` may be picked for an edition of the local date `date`, as far as its own dates go.
pub fn is_open_on(activity: &Activity, date: NaiveDate, withdrawn: &BTreeSet<ActivityId>) -> bool {
    eligible::ineligibility(activity, date, withdrawn).is_none()
}

#[cfg(test)]
mod tests;
