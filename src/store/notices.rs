//! What operators were told by mail, and when the relay could not be reached.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::delivery::TransactionalMail;
use crate::domain::notice::{NoticeKind, RelayOutage, Told};

/// A notice as it is queued: one mail to each operator.
#[derive(Debug, Clone)]
pub struct QueuedNotice {
    pub kind: NoticeKind,
    /// The keys of what it says.
    pub findings: Vec<String>,
    /// The local day.
    pub day: NaiveDate,
    /// Nothing of this kind may have been told from this day on, up to `day`.
    pub quiet_since: NaiveDate,
    pub operators: Vec<Address>,
    pub mail: TransactionalMail,
}

/// What a store remembers for those who answer for the service.
#[async_trait]
pub trait Notices {
    /// What was told.
    async fn told(&self) -> Result<Vec<Told>, StoreError>;

    /// Puts a notice on its way and remembers that it was told, all in one transaction. False, and nothing is done, when a
    /// process has told any of it meanwhile, or something of its kind on one of these days.
    async fn tell(&self, notice: &QueuedNotice, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// No longer remembers that these were told.
    async fn forget_told(&self, kind: NoticeKind, findings: &[String]) -> Result<(), StoreError>;

    /// The times in which the relay could not be reached, oldest first.
    async fn relay_outages(&self) -> Result<Vec<RelayOutage>, StoreError>;

    /// The relay cannot be reached, and so many mails wait for it: an outage begins, or goes on.
    async fn note_relay_unreachable(&self, mails: u64, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The relay answers: whether an outage ends with that.
    async fn note_relay_reached(&self, at: DateTime<Utc>) -> Result<bool, StoreError>;
}
