//! What can be done to an edition, and how the audit table tells it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::hold_reason::{HoldReason, MissReason, WithdrawReason};
use super::number::EditionNumber;
use super::picks::{Pick, PickReason, Selection};
use crate::domain::fingerprint::Edit;

use crate::domain::activity::ActivityId;
use crate::domain::audit::AuditRecord;
use crate::domain::band::BandName;

/// What the audit calls it that an edition gets other picks.
const REPICK: &str = "repick";

/// Why an approval is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum UnapproveReason {
    Edited { edits: Vec<Edit> },
}

/// What a band has in the place of what, as the audit table keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repicked {
    pub band: BandName,
    pub before: Option<ActivityId>,
    pub after: Option<ActivityId>,
    pub reason: Option<PickReason>,
}

impl Repicked {
    /// What a line of the audit says was picked anew; nothing where it is about something else.
    pub fn of(record: &AuditRecord) -> Vec<Self> {
        if record.action == REPICK { serde_json::from_str(&record.detail).unwrap_or_default() } else { Vec::new() }
    }
}

/// One change to an edition. One that was published can only be held, released and approved: the rest is for open ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditionChange {
    /// Adds a planned edition; nothing happens if the number exists already.
    Plan {
        number: EditionNumber,
        date: NaiveDate,
        due_at: DateTime<Utc>,
        selection: Selection,
    },
    /// Its date follows the config.
    Redate {
        number: EditionNumber,
        date: NaiveDate,
        due_at: DateTime<Utc>,
    },
    /// New picks or texts; an approval is taken back (`approved` becomes `planned`).
    Repick {
        number: EditionNumber,
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
    Miss(EditionNumber, MissReason),
    /// From held, back to what it was: planned, approved or sending.
    Release(EditionNumber),
    /// Cancelled.
    Withdraw(EditionNumber, WithdrawReason),
    /// From withdrawn, missed or held, back to planned.
    Reinstate(EditionNumber),
}

impl EditionChange {
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

    /// Its line of the audit table: the action, and its data, which is a reason or [`Repicked`] as JSON where it is no plain
    /// text. `before` are the picks until now.
    pub fn audit(&self, before: &[Pick]) -> (&'static str, String) {
        match self {
            Self::Plan { date, selection, .. } => ("plan", format!("{date}, theme {}", selection.theme)),
            Self::Redate { date, .. } => ("redate", date.to_string()),
            Self::Repick { selection, .. } => (REPICK, json(&repicked(before, selection))),
            Self::Unplan(_) => ("unplan", String::new()),
            Self::Approve(_) => ("approve", String::new()),
            Self::Unapprove(_, why) => ("unapprove", json(why)),
            Self::Hold(_, why) => ("hold", json(why)),
            Self::Miss(_, why) => ("miss", json(why)),
            Self::Release(_) => ("release", String::new()),
            Self::Withdraw(_, why) => ("withdraw", json(why)),
            Self::Reinstate(_) => ("reinstate", String::new()),
        }
    }
}

/// Which bands have what instead of what, and why.
fn repicked(before: &[Pick], selection: &Selection) -> Vec<Repicked> {
    let old = |pick: &Pick| before.iter().find(|old| old.band == pick.band).map(|old| &old.id);
    let new = selection.picks.iter().filter(|pick| old(pick) != Some(&pick.id)).map(|pick| Repicked {
        band: pick.band.clone(),
        before: old(pick).cloned(),
        after: Some(pick.id.clone()),
        reason: Some(pick.reason.clone()),
    });
    let gone = before.iter().filter(|old| selection.picks.iter().all(|pick| pick.band != old.band));
    let gone =
        gone.map(|old| Repicked { band: old.band.clone(), before: Some(old.id.clone()), after: None, reason: None });
    new.chain(gone).collect()
}

fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("codes, numbers and texts always become JSON")
}
