//! What came back by mail: verbs for bounces, complaints and their counts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::bounce::EnhancedStatus;
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, WordError, words};
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

/// What a bounce came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bounced {
    /// The mailbox is suppressed.
    Suppressed,
    /// It is noted: so many editions in a row, and how many it takes.
    Counted {
        /// Editions in a row that bounced.
        in_a_row: u8,
        /// How many suppress the mailbox.
        of: u8,
    },
    /// It is noted for the operator: a matter of policy, not of the mailbox.
    Policy,
    /// There is no such delivery; nothing changed.
    Unknown,
}

/// What a store does with reports.
#[async_trait]
pub trait Reports {
    /// A delivery bounced; told twice is told once. Edition 0 stands for mail that is no edition: it is not counted, but a
    /// mailbox that does not exist is suppressed.
    async fn bounce(
        &self,
        id: DeliveryId,
        status: Option<EnhancedStatus>,
        at: DateTime<Utc>,
    ) -> Result<Bounced, StoreError>;

    /// One more message of this kind came in.
    async fn count_report(&self, kind: ReportKind) -> Result<(), StoreError>;

    /// How many messages of each kind came in; kinds of which none came are left out.
    async fn report_counts(&self) -> Result<BTreeMap<ReportKind, u64>, StoreError>;

    /// How many mails of each of the last three published editions were refused as a matter of policy; none where none.
    async fn policy_bounces(&self) -> Result<BTreeMap<EditionNumber, u64>, StoreError>;

    /// The mailboxes of a published edition, by number, after `after`: at most `limit`.
    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError>;
}
