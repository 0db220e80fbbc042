//! What a preview shows: an edition, its segments, and what is worth knowing first.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::app::error::PreviewError;
use crate::app::planner::PlanRow;
use crate::domain::activity::Notice;
use crate::domain::bulletin::Audience;
use crate::domain::edition::{Edit, EditionNumber, EditionState, HoldReason, StateReason};
use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::domain::subscriber::Sector;
use crate::store::{PublishedPicture, SegmentNumber};

/// An edition as it would go out (or went out).
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    pub edition: EditionNumber,
    #[serde(flatten)]
    pub mails: ProofMails,
    /// The fortnight's row of the plan: date, picks, reasons.
    #[serde(skip)]
    pub row: PlanRow,
    /// What would keep it from going out, or is worth knowing first.
    #[serde(skip)]
    pub notes: Vec<Note>,
    /// The notices that are in it.
    #[serde(skip)]
    pub notices: Vec<Notice>,
    /// What differs from the edition before, once [`super::Previewer::compare`] has looked.
    #[serde(skip)]
    pub difference: Option<Difference>,
}

/// The mails of an edition or a bulletin as they would go out (or went out).
#[derive(Debug, Clone, Serialize)]
pub struct ProofMails {
    /// The number under which they are sent.
    #[serde(skip)]
    pub(in crate::app) number: EditionNumber,
    /// Largest first.
    pub segments: Vec<ProofSegment>,
    /// How many mailboxes there are in all segments.
    pub recipients: u64,
    #[serde(skip)]
    pub(super) readership: Readership,
    #[serde(skip)]
    pub(in crate::app) pictures: Vec<PublishedPicture>,
    #[serde(skip)]
    pub(in crate::app) sender: Sender,
    /// Their Date.
    #[serde(skip)]
    pub(in crate::app) at: DateTime<Utc>,
}

/// Whose mails they are.
#[derive(Debug, Clone)]
pub(super) enum Readership {
    /// Of those who would get an edition now.
    Edition,
    /// Of those who would get a bulletin now.
    Bulletin(Audience),
    /// Of those for whom it was published.
    Published,
}

/// One segment of [`ProofMails`].
#[derive(Debug, Clone, Serialize)]
pub struct ProofSegment {
    /// Its id, as `--segment` takes it.
    pub id: String,
    /// Its bands, in the service's order.
    pub bands: Vec<String>,
    pub sector: &'static str,
    pub locale: &'static str,
    /// How many mailboxes it has.
    pub recipients: u64,
    pub subject: String,
    /// Size of the HTML with sample links, in bytes.
    pub html_bytes: usize,
    /// The files that show it, where they were written.
    pub files: Vec<PathBuf>,
    #[serde(skip)]
    pub(super) key: SegmentKey,
    #[serde(skip)]
    pub(super) who: Who,
    /// Whom the sample greets: the subscriber of its first mailbox.
    #[serde(skip)]
    pub(super) first: Option<String>,
    #[serde(skip)]
    pub(super) rendered: Rendered,
}

/// An edition beside the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The edition before, and its date.
    pub before: EditionNumber,
    pub date: NaiveDate,
    /// The themes' titles, before and now.
    pub theme: (String, String),
    pub bands: Vec<BandDifference>,
    /// Mailboxes before and now, by sector, where someone is in it; nothing where those of before are no longer kept.
    pub sectors: Vec<(Sector, u64, u64)>,
    /// All mailboxes, before and now.
    pub mailboxes: Option<(u64, u64)>,
    pub notices: Vec<NoticeDifference>,
}

/// A band before and now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BandDifference {
    pub label: String,
    /// The activity's title; nothing where the band had none.
    pub before: Option<String>,
    pub now: Option<String>,
    /// Mailboxes that get it, before and now.
    pub mailboxes: Option<(u64, u64)>,
}

/// A notice that is in one of the editions, or in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeDifference {
    pub title: String,
    pub was: bool,
    pub is: bool,
}

/// Who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// Those who would get it now.
    Reads(SegmentKey),
    /// Those for whom it was published.
    Addressed(SegmentNumber),
}

/// What would keep an edition from going out, or is worth knowing first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The config would end many subscriptions, and that waits for consent.
    SyncWaits,
    Reason {
        edition: EditionNumber,
        reason: StateReason,
    },
    Edited {
        /// Since it was approved, not since it was planned.
        was_approved: bool,
        edit: Edit,
    },
    /// It would be held if it were due now.
    WouldBeHeld {
        edition: EditionNumber,
        reason: HoldReason,
    },
    /// It went out: this is what was published.
    Published {
        edition: EditionNumber,
        state: EditionState,
    },
}

impl ProofMails {
    pub(super) fn new(
        number: EditionNumber,
        mut segments: Vec<ProofSegment>,
        readership: Readership,
        pictures: Vec<PublishedPicture>,
        (sender, at): (Sender, DateTime<Utc>),
    ) -> Self {
        segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.id.cmp(&b.id)));
        let recipients = segments.iter().map(|s| s.recipients).sum();
        Self { number, segments, recipients, readership, pictures, sender, at }
    }

    /// The segment of this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn segment(&self, wanted: &str) -> Result<&ProofSegment, PreviewError> {
        self.segments.iter().find(|segment| segment.id == wanted).ok_or_else(|| PreviewError::UnknownSegment {
            wanted: wanted.to_owned(),
            known: self.segments.iter().map(|segment| segment.id.clone()).collect(),
        })
    }

    /// Leaves out all segments but this one.
    pub(super) fn only(&mut self, wanted: &str) -> Result<(), PreviewError> {
        self.segments = vec![self.segment(wanted)?.clone()];
        self.recipients = self.segments.iter().map(|segment| segment.recipients).sum();
        Ok(())
    }
}
