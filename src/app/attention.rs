//! What needs a person.

use chrono::{DateTime, FixedOffset};

use super::planner::Replacement;
use crate::domain::band::BandName;
use crate::domain::edition::{Edit, EditionNumber, HoldReason};

/// Something that does not go on by itself. `messages::attention` says it, with the command to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// The store was restored from a backup, and sends nothing until it is released.
    Restored {
        /// When the backup was made.
        made: DateTime<FixedOffset>,
    },
    /// Who left after the backup was made is on the list again.
    LeftSinceBackup,
    /// An edition was being sent when the backup was made.
    UnsentSinceBackup {
        /// Which edition.
        edition: EditionNumber,
        /// Mails that were not sent then.
        waiting: u64,
        /// All its mails.
        total: u64,
        /// Whether they are sent again, or become uncertain.
        resend: bool,
    },
    /// An edition fell due after the backup was made, and may have gone out.
    DueSinceBackup(EditionNumber),
    /// An edition is held.
    Held {
        /// Which edition.
        edition: EditionNumber,
        /// Why.
        reason: Option<HoldReason>,
    },
    /// An edition is being sent, and not by us.
    Unfinished {
        /// Which edition.
        edition: EditionNumber,
        /// Mails that wait.
        waiting: u64,
        /// All its mails.
        total: u64,
    },
    /// Mails that did not arrive, or that nobody knows about.
    Undelivered {
        /// Which edition.
        edition: EditionNumber,
        /// What became of them.
        how: Undelivered,
        /// How many.
        count: u64,
        /// All its mails.
        total: u64,
    },
    /// Texts of an open edition were edited.
    Edited {
        /// Which edition.
        edition: EditionNumber,
        /// Since it was approved, not since it was planned.
        was_approved: bool,
        /// What was edited.
        edits: Vec<Edit>,
    },
    /// An edition waits for approval.
    NeedsApproval {
        /// Which edition.
        edition: EditionNumber,
        /// When it is due.
        due: DateTime<FixedOffset>,
    },
    /// An edition would be held if it were due now.
    WouldBeHeld {
        /// Which edition.
        edition: EditionNumber,
        /// Why.
        reason: HoldReason,
    },
    /// An edition is due, and nobody sends it.
    Overdue {
        /// Which edition.
        edition: EditionNumber,
        /// When it was due.
        due: DateTime<FixedOffset>,
    },
    /// Mailboxes ask for a band that the config no longer has.
    UnknownBand {
        /// Which band.
        band: BandName,
        /// How many mailboxes.
        mailboxes: u64,
    },
    /// The config would end many subscriptions.
    SyncWaits,
    /// Mail came back although the mailbox is there: something about the sender displeases.
    PolicyBounces {
        /// Which edition.
        edition: EditionNumber,
        /// How many mails.
        count: u64,
    },
    /// A pick of an open edition was replaced.
    Replaced(Replacement),
    /// Library or templates cannot be read.
    BrokenContent {
        /// How many errors they have.
        errors: u64,
    },
}

/// What became of mails that were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// The relay refused them for good.
    Refused,
    /// Their time was over.
    GivenUp,
    /// They may or may not have arrived.
    Uncertain,
}
