//! The store: what is remembered, behind a trait of domain verbs that a second backend can implement.
//!
//! Nothing of SQL, of a table or of a rowid shows here. Every verb is one transaction; none spans network I/O.

pub mod acting;
mod archive;
mod bulletins;
mod editions;
mod epoch;
mod error;
pub mod moving;
mod nodes;
mod notices;
mod outbox;
#[cfg(feature = "postgres")]
pub mod postgres;
mod privacy;
mod reports;
mod shared;
pub mod sqlite;
mod subscribers;
mod texts;
mod users;

pub use crate::domain::audit::{AuditNumber, AuditRecord};
pub use archive::{
    Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedPicture, PublishedSegment, PublishedText,
    PublishedView, Recall, SegmentNumber,
};
pub use bulletins::{BulletinAddition, BulletinPublication, Bulletins};
pub use editions::{ActivityWithdrawal, Actor, Editions, Release, StoreMeta};
pub use epoch::{Epoch, EpochMemory};
pub use error::StoreError;
pub use nodes::{News, Node, Nodes};
pub use notices::{Notices, QueuedNotice};
pub use outbox::{AttemptResult, Claimed, ClaimedContent, Marked, Outbox, Step, WithinCap};
pub use privacy::{Privacy, Records};
pub use reports::{OpenWave, Reports, WaveBounce};
pub use subscribers::{Decision, Reader, Scope, Subscribers, Traces, decide, rehearse};
pub use texts::TextVersions;
pub use users::{UserDecision, Users, decide_users};

/// What every backend does.
pub trait Store:
    Archive
    + Bulletins
    + Editions
    + Nodes
    + Notices
    + Outbox
    + Privacy
    + Reports
    + Subscribers
    + TextVersions
    + Users
    + Send
    + Sync
{
}

impl<T> Store for T where
    T: Archive
        + Bulletins
        + Editions
        + Nodes
        + Notices
        + Outbox
        + Privacy
        + Reports
        + Subscribers
        + TextVersions
        + Users
        + Send
        + Sync
{
}
