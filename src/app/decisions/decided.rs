//! What came of a decision, and what an operator should know besides.

use chrono::NaiveDate;

use crate::domain::activity::ActivityId;
use crate::domain::edition::{Edition, EditionNumber, HoldReason};

/// What came of a decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Whether anything changed; not when it was so already.
    pub changed: bool,
    /// The edition as it was.
    pub before: Edition,
    /// The edition as it stands now.
    pub edition: Edition,
    /// What the operator should know besides.
    pub notes: Vec<Note>,
}

/// Something an operator should know after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Something else would hold it all the same.
    WouldBeHeld(HoldReason),
    /// Mails that cannot be called back.
    AcceptedBefore {
        /// Mails that a relay took.
        accepted: u64,
        total: u64,
    },
    /// What becomes of it unless it is released.
    StaysHeld {
        /// The edition that overtakes it, and when; `None` when none is in sight.
        next: Option<(EditionNumber, NaiveDate)>,
        /// Whether a part of it went out, or may have.
        is_published: bool,
    },
    /// Nobody gets a digest in its fortnight.
    NoDigest,
    /// Its approval went with the withdrawal.
    ApprovalGone,
    /// Its approval was for other activities.
    ApprovalWasForOthers,
    /// This activity was withdrawn, and the mails that wait still carry it.
    CarriesWithdrawn(ActivityId),
    /// The rest of it goes out now.
    GoesOn,
    IsDue,
}
