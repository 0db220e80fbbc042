//! Why an operator's decision is not possible.

use chrono::NaiveDate;

use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::PauseReason;
use crate::domain::edition::{EditionNumber, MissReason};
use crate::domain::selection::Unsuitable;

/// What was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Let it go out.
    Approve,
    /// Stop it.
    Hold,
    /// Let it go its way again.
    Release,
    /// Cancel it.
    Withdraw,
    /// Give a band another activity.
    Swap,
}

/// How far a published edition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was sent by this local day.
    SentBy(NaiveDate),
    /// It was stopped in the middle.
    Stopped,
    /// It is being sent.
    BeingSent,
}

/// Why a decision is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// It was published, and this can no longer be changed.
    #[error("edition {number} was published")]
    Published {
        number: EditionNumber,
        /// What was to be done.
        decision: Decision,
        /// How far it has come.
        stage: Stage,
        /// Mails that a relay took.
        accepted: u64,
        total: u64,
    },
    /// Its time passed.
    #[error("edition {number} was missed")]
    Missed { number: EditionNumber, reason: Option<MissReason> },
    /// It was cancelled.
    #[error("edition {0} was withdrawn")]
    Withdrawn(EditionNumber),
    /// Its fortnight has none.
    #[error("fortnight {number} has no edition")]
    Paused {
        number: EditionNumber,
        /// The fortnight's first day.
        date: NaiveDate,
        reason: PauseReason,
    },
    /// Its fortnight is over, and nothing was sent in it.
    #[error("the fortnight of edition {0} is over")]
    Over(EditionNumber),
    /// It is too far ahead.
    #[error("edition {number} is too far ahead")]
    TooFarAhead {
        number: EditionNumber,
        /// The last on which decisions may be made now.
        last: EditionNumber,
    },
    /// It is not planned yet, and the library has errors.
    #[error("edition {0} is not planned yet, and the library has errors")]
    LibraryBroken(EditionNumber),
    /// It would go out without the approval that is required.
    #[error("the approval of edition {0} is missing")]
    ApprovalMissing(EditionNumber),
    /// It is not what was shown any more.
    #[error("edition {0} has changed since it was shown")]
    ChangedMeanwhile(EditionNumber),
    /// There is no such band.
    #[error("there is no band {band}")]
    UnknownBand {
        /// What was asked for.
        band: BandName,
        /// Those that there are.
        bands: Vec<BandName>,
    },
    /// The library has no such activity.
    #[error("there is no activity {id} in the library")]
    UnknownActivity {
        /// What was asked for.
        id: ActivityId,
        /// One with a similar name.
        near: Option<String>,
    },
    /// The activity does not suit.
    #[error("{activity} cannot be swapped into edition {number}")]
    Unsuitable { activity: ActivityId, number: EditionNumber, band: BandName, why: Unsuitable },
}
