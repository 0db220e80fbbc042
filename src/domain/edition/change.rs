//! What can be done to an edition, and how the audit table tells it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::edit::Edit;
use super::hold_reason::{HoldReason, MissReason, WithdrawReason};
use super::number::EditionNumber;
use super::selection::{Pick, Selection};

/// Why an approval is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum UnapproveReason {
    /// What was approved was edited.
    Edited {
        /// The texts.
        edits: Vec<Edit>,
    },
}

/// One change to an edition. One that was published can only be held, released and approved: the rest is for open ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditionChange {
    /// Adds a planned edition; nothing happens if the number exists already.
    Plan {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
        /// Theme and picks.
        selection: Selection,
    },
    /// Its date follows the config.
    Redate {
        /// Its number.
        number: EditionNumber,
        /// The local send date.
        date: NaiveDate,
        /// The instant from which it is due.
        due_at: DateTime<Utc>,
    },
    /// New picks or texts; an approval is taken back (`approved` becomes `planned`).
    Repick {
        /// Its number.
        number: EditionNumber,
        /// Theme and picks.
        selection: Selection,
    },
    /// Its fortnight became a pause: the plan is dropped.
    Unplan(EditionNumber),
    /// May be published; a held one that was published goes on.
    Approve(EditionNumber),
    /// The approval is taken back, and why.
    Unapprove(EditionNumber, UnapproveReason),
    /// Needs a person; one that is being sent stops.
    Hold(EditionNumber, HoldReason),
    /// Its time passed.
    Miss(EditionNumber, MissReason),
    /// From held, back to what it was: planned, approved or sending.
    Release(EditionNumber),
    /// Cancelled.
    Withdraw(EditionNumber, WithdrawReason),
    /// From withdrawn, missed or held, back to planned.
    Reinstate(EditionNumber),
}

impl EditionChange {
    /// The edition that it is about.
    pub fn number(&self) -> EditionNumber {
        match self {
            Self::Plan { number, .. }
            | Self::Redate { number, .. }
            | Self::Repick { number, .. }
            | Self::Unapprove(number, _)
            | Self::Hold(number, _)
            | Self::Miss(number, _)
            | Self::Withdraw(number, _)
            | Self::Unplan(number)
            | Self::Approve(number)
            | Self::Release(number)
            | Self::Reinstate(number) => *number,
        }
    }

    /// Its line of the audit table: the action, and more for people who look there. `before` are the picks until now.
    pub fn audit(&self, before: &[Pick]) -> (&'static str, String) {
        match self {
            Self::Plan { date, selection, .. } => ("plan", format!("{date}, theme {}", selection.theme)),
            Self::Redate { date, .. } => ("redate", date.to_string()),
            Self::Repick { selection, .. } => ("repick", repicked(before, selection)),
            Self::Unplan(_) => ("unplan", String::new()),
            Self::Approve(_) => ("approve", String::new()),
            Self::Unapprove(_, why) => ("unapprove", coded(why)),
            Self::Hold(_, why) => ("hold", coded(why)),
            Self::Miss(_, why) => ("miss", coded(why)),
            Self::Release(_) => ("release", String::new()),
            Self::Withdraw(_, why) => ("withdraw", coded(why)),
            Self::Reinstate(_) => ("reinstate", String::new()),
        }
    }
}

/// Which band has what instead of what, and why.
fn repicked(before: &[Pick], selection: &Selection) -> String {
    let old = |pick: &Pick| before.iter().find(|old| old.band == pick.band).map(|old| old.id.as_str());
    let new = selection.picks.iter().filter(|pick| old(pick) != Some(pick.id.as_str()));
    let mut told: Vec<String> = new
        .map(|pick| format!("{}: {} → {} ({})", pick.band, old(pick).unwrap_or("none"), pick.id, coded(&pick.reason)))
        .collect();
    let gone = before.iter().filter(|old| selection.picks.iter().all(|pick| pick.band != old.band));
    told.extend(gone.map(|old| format!("{}: {} → none", old.band, old.id)));
    if told.is_empty() { "the texts as they are now".to_owned() } else { told.join("; ") }
}

/// A reason's code, and its data as JSON: `operator {"why":null}`.
fn coded(reason: &impl Serialize) -> String {
    let json = serde_json::to_value(reason).unwrap_or_default();
    let code = json["code"].as_str().unwrap_or_default();
    json.get("detail").map_or_else(|| code.to_owned(), |detail| format!("{code} {detail}"))
}
