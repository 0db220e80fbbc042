//! Which activity for which band, and why (design §2.3).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::activity::{Activity, ActivityId, Theme};
use super::band::Bands;
use super::calendar::Occasion;
use super::edition::{EditionNumber, Selection};

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
/// Only rows of `history` with a smaller number count. Same inputs, same picks, on any machine.
pub fn select(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
) -> Option<Selection> {
    let _ = (shelf, history, number, date, occasions);
    todo!()
}

/// Keeps every pick of `current` that is still valid on `date` and replaces the others, saying why
/// (activity gone, withdrawn, overdue, outside its dates, no longer for that band, band removed or added).
/// `None` when nothing has to change.
pub fn repair(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
    current: &Selection,
) -> Option<Selection> {
    let _ = (shelf, history, number, date, occasions, current);
    todo!()
}
