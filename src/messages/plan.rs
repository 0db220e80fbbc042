//! The plan in sentences and as JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::{edition, picks};
use crate::app::planner::{PlanRow, PlanState, Replacement};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::{ClosedDay, ClosedDayPolicy, PauseReason};
use crate::domain::edition::{EditionNumber, Pick, StateReason};

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
    why(&row.state, row.reason.as_ref(), row.edition)
}

/// Why a fortnight is paused, or its edition in its state.
pub fn why(state: &PlanState, reason: Option<&StateReason>, number: EditionNumber) -> Option<String> {
    match state {
        PlanState::Paused(reason) => Some(pause(reason)),
        PlanState::Projected | PlanState::Edition(_) => reason.map(|reason| edition::state(reason, number)),
    }
}

/// Why a fortnight has no edition.
pub fn pause(reason: &PauseReason) -> String {
    match reason {
        PauseReason::Closed(day) if day.rule == ClosedDayPolicy::Shift => {
            format!("{}; no day of the 7 after it is open", closed(day))
        }
        PauseReason::Closed(day) => closed(day),
        PauseReason::BeyondCalendar => "it is beyond the calendar, which ends with the year 9999".to_owned(),
    }
}

/// `Monday 21 December 2026 is closed: Christmas holidays`.
pub fn closed(day: &ClosedDay) -> String {
    let reason = if day.reason.is_empty() { String::new() } else { format!(": {}", day.reason) };
    format!("{} is closed{reason}", edition::day(day.day))
}

/// That a fortnight has no edition.
pub fn no_edition(number: EditionNumber, date: NaiveDate, reason: &PauseReason) -> String {
    format!("fortnight {number} ({}) has no edition: {}", edition::day(date), pause(reason))
}

/// What took the place of a pick that can no longer be used.
pub fn replacement(replacement: &Replacement) -> String {
    let Replacement { edition, pick } = replacement;
    format!("edition {edition} changed since it was planned: {}: {} {}", pick.band, pick.id, picks::pick(pick))
}
