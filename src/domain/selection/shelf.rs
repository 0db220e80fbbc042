//! What may be picked from, and what was used before.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId, Theme};
use crate::domain::band::Bands;
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
