//! Decisions about what someone was shown: where it has changed since, nothing is decided.

use chrono::{DateTime, Utc};

use super::Decisions;
use super::error::DecisionError;
use crate::app::error::AppError;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::edition::{Edition, EditionState, Selection};
use crate::domain::edits::refreshed;

impl Decisions {
    /// Decides only while the edition is as this row shows it. It's looked at again whenever the decision is made anew because
    /// someone else has written, so nothing comes in between; otherwise it's [`DecisionError::ChangedMeanwhile`].
    #[must_use]
    pub fn while_as(self, seen: PlanRow) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// # Errors
    /// When the edition, which was read just now, is not as it was shown, or the store fails.
    pub(super) async fn refuse_changed(&self, edition: &Edition, now: DateTime<Utc>) -> Result<(), AppError> {
        let Some(seen) = &self.seen else { return Ok(()) };
        let row = match &self.planner {
            Some(planner) => planner.plan_of(edition.number, now).await?,
            None => PlanRow::of(edition, self.context.config.schedule.timezone),
        };
        let is_as = (state(&row), &row.reason, row.due_at) == (state(seen), &seen.reason, seen.due_at)
            && self.picks(&row) == self.picks(seen);
        if is_as { Ok(()) } else { Err(DecisionError::ChangedMeanwhile(edition.number).into()) }
    }

    /// Its picks with their texts as they are now.
    fn picks(&self, row: &PlanRow) -> Option<Selection> {
        let picks = row.selection.as_ref()?;
        Some(self.planner.as_ref().map_or_else(|| picks.clone(), |planner| refreshed(planner.library().texts(), picks)))
    }
}

/// Its state, as far as it counts: before a decision is made, an edition is planned, and one whose texts were edited loses its
/// approval.
fn state(row: &PlanRow) -> PlanState {
    match &row.state {
        PlanState::Projected | PlanState::Edition(EditionState::Approved) => PlanState::Edition(EditionState::Planned),
        state => state.clone(),
    }
}
