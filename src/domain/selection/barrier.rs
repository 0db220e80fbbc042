//! What keeps an activity from being picked for a band on a day.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use crate::domain::activity::{Activity, ActivityId};
use crate::domain::band::BandName;

/// Why an activity may not be picked. Displayed, it completes “… is replaced: …”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Barrier {
    /// The library has no such activity, or not its theme.
    Gone,
    /// An operator withdrew it.
    Withdrawn,
    /// Its review fell due on this date, before the day.
    Overdue(NaiveDate),
    /// It may go out from this date.
    TooEarly(NaiveDate),
    /// It could go out until this date.
    TooLate(NaiveDate),
    /// It is for other bands.
    OtherBand(BandName),
}

impl fmt::Display for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("it is no longer in the library"),
            Self::Withdrawn => f.write_str("it was withdrawn"),
            Self::Overdue(date) => write!(f, "its review fell due on {date}"),
            Self::TooEarly(date) => write!(f, "it may not go out before {date}"),
            Self::TooLate(date) => write!(f, "it may not go out after {date}"),
            Self::OtherBand(band) => write!(f, "it is no longer for {band}"),
        }
    }
}

/// What keeps this activity from every band on `date`.
pub(super) fn closed(activity: &Activity, date: NaiveDate, withdrawn: &BTreeSet<ActivityId>) -> Option<Barrier> {
    if withdrawn.contains(&activity.id) {
        Some(Barrier::Withdrawn)
    } else if date > activity.review_by {
        Some(Barrier::Overdue(activity.review_by))
    } else if let Some(from) = activity.not_before.filter(|from| date < *from) {
        Some(Barrier::TooEarly(from))
    } else {
        activity.not_after.filter(|until| date > *until).map(Barrier::TooLate)
    }
}
