//! Why an edition is not published.

use crate::domain::edition::{Edit, EditionNumber, EditionState};

/// Why an edition is not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Its time passed, or it was cancelled.
    #[error("edition {number} is {state}")]
    Ended {
        number: EditionNumber,
        /// Missed or withdrawn.
        state: EditionState,
    },
    /// What this process read of the library may be older or newer than what was approved; the next look tells.
    #[error("the texts of edition {number} are not the ones that were approved")]
    OtherTexts { number: EditionNumber, edits: Vec<Edit> },
    /// The subscribers or the edition kept changing meanwhile.
    #[error("edition {0} kept changing while it was published")]
    KeepsChanging(EditionNumber),
}
