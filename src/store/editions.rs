//! The port of whoever plans and decides: editions, withdrawn activities, and what the store remembers about itself.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::StoreError;
use crate::domain::activity::ActivityId;
use crate::domain::audit::{AuditNumber, AuditRecord};
use crate::domain::edition::state::Changed;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::edits::ApprovedTexts;

/// Who made a change: a word for the audit table, such as `cli`, `daemon`, `config`.
pub type Actor = &'static str;

/// What the store remembers about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreMeta {
    /// The anchor it began with, or was given since.
    pub anchor: NaiveDate,
    /// The fortnight in which it began.
    pub first: EditionNumber,
}

/// An activity that is withdrawn, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityWithdrawal {
    pub activity: ActivityId,
    /// Whether it is withdrawn from now on; until now it was the other way round.
    pub withdrawn: bool,
}

/// What a part of the release of a restored store came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The editions that were held for it, once they are released.
    pub editions: Vec<EditionNumber>,
    /// Whether there was a part before this one.
    pub is_begun: bool,
    /// Whether the store sends again.
    pub is_last: bool,
}

/// Reads and writes editions.
#[async_trait]
pub trait Editions {
    /// What the store remembers about itself; `None` before [`Editions::begin`].
    async fn meta(&self) -> Result<Option<StoreMeta>, StoreError>;

    /// Remembers anchor and first fortnight if nothing is remembered yet. A different anchor replaces the old one
    /// (and drops editions that are not published) unless something was published: then `Refused`.
    async fn begin(&self, meta: StoreMeta, at: DateTime<Utc>) -> Result<StoreMeta, StoreError>;

    /// Refuses where another version of the program has taken the store over since it was opened.
    async fn check_version(&self) -> Result<(), StoreError>;

    /// Every edition, by number.
    async fn editions(&self) -> Result<Vec<Edition>, StoreError>;

    /// One edition.
    async fn edition(&self, number: EditionNumber) -> Result<Option<Edition>, StoreError>;

    /// What an edition said when someone approved of it last; `None` when nobody did, the library could not be read then, or it
    /// was published since.
    async fn approved_texts(&self, number: EditionNumber) -> Result<Option<ApprovedTexts>, StoreError>;

    /// Activities an operator withdrew.
    async fn withdrawn(&self) -> Result<BTreeSet<ActivityId>, StoreError>;

    /// Writes what changed, with the audit's lines: all of it, or nothing when an edition is not as it was read (or
    /// there, or gone), or an activity is withdrawn already (or is not). Returns whether it was written; when not, read
    /// again and decide again.
    async fn write_editions(
        &self,
        changed: &Changed,
        activities: &[ActivityWithdrawal],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// When the backup was made from which this store was restored, until [`Editions::release_restored`]. Meanwhile
    /// nothing is claimed or published.
    async fn restored(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Lets a restored store send again, with the editions that were held for it. What waits in them may have been accepted
    /// after the backup was made: it is sent when `resend`, and otherwise becomes uncertain. Each call makes a part of that
    /// uncertain, and only the last releases.
    async fn release_restored(&self, resend: bool, at: DateTime<Utc>) -> Result<Release, StoreError>;

    /// Lines of the audit table, oldest first, that come after this one: at most `limit`; about one of these subjects alone
    /// where some are named.
    async fn audit_page(
        &self,
        subjects: Option<&BTreeSet<String>>,
        after: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError>;

    /// Lines of the audit table, newest first, that come before this one: at most `limit`.
    async fn audit_page_before(
        &self,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, StoreError>;
}
