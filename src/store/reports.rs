//! What came back by mail: how many messages of which kind, and whose a delivery was.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::bounce::BounceCount;
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::subscription::wave::{Wave, WaveId};

/// A wave that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWave {
    pub wave: Wave,
    /// How many of its mailboxes wait: the others left, or are suppressed for a reason of their own.
    pub waiting: u64,
    /// Hard bounces of its edition and scope, since it began.
    pub bounced: u64,
    /// To how many of its scope the edition was handed over, or tried to now; counted as far as it makes a difference.
    pub tried: u64,
    /// To how many in all, counted as far.
    pub in_all: u64,
}

/// One bounce of a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveBounce {
    pub address: Address,
    /// The name of the subscriber.
    pub subscriber: String,
    pub at: DateTime<Utc>,
    /// The status that it named, if any.
    pub status: Option<String>,
    /// The mail server that reported it, if it named itself.
    pub server: Option<String>,
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

    /// The waves that wait for a person, oldest first.
    async fn open_waves(&self) -> Result<Vec<OpenWave>, StoreError>;

    /// Every wave, oldest first.
    async fn waves(&self) -> Result<Vec<Wave>, StoreError>;

    /// Gives up an open wave that is none any more, or goes on with that, and judges some of its bounces again. So many of them
    /// waited in the parts `before`, if there were some. Returns how many that are now, if others are left.
    async fn dissolve_wave(
        &self,
        wave: WaveId,
        before: Option<u64>,
        at: DateTime<Utc>,
    ) -> Result<Option<u64>, StoreError>;

    /// The bounces of a wave, by mailbox. Forgotten mailboxes are left out.
    async fn wave_bounces(&self, wave: WaveId) -> Result<Vec<WaveBounce>, StoreError>;

    /// Remembers that the message of this mark was dealt with and lies where it lay.
    async fn note_left_behind(&self, mark: &str) -> Result<(), StoreError>;

    /// Forgets it: the message lies there no more.
    async fn forget_left_behind(&self, mark: &str) -> Result<(), StoreError>;

    /// The marks of all such messages.
    async fn left_behind(&self) -> Result<BTreeSet<String>, StoreError>;

    /// The mailboxes of a published edition, by number, after `after`: at most `limit`.
    async fn recipients_of(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<RecipientId>, StoreError>;
}
