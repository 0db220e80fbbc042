//! Which activity for which band, and why.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::activity::{Activity, ActivityId};
use super::calendar::Occasion;
use super::edition::{EditionNumber, Selection};

mod chooser;
mod index;
mod mend;
mod shelf;
mod swap;

use chooser::Chooser;
use index::Index;

pub use shelf::{History, Shelf};
pub use swap::{Unsuitable, swap};

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
    shelf::ineligibility(activity, date, withdrawn).is_none()
}

#[cfg(test)]
mod tests;
