//! Why the program could not do something: what every use case may meet, and each subject's own refusals.
//!
//! Values, not sentences: `messages::errors` says what people read. A subject's enum must not live in a file that needs
//! [`AppError`], or the two files need each other; it stands here, or in the domain where the domain decides.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::decisions::error::DecisionError;
use super::planner::row::PlanState;
use super::publisher::error::PublishError;
use crate::domain::address::Address;
use crate::domain::delivery::ItemId;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::{EditionNumber, StateReason};
use crate::domain::refusal::Refusal;
use crate::domain::subscription::subscribe::NoBand;
use crate::domain::subscription::sync::UnknownSubscriber;
use crate::domain::subscription::unsubscribe::CannotMove;
use crate::domain::text::TextError;
use crate::domain::token;
use crate::mail::MailError;
use crate::render::RenderError;
use crate::store::StoreError;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error(transparent)]
    Store(StoreError),
    /// A rule that every store keeps.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A message could not be built, or a transport could not be opened.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A digest could not be rendered.
    #[error("the digest of edition {edition} for {segment} cannot be made: {source}")]
    Digest {
        /// Which edition.
        edition: EditionNumber,
        /// Which segment.
        segment: String,
        /// Why.
        source: RenderError,
    },
    /// A page or a feed could not be rendered.
    #[error("a page cannot be made: {0}")]
    Page(#[from] RenderError),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Errors in files that people write: config, library, templates, CSV.
    #[error("{} findings", .0.len())]
    Findings(Vec<Diagnostic>),
    /// The key file.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The configuration contradicts what was sent already.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The store was restored from a backup and was not released yet.
    #[error("the store was restored and is not released")]
    NotReleased,
    /// A mailbox without a band would get nothing.
    #[error(transparent)]
    NoBand(#[from] NoBand),
    /// A mailbox cannot move to another address.
    #[error(transparent)]
    CannotMove(#[from] CannotMove),
    /// A sync contradicts itself.
    #[error(transparent)]
    Sync(#[from] UnknownSubscriber),
    /// Others kept changing what a decision was made from.
    #[error("other programs keep changing the editions")]
    Busy,
    /// Mail would really leave, with a pretended date.
    #[error("mail.transport speaks SMTP, and the time is pretended")]
    PretendedTime,
    /// A picked text is gone.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// There is nothing to preview.
    #[error(transparent)]
    Preview(#[from] PreviewError),
    /// No backup, or no restore.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// No new activity.
    #[error(transparent)]
    NewActivity(#[from] NewActivityError),
    /// The store has no edition of this number.
    #[error("there is no edition {0}")]
    NoEdition(EditionNumber),
    /// An operator's decision is not possible.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// An edition is not published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Deliveries cannot be taken up or settled.
    #[error(transparent)]
    Deliveries(#[from] DeliveriesError),
    /// The senders broke off.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// Work on another thread broke off.
    #[error("a part of the work broke off: {0}")]
    BrokeOff(String),
}

/// Why deliveries cannot be taken up again or settled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveriesError {
    /// Nothing went out yet.
    #[error("no edition was published yet")]
    NothingPublished,
    /// This edition did not go out.
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    /// No mailbox has this address.
    #[error("{0} is no mailbox of the store")]
    UnknownMailbox(Address),
    /// Whoever missed it reads the newer one.
    #[error("edition {edition} is over: edition {newer} fell due since")]
    Over {
        /// The edition.
        edition: EditionNumber,
        /// The one that took its place.
        newer: EditionNumber,
    },
}

/// A fault in the sending that no relay is to blame for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// There is nothing to be sent.
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    /// A delivery names a segment that was not stored.
    #[error("edition {0}: a delivery names a segment that was not stored")]
    UnknownSegment(EditionNumber),
    /// An item without a text.
    #[error("{0} has no text")]
    NoText(ItemId),
    /// The system gives no thread.
    #[error("the senders cannot start: {0}")]
    CannotStart(String),
    /// A task panicked.
    #[error("{0} broke off: {1}")]
    BrokeOff(&'static str, String),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal.into(),
            error => Self::Store(error),
        }
    }
}

impl AppError {
    /// A file that could not be read or written.
    pub(crate) fn file(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::File { path: path.into(), reason: error.to_string() }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if error.may_pass())
    }
}

/// `schedule.anchor` is not the one with which editions were sent.
#[derive(Debug, thiserror::Error)]
#[error("{place}: schedule.anchor: it is {wished}, but this store began with {began} and has sent editions since")]
pub struct AnchorError {
    /// `config.toml:3:10`.
    pub place: String,
    /// The one with which the store began.
    pub began: NaiveDate,
    /// The one in the file now.
    pub wished: NaiveDate,
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is no keyring.
    #[error("{path}: {source}")]
    Unusable {
        /// The key file, or the backup that it was taken from.
        path: PathBuf,
        /// What is wrong with it.
        source: token::KeyringError,
    },
    /// It lacks a key that was used.
    #[error("{path}: {source}")]
    Lacks {
        /// The key file.
        path: PathBuf,
        /// Which key.
        source: token::UnknownKey,
    },
    /// There is a store, and its key file is gone.
    #[error("{path}: the store exists, but its key file does not")]
    Lost {
        /// Where it should be.
        path: PathBuf,
    },
    /// It was removed while it was being made.
    #[error("{path}: vanished while it was being made")]
    Vanished {
        /// Where it was.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(String),
}

/// A text that an edition was made of is no longer in the library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edition {edition}: {what} is no longer in the library")]
pub struct ContentError {
    /// Which edition.
    pub edition: EditionNumber,
    /// `theme kindness`, `activity kindness/one-day`.
    pub what: String,
}

/// Why an edition cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreviewError {
    /// Its fortnight has none, or it will not go out.
    #[error("fortnight {number} has no edition to show; it is {}", .state.as_str())]
    Closed {
        /// The fortnight.
        number: EditionNumber,
        /// Its local date.
        date: NaiveDate,
        /// Paused, missed or withdrawn.
        state: PlanState,
        /// Why it is missed or withdrawn.
        reason: Option<StateReason>,
    },
    /// It has no activity for any band.
    #[error("edition {number} has no activity for any band")]
    Empty {
        /// The edition.
        number: EditionNumber,
        /// Its local date.
        date: NaiveDate,
    },
    /// It counts as published, and nothing is stored of it.
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    /// Nothing is due.
    #[error("nothing is due now")]
    NothingDue,
    /// Every coming fortnight is paused.
    #[error("every coming fortnight is paused")]
    NothingAhead,
    /// It has no such segment.
    #[error("there is no segment {wanted}")]
    UnknownSegment {
        /// What was asked for.
        wanted: String,
        /// The segments that there are.
        known: Vec<String>,
    },
}

/// Why nothing was backed up or restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// There is no store.
    #[error("there is no store at {0}")]
    NoStore(PathBuf),
    /// The target is one of the service's own files.
    #[error("{0} is in use by this service itself")]
    OwnFile(PathBuf),
    /// The target exists, and is not to be replaced.
    #[error("{0} exists")]
    Exists(PathBuf),
    /// There is no backup of this name.
    #[error("{0}: there is no such file")]
    NoSuchFile(PathBuf),
    /// It is a store, but no backup.
    #[error("{0} is a store, but no backup")]
    NoBackup(PathBuf),
    /// Another program has the store open.
    #[error("the store {0} is in use")]
    StoreInUse(String),
}

/// Why there is no new activity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewActivityError {
    /// No theme has this name.
    #[error("there is no theme “{wanted}”")]
    UnknownTheme {
        /// What was asked for.
        wanted: String,
        /// The library's folder.
        library: PathBuf,
        /// The themes that there are.
        known: Vec<String>,
    },
    /// No band has this name.
    #[error("there is no band “{wanted}”")]
    UnknownBand {
        /// What was asked for.
        wanted: String,
        /// The bands that there are.
        known: Vec<String>,
    },
    /// The title is no title.
    #[error("the title {0}")]
    Title(TextError),
    /// The title has a character that a digest cannot print.
    #[error("the title holds a backslash or “](”")]
    TitleMarkup,
    /// The title makes no file name.
    #[error("the title has no letter and no digit")]
    TitleWithoutName,
    /// The title would make the file that is the theme's own.
    #[error("the title would make the file theme.md")]
    TitleIsTheme,
    /// There is such a file.
    #[error("{0} exists already")]
    Exists(PathBuf),
}
