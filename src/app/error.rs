//! Why the program could not do something: what every use case may meet, and each subject's own refusals.
//!
//! Values, not sentences: `messages::errors` says what people read. A subject's enum must not live in a file that needs
//! [`AppError`], or the two files need each other; it stands here, or in the domain where the domain decides.

mod deliveries;
mod sign_in;

use std::path::PathBuf;

use chrono::NaiveDate;

pub use self::sign_in::{SignInRefusal, SignOnRefusal};
use super::decisions::error::DecisionError;
use super::planner::row::PlanState;
use super::writing::error::WritingError;
use crate::domain::bulletin::BulletinName;
use crate::domain::delivery::ItemId;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::{Edit, EditionNumber, EditionState, StateReason};
use crate::domain::refusal::Refusal;
use crate::domain::subscription::subscribe::NoBand;
use crate::domain::subscription::sync::UnknownSubscriber;
use crate::domain::subscription::unsubscribe::CannotMove;
use crate::domain::subscription::wave::CannotSettle;
use crate::domain::text::TextError;
use crate::domain::token;
use crate::domain::user::accounts::UserRefusal;
use crate::domain::user::password::PasswordProblem;
use crate::mail::MailError;
use crate::output::OutputError;
use crate::render::RenderError;
use crate::store::StoreError;

