//! The plan as people look at it: one row per fortnight.

use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;

use crate::domain::calendar::{ClosedDay, Occasion, PauseReason};
use crate::domain::edition::{Edition, EditionNumber, EditionState, Pick, Selection, StateReason};

/// What a fortnight comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanState {
    Paused(PauseReason),
    /// It is not planned yet.
    Projected,
    Edition(EditionState),
}

impl PlanState {
    /// The word that JSON uses.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Paused(_) => "paused",
            Self::Projected => "projected",
            Self::Edition(state) => state.as_str(),
        }
    }
}

/// One fortnight of the plan.
#[derive(Debug, Clone)]
pub struct PlanRow {
    pub edition: EditionNumber,
    /// The local send date.
    pub date: NaiveDate,
    /// The instant from which it is due, in the schedule's zone.
    pub due_at: DateTime<FixedOffset>,
    pub state: PlanState,
    /// Why its edition is held, missed or withdrawn.
    pub reason: Option<StateReason>,
    /// Theme and picks as the store holds or would hold them; `None` for a paused fortnight.
    pub selection: Option<Selection>,
    /// The closed day because of which the date is not the fortnight's first day.
    pub shifted: Option<ClosedDay>,
    /// The closed day that moved or cancelled it.
    pub closed: Option<ClosedDay>,
    /// The dated campaigns that fall to it, by date.
    pub occasions: Vec<Occasion>,
}

impl PlanRow {
    pub fn of(edition: &Edition, zone: Tz) -> Self {
        Self {
            edition: edition.number,
            date: edition.date,
            due_at: edition.due_at.with_timezone(&zone).fixed_offset(),
            state: PlanState::Edition(edition.state),
            reason: edition.reason.clone(),
            selection: Some(edition.selection.clone()),
            shifted: None,
            closed: None,
            occasions: Vec::new(),
        }
    }

    /// Whether the fortnight has no edition.
    pub fn is_paused(&self) -> bool {
        matches!(self.state, PlanState::Paused(_))
    }

    /// Whether its edition may still go out, as far as its state goes.
    pub fn is_ahead(&self) -> bool {
        use EditionState::{Approved, Held, Planned};
        matches!(self.state, PlanState::Projected | PlanState::Edition(Planned | Approved | Held))
    }

    /// The theme's folder name; none for an edition without picks.
    pub fn theme(&self) -> Option<&str> {
        self.selection.as_ref().map(|selection| selection.theme.as_str()).filter(|theme| !theme.is_empty())
    }

    /// The picks, in the bands' order.
    pub fn picks(&self) -> &[Pick] {
        self.selection.as_ref().map_or(&[], |selection| &selection.picks)
    }
}
