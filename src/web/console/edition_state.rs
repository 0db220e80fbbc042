//! An edition's state as a word and a colour. The word says it all; the colour only helps the eye.

use serde::Serialize;

use crate::app::planner::{PlanRow, PlanState};
use crate::config::Config;
use crate::domain::calendar::Approval;
use crate::domain::edition::EditionState;
use crate::messages;

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct StateView {
    word: &'static str,
    /// `good`, `wait`, `bad`, or nothing.
    class: &'static str,
    pub(super) needs_approval: bool,
    pub(super) is_held: bool,
}

impl StateView {
    /// Of an edition in the store.
    pub(super) fn of(state: EditionState, is_approval_required: bool) -> Self {
        use EditionState::{Approved, Held, Missed, Planned, Sending, Sent, Withdrawn};
        let class = match state {
            Approved | Sent => "good",
            Planned | Sending => "wait",
            Held | Missed => "bad",
            Withdrawn => "",
        };
        Self {
            word: messages::console::state(state, is_approval_required),
            class,
            needs_approval: state == Planned && is_approval_required,
            is_held: state == Held,
        }
    }

    /// Of an edition that was published, by the word that JSON uses for it.
    pub(super) fn of_word(word: &str) -> Self {
        let state = EditionState::ALL.iter().find(|state| state.as_str() == word);
        Self::of(state.copied().unwrap_or(EditionState::Sent), false)
    }

    /// Of a fortnight of the plan.
    pub(super) fn of_row(config: &Config, row: &PlanRow) -> Self {
        let required = config.schedule.approval == Approval::Required;
        match &row.state {
            PlanState::Edition(state) => Self::of(*state, required),
            PlanState::Projected => Self { word: "not planned yet", ..Self::of(EditionState::Planned, required) },
            PlanState::Paused(_) => Self { word: "no edition", class: "", needs_approval: false, is_held: false },
        }
    }
}
