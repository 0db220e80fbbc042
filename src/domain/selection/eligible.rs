//! Whether an activity may be picked for a day, as far as its own dates go.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId};
use crate::domain::edition::Ineligibility;

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