pub use deliveries::{DeliveriesError, NeverAgain};

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// `store.url` names one.
    #[error(
        "this Fortnightly was built without PostgreSQL: use one that was built with its feature “postgres”, or a SQLite store"
    )]
    WithoutPostgres,
    #[error(transparent)]
    Store(StoreError),
    /// A rule that every store keeps.
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error("the digest of edition {edition} for {segment} cannot be made: {source}")]
    Digest { edition: EditionNumber, segment: String, source: RenderError },
    #[error("the bulletin “{bulletin}” cannot be made for {segment}: {source}")]
    BulletinMail { bulletin: BulletinName, segment: String, source: Box<RenderError> },
    #[error("a page cannot be made: {0}")]
    Page(#[from] RenderError),
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A file was not written, because of what has its name.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file was not written, because the service lives by it.
    #[error("{target} is in use by this service itself")]
    OwnFile {
        target: PathBuf,
        /// What of ours it is, or lies in.
        ours: PathBuf,
    },
    /// Errors in files that people write: config, library, templates, CSV.
    #[error("{} findings", .0.len())]
    Findings(Vec<Diagnostic>),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Users(#[from] UserRefusal),
    #[error(transparent)]
    SignIn(#[from] SignInRefusal),
    #[error(transparent)]
    SignOn(#[from] SignOnRefusal),
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    #[error("the store was restored and is not released")]
    NotReleased,
    /// A mailbox without a band would get nothing.
    #[error(transparent)]
    NoBand(#[from] NoBand),
    #[error(transparent)]
    CannotMove(#[from] CannotMove),
    #[error(transparent)]
    Wave(#[from] CannotSettle),
    #[error(transparent)]
    Sync(#[from] UnknownSubscriber),
    /// Others kept changing what a decision was made from.
    #[error("other programs keep changing the editions")]
    Busy,
    /// Others kept changing what a sync was planned on.
    #[error("other programs keep changing the mailing list")]
    ListBusy,
    #[error("mail.transport speaks SMTP, and the time is pretended")]
    PretendedTime,
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error(transparent)]
    Preview(#[from] PreviewError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error(transparent)]
    NewActivity(#[from] NewActivityError),
    #[error(transparent)]
    Writing(#[from] WritingError),
    #[error("there is no edition {0}")]
    NoEdition(EditionNumber),
    #[error(transparent)]
    Decision(#[from] DecisionError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Deliveries(#[from] DeliveriesError),
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// Work in a task or on a thread of its own panicked: what it was, and how it ended.
    #[error("{0} broke off: {1}")]
    BrokeOff(&'static str, String),
}

/// Why an edition is not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Its time passed, or it was cancelled.
    #[error("edition {number} is {state}")]
    Ended {
        number: EditionNumber,
        /// Missed or withdrawn.
        state: EditionState,
    },
    /// What this process read of the library may be older or newer than what was approved; the next look tells.
    #[error("the texts of edition {number} are not the ones that were approved")]
    OtherTexts { number: EditionNumber, edits: Vec<Edit> },
    #[error("edition {0} kept changing while it was published")]
    KeepsChanging(EditionNumber),
}

/// A fault in the sending that no relay is to blame for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    #[error("edition {0} was not published")]
    NotPublished(EditionNumber),
    #[error("edition {0}: a delivery names a segment that was not stored")]
    UnknownSegment(EditionNumber),
    #[error("{0} has no text")]
    NoText(ItemId),
    #[error("the senders cannot start: {0}")]
    CannotStart(String),
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

    /// Whether the same request may succeed later without anyone changing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) => error.may_pass(),
            Self::ListBusy => true,
            _ => false,
        }
    }
}

impl AppError {
    /// Whether a rule says no, rather than something being broken: then whoever asked can be told why.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::NotReleased
                | Self::NoBand(_)
                | Self::CannotMove(_)
                | Self::Wave(_)
                | Self::Busy
                | Self::ListBusy
                | Self::Content(_)
                | Self::Preview(_)
                | Self::NoEdition(_)
                | Self::Decision(_)
                | Self::Publish(_)
                | Self::Deliveries(_)
                | Self::Writing(_)
        )
    }
}

/// `schedule.anchor` is not the one with which editions were sent.
#[derive(Debug, thiserror::Error)]
#[error("{place}: schedule.anchor: it is {wished}, but this store began with {began} and has sent editions since")]
pub struct AnchorError {
    /// `config.toml:3:10`.
    pub place: String,
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
    Lacks { path: PathBuf, source: token::UnknownKey },
    #[error("{path}: the store exists, but its key file does not")]
    Lost { path: PathBuf },
    /// Several nodes share a store, and this one does not have their key file.
    #[error("{path}: this is not the key file of the nodes that share the store")]
    NotShared {
        path: PathBuf,
        /// The signing keys of others that it has not; if there are none, it is another file altogether, or there is none.
        lacks: Vec<u8>,
        is_there: bool,
    },
    #[error("{path}: vanished while it was being made")]
    Vanished { path: PathBuf },
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(String),
}

/// A text that an edition was made of is no longer in the library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edition {edition}: {what} is no longer in the library")]
pub struct ContentError {
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
        number: EditionNumber,
        date: NaiveDate,
        /// Paused, missed or withdrawn.
        state: PlanState,
        /// Why it is missed or withdrawn.
        reason: Option<StateReason>,
    },
    #[error("edition {number} has no activity for any band")]
    Empty { number: EditionNumber, date: NaiveDate },
    #[error("edition {0} was sent so long ago that its mails are no longer kept (retention.attempts)")]
    NoLongerKept(EditionNumber),
    #[error("nothing is due now")]
    NothingDue,
    #[error("every coming fortnight is paused")]
    NothingAhead,
    #[error("there is no segment {wanted}")]
    UnknownSegment { wanted: String, known: Vec<String> },
}

/// Why nothing was backed up or restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// Whose own tools copy it.
    #[error("the store is a database")]
    OfADatabase,
    /// The config names a database.
    #[error("{0} is the backup of a store in a file, and store.url names a database")]
    OfAFile(PathBuf),
    #[error("{0} does not hold the keys of a service whose store is a database")]
    NoKeys(PathBuf),
    #[error("there is no store at {0}")]
    NoStore(PathBuf),
    #[error("{0} exists")]
    Exists(PathBuf),
    #[error("{0}: there is no such file")]
    NoSuchFile(PathBuf),
    #[error("{path} is not a Fortnightly database, or it is damaged ({reason})")]
    Unusable {
        path: PathBuf,
        /// What the store said of it.
        reason: String,
    },
    #[error("{0} is a store, but no backup")]
    NoBackup(PathBuf),
    #[error("the store {0} is in use")]
    StoreInUse(String),
}

/// Why a store was not moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    #[error("there is no store at {0}")]
    NoStore(String),
    /// It stays where it is.
    #[error("the store is already at {0}")]
    SamePlace(String),
    #[error("another process may still be sending (mails in its hands: {0})")]
    InHand(u64),
    /// And it is no half of a move of ours.
    #[error("there is already a store at {0}")]
    InTheWay(String),
    /// The old store was left for good, and what was made of it is gone.
    #[error("the store was moved to {0}, where it is no more")]
    Lost(String),
    /// What was written is not what was read.
    #[error("the table {table} at {to} is not what it is in the store ({found} rows there, {expected} here)")]
    Different { table: &'static str, to: String, expected: u64, found: u64 },
}

/// Why there is no new activity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewActivityError {
    #[error("there is no theme “{wanted}”")]
    UnknownTheme {
        wanted: String,
        /// The library's folder.
        library: PathBuf,
        known: Vec<String>,
    },
    #[error("there is no band “{wanted}”")]
    UnknownBand { wanted: String, known: Vec<String> },
    #[error("the title {0}")]
    Title(TextError),
    #[error("the title holds a backslash or “](”")]
    TitleMarkup,
    #[error("the title has no letter and no digit")]
    TitleWithoutName,
    #[error("the title would make the file theme.md")]
    TitleIsTheme,
    #[error("{0} exists already")]
    Exists(PathBuf),
}
