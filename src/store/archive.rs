//! The port of whoever publishes and reads what was published.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, StoreError};
use crate::domain::activity::{Activity, ActivityId, Notice, Printable, Theme};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::lasting::{PublicName, Revision};
use crate::domain::picture::{Picture, PictureInfo, PictureName, PictureSubject};
use crate::domain::rendered::Rendered;
use crate::domain::revised::TextRevision;
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::domain::subscriber::RecipientId;

/// A segment's number within its edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub u32);

/// One rendered segment of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedSegment {
    /// What its recipients share.
    pub key: SegmentKey,
    /// What they read.
    pub rendered: Rendered,
}

/// A page that the web view and the feeds will show for a published edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedText {
    pub activity: ActivityId,
    /// The whole checked activity, as it went out.
    pub content: Activity,
}

/// A picture of a published edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPicture {
    pub subject: PictureSubject,
    pub picture: Picture,
}

/// An edition as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The edition as it was when the segments were rendered.
    pub before: Edition,
    /// As it becomes: see [`crate::domain::edition::state::publish`].
    pub after: Edition,
    /// The instant: every mail's Date.
    pub at: DateTime<Utc>,
    /// The bands of the service; others do not count when recipients are grouped.
    pub served: BandSet,
    /// The sender's side of every header.
    pub sender: Sender,
    /// Every segment, rendered and checked.
    pub segments: Vec<PublishedSegment>,
    /// The theme as it went out.
    pub theme: Theme,
    /// The texts of its activities.
    pub texts: Vec<PublishedText>,
    pub notices: Vec<Notice>,
    /// Those that its mails bring, and those that are for the web alone.
    pub pictures: Vec<PublishedPicture>,
}

/// What became of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishResult {
    /// It is being sent, to so many recipients.
    Published {
        /// How many.
        recipients: u64,
    },
    /// The edition is not as it was when it was rendered, one of its activities was withdrawn, recipients now form a
    /// segment that was not rendered, or the store was restored: nothing changed. Read again, decide again.
    Changed,
}

/// A published edition's mails, as every attempt and every node must build them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedMails {
    pub edition: EditionNumber,
    /// Every mail's Date.
    pub at: DateTime<Utc>,
    /// The sender's side of every header.
    pub sender: Sender,
    /// The segments, by number.
    pub segments: BTreeMap<SegmentNumber, PublishedSegment>,
    pub pictures: Vec<PublishedPicture>,
}

/// One mailbox of a published edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    pub recipient: RecipientId,
    pub segment: SegmentNumber,
    /// The subscriber's name, as it was when the edition was published.
    pub subscriber: String,
    pub address: Address,
}

/// An activity that was withdrawn, and may have been reinstated since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// Whether it still is withdrawn.
    pub stands: bool,
    /// When it was withdrawn, or reinstated since.
    pub at: DateTime<Utc>,
}

/// A published edition with its texts as they went out, for those who read it on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedView {
    /// Number, dates, state and picks.
    pub edition: Edition,
    pub theme: Theme,
    /// The activities, those withdrawn since among them.
    pub texts: Vec<PublishedText>,
    /// Those that an operator ever withdrew.
    pub recalls: BTreeMap<ActivityId, Recall>,
    pub notices: Vec<Notice>,
    /// Its pictures, without their bytes.
    pub pictures: Vec<(PictureSubject, PictureInfo)>,
    /// The newest revision of each text that was mended since: in the order of their names.
    pub revised: Vec<TextRevision>,
}

/// Publishes, and reads back what was published.
#[async_trait]
pub trait Archive {
    /// In one transaction: stores segments, texts and pictures, writes the edition, inserts one delivery per recipient.
    async fn publish(&self, publication: &Publication) -> Result<PublishResult, StoreError>;

    /// What was published; `None` when the edition was not, or what its mails said is no longer kept.
    async fn published(&self, edition: EditionNumber) -> Result<Option<PublishedMails>, StoreError>;

    /// How many known mailboxes a published edition is for, by segment, and the name with which the first of each was
    /// greeted; nobody when it was not published.
    async fn addressed(&self, edition: EditionNumber) -> Result<BTreeMap<SegmentNumber, (u64, String)>, StoreError>;

    /// Known mailboxes that a published edition is for, by number, that come after this one: at most `limit`.
    async fn addressees_page(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError>;

    /// One published edition; `None` when it was not published.
    async fn published_view(&self, number: EditionNumber) -> Result<Option<PublishedView>, StoreError>;

    /// An activity as it went out last, and with which edition; `None` when it never did.
    async fn published_activity(&self, id: &ActivityId) -> Result<Option<(EditionNumber, Activity)>, StoreError>;

    /// The printable of this file name that went out with an activity last; `None` when none did.
    async fn published_printable(&self, id: &ActivityId, file: &str) -> Result<Option<Printable>, StoreError>;

    /// The picture of this name that went out with an edition; `None` when none did, or all that it shows was withdrawn.
    async fn published_picture(&self, name: &PictureName) -> Result<Option<Picture>, StoreError>;
    /// Adds a revision of a text of a published edition, with the audit's line, unless there is one of this number already.
    /// Returns whether it was added. What was sent stays on record as it was sent.
    async fn revise_text(
        &self,
        edition: EditionNumber,
        revision: &TextRevision,
        actor: Actor,
    ) -> Result<bool, StoreError>;

    /// What this store is known by outside, the same for ever.
    async fn public_name(&self) -> Result<PublicName, StoreError>;

    /// What feeds and the calendar show of things that may change, by subject, as [`Archive::write_revisions`] left it.
    async fn revisions(&self) -> Result<BTreeMap<String, Revision>, StoreError>;

    /// Puts these in the place of what was known about the same subjects.
    async fn write_revisions(&self, revised: &BTreeMap<String, Revision>) -> Result<(), StoreError>;
}
