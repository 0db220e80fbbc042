//! Editions: number, state, picks, and what may be done with them.

mod change;
mod hold_reason;
mod number;
mod picks;
pub mod state;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::subscriber::{WordError, words};

pub use super::fingerprint::Edit;
pub use change::{EditionChange, Repicked, UnapproveReason};
pub use hold_reason::{Deadline, HoldReason, MissReason, StateReason, ToldHold, UnservedBand, WithdrawReason};
pub use number::EditionNumber;
pub use picks::{Ineligibility, LastUse, Pick, PickReason, Selection, ThemeReason};

words! {
    /// Where an edition stands.
    EditionState, "edition state" {
        /// Date and picks are fixed.
        Planned = "planned",
        /// May be published when due.
        Approved = "approved",
        /// Published; deliveries are on their way.
        Sending = "sending",
        /// No delivery is queued, sending or deferred.
        Sent = "sent",
        /// Needs a person; `reason` says why.
        Held = "held",
        Missed = "missed",
        Withdrawn = "withdrawn",
    }
}

/// One edition as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub number: EditionNumber,
    pub state: EditionState,
    /// Why it is held, missed or withdrawn.
    pub reason: Option<StateReason>,
    /// The local send date.
    pub date: NaiveDate,
    pub due_at: DateTime<Utc>,
    pub selection: Selection,
    /// When it was published (its mails' Date).
    pub published_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When a person approved of the picks and texts that it has now.
    pub approved_at: Option<DateTime<Utc>>,
    /// When a person last released it.
    pub released_at: Option<DateTime<Utc>>,
}

impl Edition {
    /// One that is planned, and about which nobody has decided anything.
    pub fn planned(number: EditionNumber, date: NaiveDate, due_at: DateTime<Utc>, selection: Selection) -> Self {
        Self {
            number,
            state: EditionState::Planned,
            reason: None,
            date,
            due_at,
            selection,
            published_at: None,
            finished_at: None,
            approved_at: None,
            released_at: None,
        }
    }

    /// Not published, and may still be: its date and picks follow the config.
    pub fn is_open(&self) -> bool {
        matches!(self.state, EditionState::Planned | EditionState::Approved | EditionState::Held)
            && !self.is_published()
    }

    /// Published, finished or not; one that was held while it was being sent is, too.
    pub fn is_published(&self) -> bool {
        self.published_at.is_some() || matches!(self.state, EditionState::Sending | EditionState::Sent)
    }

    /// Why it is held, if it is.
    pub fn hold_reason(&self) -> Option<&HoldReason> {
        match &self.reason {
            Some(StateReason::Held(reason)) => Some(reason),
            _ => None,
        }
    }

    /// When a person last said that it may go out.
    pub fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.approved_at.max(self.released_at)
    }
}
