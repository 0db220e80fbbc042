//! Editions: number, state, picks.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::activity::ActivityId;
use super::band::BandName;
use super::fingerprint::Fingerprint;
use super::subscriber::{WordError, words};

/// The number of a fortnight and of its edition, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EditionNumber(pub u32);

impl fmt::Display for EditionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

words! {
    /// Where an edition stands (contract §6).
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
        /// Its time passed.
        Missed = "missed",
        /// Cancelled by an operator.
        Withdrawn = "withdrawn",
    }
}

/// One band's activity in one edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The band.
    pub band: BandName,
    /// The activity.
    pub id: ActivityId,
    /// Its title when it was picked.
    pub title: String,
    /// Why this one, for the operator.
    pub reason: String,
    /// What its text was when it was picked, or approved.
    pub fingerprint: Fingerprint,
}

/// The theme and the picks of an edition, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The theme's folder name.
    pub theme: String,
    /// Why this theme.
    pub theme_reason: String,
    /// What the theme's text was when it was picked, or approved.
    pub theme_fingerprint: Fingerprint,
    /// One pick per band that has an eligible activity, in the bands' order.
    pub picks: Vec<Pick>,
}

/// One edition as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its number.
    pub number: EditionNumber,
    /// Where it stands.
    pub state: EditionState,
    /// Why it is held (or missed, or withdrawn).
    pub reason: Option<String>,
    /// The local send date.
    pub date: NaiveDate,
    /// The instant from which it is due.
    pub due_at: DateTime<Utc>,
    /// Theme and picks.
    pub selection: Selection,
    /// When it was published (its mails' Date).
    pub published_at: Option<DateTime<Utc>>,
    /// When it became sent.
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

    /// When a person last said that it may go out.
    pub fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.approved_at.max(self.released_at)
    }
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
    Unapprove(EditionNumber, String),
    /// Needs a person; one that is being sent stops.
    Hold(EditionNumber, String),
    /// Its time passed.
    Miss(EditionNumber, String),
    /// From held, back to what it was: planned, approved or sending.
    Release(EditionNumber),
    /// Cancelled for this reason.
    Withdraw(EditionNumber, String),
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
}
