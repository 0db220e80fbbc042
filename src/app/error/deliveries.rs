//! Why deliveries cannot be taken up again or settled.

use crate::domain::address::Address;
use crate::domain::bulletin::BulletinName;
use crate::domain::edition::EditionNumber;

/// Why deliveries cannot be taken up again or settled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveriesError {
    #[error("no edition was published yet")]
    NothingPublished,
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    #[error("bulletin {0} was not sent")]
    BulletinNotSent(BulletinName),
    #[error("{0} is no mailbox of the store")]
    UnknownMailbox(Address),
    /// Whoever missed it reads the newer one.
    #[error("edition {edition} is over: edition {newer} fell due since")]
    Over {
        edition: EditionNumber,
        /// The one that took its place.
        newer: EditionNumber,
    },
}
