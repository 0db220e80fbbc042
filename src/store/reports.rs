//! What came back by mail: how many messages of which kind, and whose a delivery was.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, WordError, words};
use crate::domain::subscription::bounce::BounceCount;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

words! {
    /// What a message that came in was.
    ReportKind, "kind" {
        /// A bounce of a mail of ours.
        Bounced = "bounced",
        /// A complaint about a mail of ours.
        Complained = "complained",
        /// A wish to leave.
        Left = "left",
        /// A bounce, a complaint or a wish without a mark of ours that verifies.
        Unmatched = "unmatched",
        /// Too large, too deep, or too slow to read.
        Unreadable = "unreadable",
        /// Anything else: automatic replies, delays, mail to nobody.
        Other = "other",
    }
}

/// What a store does with reports.
#[async_trait]
pub trait Reports {
    /// One more message of this kind came in.
    async fn count_report(&self, kind: ReportKind) -> Result<(), StoreError>;

    /// How many messages of each kind came in; kinds of which none came are left out.
    async fn report_counts(&self) -> Result<BTreeMap<ReportKind, u64>, StoreError>;

    /// How many bounces of each edition mean what, by edition; none where none.
    async fn bounce_counts(&self) -> Result<Vec<BounceCount>, StoreError>;

    /// The mailboxes of a published edition, by number, after `after`: at most `limit`.
    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError>;
}
