//! Why a bulletin is not sent, or a decision about one is not possible.

use chrono::{DateTime, FixedOffset};

use crate::app::decisions::error::Decision;
use crate::app::error::AppError;
use crate::app::sender::SendError;
use crate::domain::band::BandName;
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::delivery::{Reply, Tally};
use crate::domain::edition::{EditionNumber, EditionState, HoldReason};
use crate::domain::fingerprint::TextPart;
use crate::store::StoreError;

/// Why a bulletin is not sent, or a decision about one is not possible.
#[derive(Debug, thiserror::Error)]
pub enum BulletinError {
    /// No bulletin can be called so.
    #[error("there is no such bulletin")]
    NoName,
    /// Neither the store nor the library has it.
    #[error("there is no bulletin {name}")]
    Unknown {
        name: BulletinName,
        /// Those that the library has.
        known: Vec<BulletinName>,
    },
    /// The library has errors, and the bulletin is needed from it.
    #[error("the library has errors, so bulletin {0} cannot be read")]
    LibraryBroken(BulletinName),
    /// Nobody has approved of it as it is.
    #[error("bulletin {name} is not approved")]
    NeedsApproval {
        name: BulletinName,
        /// What was edited since someone approved of it.
        edited: Vec<TextPart>,
    },
    #[error("bulletin {name} is held")]
    Held {
        name: BulletinName,
        reason: Option<HoldReason>,
        /// Some of it has gone out.
        is_published: bool,
    },
    #[error("bulletin {0} was withdrawn")]
    Withdrawn(BulletinName),
    /// Some of it had gone out by then, and nothing more ever does.
    #[error("bulletin {name} was withdrawn while it was being sent")]
    WithdrawnMidway { name: BulletinName, tally: Tally },
    /// It was sent, or is being sent, so this can't be decided any more.
    #[error("bulletin {name} is {state}")]
    Published { name: BulletinName, decision: Decision, state: EditionState, tally: Tally },
    /// It was sent to others than are asked for now.
    #[error("bulletin {0} was sent to others")]
    OtherAudience(BulletinName),
    /// An edition is due soon, or now.
    #[error("edition {edition} is due within the hour")]
    BesideEdition {
        name: BulletinName,
        edition: EditionNumber,
        due_at: DateTime<FixedOffset>,
        /// When the bulletin's last mail would leave, where the edition isn't due so soon that this makes no difference.
        until: Option<DateTime<FixedOffset>>,
    },
    /// An edition is being sent.
    #[error("edition {edition} is being sent")]
    BesideSending { name: BulletinName, edition: EditionNumber },
    /// Mails of what it is about may still leave, to mailboxes that would not get this one.
    #[error("{waiting} mails of {mailing} may still leave")]
    StillLeaving { name: BulletinName, mailing: MailingName, waiting: u64 },
    /// The config would end many subscriptions, and nobody agreed to that.
    #[error("the config would end many subscriptions")]
    NeedsConsent,
    /// Someone must say yes, and there is nobody to ask.
    #[error("bulletin {name} would go to {readers} mailboxes")]
    Unconfirmed { name: BulletinName, readers: u64 },
    #[error("there is no band {0}")]
    UnknownBand(BandName),
    /// It should go to those who got something that never went out.
    #[error("{0} was not sent")]
    NotSent(MailingName),
    /// It says what was wrong in an earlier mail, and nobody said in which.
    #[error("bulletin {0} is a correction, and corrects nothing")]
    CorrectsNothing(BulletinName),
    /// Its file says that it corrects this edition, and it's to go to the readers of something else.
    #[error("bulletin {name} corrects edition {edition}")]
    CorrectsAnother { name: BulletinName, edition: EditionNumber },
    /// The relay did not take a test copy, and said this, if anything.
    #[error("the test copy was not accepted")]
    CopyNotAccepted(Option<Reply>),
    /// Others kept changing what it was made from.
    #[error("bulletin {0} keeps changing")]
    KeepsChanging(BulletinName),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<StoreError> for BulletinError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}
