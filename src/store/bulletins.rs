//! The port of whoever sends bulletins. What comes after publishing is the outbox's: it knows a bulletin by
//! [`crate::domain::bulletin::BulletinId::mailing`].

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Actor, PublishResult, PublishedPicture, PublishedSegment, Reader, StoreError};
use crate::domain::band::BandSet;
use crate::domain::bulletin::life::BulletinTransition;
use crate::domain::bulletin::{Audience, BulletinId, BulletinName, BulletinRecord, PublishedBulletin};
use crate::domain::segment::Segment;
use crate::domain::sender::Sender;

/// A bulletin as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinPublication {
    /// The bulletin as it was when the segments were rendered; none where nobody had decided anything about it.
    pub before: Option<BulletinRecord>,
    /// As it becomes: see [`crate::domain::bulletin::life::publish`].
    pub after: BulletinRecord,
    /// What it says, and whom it is for, as `after` has it.
    pub published: PublishedBulletin,
    /// The instant: every mail's Date.
    pub at: DateTime<Utc>,
    /// The bands of the service; others do not count when recipients are grouped.
    pub served: BandSet,
    /// The sender's side of every header.
    pub sender: Sender,
    /// Every segment, rendered and checked.
    pub segments: Vec<PublishedSegment>,
    /// Those that its mails bring.
    pub pictures: Vec<PublishedPicture>,
}

/// More readers of a bulletin that was sent to those who got an earlier mail: whoever has got that mail since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinAddition {
    /// The bulletin as it was read, and as it becomes: see [`crate::domain::bulletin::life::resume`].
    pub before: BulletinRecord,
    pub after: BulletinRecord,
    /// Whom it was for.
    pub audience: Audience,
    /// The instant.
    pub at: DateTime<Utc>,
    /// The bands of the service; others do not count when recipients are grouped.
    pub served: BandSet,
    /// Segments that nobody was in before, rendered and checked.
    pub segments: Vec<PublishedSegment>,
}

/// Reads and writes bulletins.
#[async_trait]
pub trait Bulletins {
    /// Every bulletin about which someone has decided something, in that order.
    async fn bulletins(&self) -> Result<Vec<BulletinRecord>, StoreError>;

    /// One of them.
    async fn bulletin(&self, name: &BulletinName) -> Result<Option<BulletinRecord>, StoreError>;

    /// Writes what changed, with the audit's line: all of it, or nothing when the bulletin is not as it was read (or there), or
    /// its number is taken. Returns whether it was written; when not, read again and decide again.
    async fn write_bulletin(
        &self,
        transition: &BulletinTransition,
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Who would get a bulletin now: active, unsuppressed mailboxes that are meant, by segment, counting only bands in `served`.
    async fn bulletin_audience(&self, audience: &Audience, served: &BandSet) -> Result<Vec<Segment>, StoreError>;

    /// The mailboxes of [`Self::bulletin_audience`], by subscriber, oldest first, that come after this one: at most `limit`.
    async fn bulletin_readers_page(
        &self,
        audience: &Audience,
        served: &BandSet,
        after: Option<&Reader>,
        limit: u32,
    ) -> Result<Vec<Reader>, StoreError>;

    /// In one transaction: stores segments and text, writes the bulletin, inserts one delivery per recipient.
    async fn publish_bulletin(&self, publication: &BulletinPublication) -> Result<PublishResult, StoreError>;

    /// As [`Bulletins::bulletin_audience`], of those who have no mail of this bulletin yet.
    async fn missed_by_bulletin(
        &self,
        bulletin: BulletinId,
        audience: &Audience,
        served: &BandSet,
    ) -> Result<Vec<Segment>, StoreError>;

    /// In one transaction: stores further segments, lets the bulletin go on, and inserts a delivery for each who is meant and has
    /// none. Nothing when the bulletin is not as it was read.
    async fn add_readers(&self, addition: &BulletinAddition) -> Result<PublishResult, StoreError>;
}
