//! What keeps an activity from being picked for a band on a day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::band::BandName;

/// Why an activity may not be picked. Stored in the reasons of picks: never rename one without a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ineligibility {
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
    /// It is not for this band any more.
    OtherBand(BandName),
}
