//! How a run over the outbox ended.

use crate::domain::delivery::Reply;
use crate::domain::edition::HoldReason;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything is settled or waits for its time.
    Finished,
    /// It was asked to stop; the rest is queued.
    Stopped,
    /// It stopped itself, for this reason, and its edition is held.
    Halted(HoldReason),
    /// The relay could not be reached: everything left is deferred.
    Unreachable(Reply),
    /// The day's cap is reached: the rest is queued until tomorrow.
    Capped,
}
