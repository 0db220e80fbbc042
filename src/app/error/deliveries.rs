//! Why deliveries cannot be taken up again or settled.

use crate::domain::address::Address;
use crate::domain::bulletin::{BulletinName, MailingName};
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
    /// None of its mails is sent again.
    #[error("{0} is over: {1}")]
    Over(MailingName, NeverAgain),
}

/// Why mails of an edition or a bulletin are never sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NeverAgain {
    /// A newer edition took its place: whoever missed it reads that one.
    #[error("edition {0} fell due since")]
    Overtaken(EditionNumber),
    /// Someone withdrew the bulletin while it was being sent.
    #[error("it was withdrawn while it was being sent")]
    Withdrawn,
    /// So long ago that what it said is no longer kept.
    #[error("what its mails said is no longer kept")]
    Forgotten,
}
