//! The plan in sentences and as JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::{edition, picks};
use crate::app::planner::{PlanRow, PlanState, Replacement};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::PauseReason;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::text::dates;

/// One fortnight as JSON has it.
#[derive(Debug, Clone, Serialize)]
pub struct RowJson<'a> {
    edition: EditionNumber,
    date: NaiveDate,
    due_at: String,
    state: &'static str,
    reason: Option<String>,
    theme: Option<&'a str>,
    activities: Vec<PickJson<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct PickJson<'a> {
    band: &'a BandName,
    id: &'a ActivityId,
    title: &'a str,
    reason: String,
}

/// A row as JSON has it.
pub fn json(row: &PlanRow) -> RowJson<'_> {
    let pick = |pick: &'_ Pick| picks::pick(pick);
    RowJson {
        edition: row.edition,
        date: row.date,
        due_at: row.due_at.to_rfc3339(),
        state: row.state.as_str(),
        reason: reason(row),
        theme: row.theme(),
        activities: row
            .picks()
            .iter()
            .map(|p| PickJson { band: &p.band, id: &p.id, title: &p.title, reason: pick(p) })
            .collect(),
    }
}

/// Why a fortnight is paused, or its edition held, missed or withdrawn.
pub fn reason(row: &PlanRow) -> Option<String> {
    match &row.state {
        PlanState::Paused(reason) => Some(reason.to_string()),
        PlanState::Projected | PlanState::Edition(_) => {
            row.reason.as_ref().map(|reason| edition::state(reason, row.edition))
        }
    }
}

/// That a fortnight has no edition.
pub fn no_edition(number: EditionNumber, date: NaiveDate, reason: &PauseReason) -> String {
    format!("fortnight {number} ({}) has no edition: {}", dates::day(date), reason)
}

/// What took the place of a pick that can no longer be used.
pub fn replacement(replacement: &Replacement) -> String {
    let Replacement { edition, pick } = replacement;
    format!("edition {edition} changed since it was planned: {}: {} {}", pick.band, pick.id, picks::pick(pick))
}
