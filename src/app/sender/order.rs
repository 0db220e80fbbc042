//! What may be asked of the sender, what came of it, and why it did not.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use crate::app::AppError;
use crate::app::previewer::proof::Proof;
use crate::app::sync::Synced;
use crate::domain::bulletin::BulletinName;
use crate::domain::calendar::{NextEdition, PauseReason};
use crate::domain::delivery::{Reply, Tally};
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason, StateReason};
use crate::store::StoreError;

/// Which edition is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Number(EditionNumber),
    /// The first that is still to come.
    Next,
    /// The one whose time it is.
    Due,
}

impl Target {
    pub(super) fn means(self, number: EditionNumber) -> bool {
        match self {
            Self::Number(wanted) => wanted == number,
            Self::Due | Self::Next => true,
        }
    }

    /// Whether bulletins that are on their way are meant as well: they belong to no edition.
    pub(super) fn means_bulletins(self) -> bool {
        self == Self::Due
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub target: Target,
    /// Send it although its time has passed or it is held; this approves of it as it is.
    pub late: bool,
    /// Send it before its time without asking.
    pub early: bool,
    /// A command does alone what a daemon does over the day: it brings the store into line with the config first, waits for
    /// what other processes have in hand, and forgets what is too old at the end.
    pub alone: bool,
}

impl Order {
    /// What the daemon asks for whenever it wakes.
    pub const WHAT_IS_DUE: Self = Self { target: Target::Due, late: false, early: false, alone: false };

    /// What a command asks for that delivers what is published.
    pub(in crate::app) const ALONE: Self = Self { alone: true, ..Self::WHAT_IS_DUE };
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Sent {
    NothingDue(NothingDue),
    /// Whoever was asked does not want it before its time.
    NotWanted,
    /// Nobody would get it, so it is not used up.
    Nobody {
        edition: EditionNumber,
        /// How it stands.
        state: EditionState,
    },
    /// It was sent, as far as it went.
    Run(RunReport),
}

/// How things stand when nothing is due.
#[derive(Debug, Clone)]
pub struct NothingDue {
    /// The edition that goes out only by hand, if there is one.
    pub held: Option<Edition>,
    /// The next that goes out by itself.
    pub next: Option<NextEdition>,
}

/// What one run over an edition or a bulletin came to.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// The edition as it stands now, or the bulletin.
    pub edition: Edition,
    /// The bulletin's name, if it was one.
    pub bulletin: Option<BulletinName>,
    /// How the run ended.
    pub ended: Ended,
    /// Where its mails stand now.
    pub tally: Tally,
    /// Attempts of this run.
    pub attempts: u64,
    /// What was said last where a mail was not accepted.
    pub trouble: Option<Reply>,
    /// How long it took.
    pub seconds: f64,
}

/// Why an edition is not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody plans so far ahead.
    #[error("edition {number} is too far ahead")]
    TooFarAhead {
        number: EditionNumber,
        /// The last that can be sent now.
        furthest: EditionNumber,
    },
    /// Its fortnight has no edition.
    #[error("fortnight {number} has no edition")]
    Paused {
        number: EditionNumber,
        /// Its first day.
        date: NaiveDate,
        reason: PauseReason,
    },
    /// The config would end many subscriptions, and nobody agreed to that.
    #[error("the config would end many subscriptions")]
    NeedsConsent {
        /// The edition that waits.
        number: EditionNumber,
        /// What a sync came to that was tried just now.
        synced: Option<Box<Synced>>,
    },
    /// It was missed or withdrawn.
    #[error("edition {number} is {state}")]
    Over {
        number: EditionNumber,
        /// How it stands.
        state: EditionState,
    },
    /// It is late, or held.
    #[error("edition {number} does not go out by itself")]
    OnlyByHand {
        number: EditionNumber,
        /// When it was due.
        due_at: DateTime<Tz>,
        /// Why it is held, if it is.
        reason: Option<StateReason>,
    },
    /// It was stopped while it was being sent.
    #[error("edition {number} was stopped while it was being sent")]
    Stopped { number: EditionNumber, reason: Option<StateReason> },
    /// It was to be published, and something speaks against it.
    #[error("edition {number} is held")]
    Held { number: EditionNumber, reason: HoldReason },
    /// Its time has not come, and there is nobody to ask.
    #[error("edition {number} is early")]
    Early {
        number: EditionNumber,
        /// When it is due.
        due_at: DateTime<Tz>,
    },
    /// A test copy of an edition that nobody gets.
    #[error("edition {0} has no recipients")]
    NobodyToCopy(EditionNumber),
    /// A test copy of an edition that has several digests: these.
    #[error("the edition has several digests")]
    WhichSegment(Vec<String>),
    /// The relay did not take a test copy, and said this, if anything.
    #[error("the test copy was not accepted")]
    CopyNotAccepted(Option<Reply>),
    /// Anything else.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// What would be sent.
#[derive(Debug)]
pub enum Rehearsal {
    NothingDue(Box<NothingDue>),
    Proof(Box<Proof>),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything is settled or waits for its time.
    Finished,
    /// It was asked to stop; the rest is queued.
    Stopped,
    /// It stopped itself, for this reason, and its edition is held.
    Halted(HoldReason),
    /// The relay could not be reached: everything left is deferred.
    Unreachable(Reply),
    /// The relay took nothing for a while because we are too fast for it: everything left is deferred.
    Throttled(Reply),
    /// The relay takes no more today: the rest is deferred until tomorrow.
    QuotaUsedUp(Reply),
    /// The day's cap is reached: the rest is queued until tomorrow.
    Capped,
}
