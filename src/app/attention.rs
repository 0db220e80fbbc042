//! What needs a person.

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use super::pictures::LeftOut;
use super::planner::Replacement;
use crate::domain::band::BandName;
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::edition::{Edit, EditionNumber, HoldReason};
use crate::domain::subscription::rows::UnfinishedImport;
use crate::domain::subscription::wave::Wave;

/// How long something may be under way before someone should look at it: an edition that has just fallen due, an import.
pub(super) const UNDER_WAY: TimeDelta = TimeDelta::minutes(15);

/// How long the sending of a bulletin takes at most: its mails are tried for so long, and no newer one takes its place.
const LONG: TimeDelta = TimeDelta::days(4);

/// Something that does not go on by itself. `messages::attention` says it, with the command to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// The store was restored from a backup.
    Restored(AfterRestore),
    Edition(EditionNumber, EditionAttention),
    Bulletin(BulletinName, EditionAttention),
    /// A pick of an open edition was replaced.
    Replaced(Replacement),
    /// Mailboxes ask for a band that the config no longer has.
    UnknownBand {
        band: BandName,
        mailboxes: u64,
    },
    /// So many mailboxes were said not to exist at once that the server may be wrong.
    Wave {
        wave: Wave,
        /// What was sent.
        of: MailingName,
        /// How many wait for a person.
        mailboxes: u64,
    },
    /// What a person decided about a wave is not carried out for all of its mailboxes.
    UnsettledWave {
        wave: Wave,
        /// What was sent.
        of: MailingName,
    },
    /// Something that is no message lies where messages come in.
    NotAMessage {
        path: PathBuf,
        /// “a folder”, “a link”.
        what: &'static str,
        /// How many more there are.
        others: usize,
    },
    /// The config would end many subscriptions.
    SyncWaits,
    /// An import has rows that are not imported yet.
    UnfinishedImport(UnfinishedImport),
    /// Library or templates cannot be read.
    BrokenContent {
        /// How many errors they have.
        errors: u64,
    },
    /// The organisation's logo can't be shown.
    WithoutLogo(LeftOut),
    /// Config, library or templates were changed and are wrong, so a running service goes on with what they were before.
    BrokenFiles(BrokenFiles),
    /// The relay cannot be reached, and mail waits for it.
    RelayUnreachable {
        since: DateTime<FixedOffset>,
        /// How many mails wait.
        mails: u64,
    },
}

/// Files that a running service does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenFiles {
    /// How many errors they have.
    pub errors: u64,
    /// When they were found wrong.
    pub since: DateTime<Utc>,
}

impl Attention {
    /// Whether something waits until a person decides or mends it, as seen by a service that is running. The rest is worth
    /// knowing, and nothing is kept waiting by it: what was refused or came back, what was edited, mails that are on their way.
    pub fn waits_for_a_person(&self, now: DateTime<Utc>) -> bool {
        let is_over = |since: DateTime<Utc>| now > since + UNDER_WAY;
        match self {
            Self::Edition(_, what) => what.waits_for_a_person(now),
            Self::Bulletin(_, what) => what.waits_where_nothing_follows(now),
            Self::UnfinishedImport(import) => is_over(import.since),
            Self::BrokenFiles(broken) => is_over(broken.since),
            Self::Replaced(_) | Self::WithoutLogo(_) => false,
            Self::Restored(_)
            | Self::UnknownBand { .. }
            | Self::Wave { .. }
            | Self::UnsettledWave { .. }
            | Self::NotAMessage { .. }
            | Self::SyncWaits
            | Self::BrokenContent { .. }
            | Self::RelayUnreachable { .. } => true,
        }
    }

    /// The edition that it is about, if it is about one.
    pub fn edition(&self) -> Option<EditionNumber> {
        match self {
            Self::Replaced(replaced) => Some(replaced.edition),
            Self::Edition(number, _)
            | Self::Wave { of: MailingName::Edition(number), .. }
            | Self::UnsettledWave { of: MailingName::Edition(number), .. } => Some(*number),
            _ => None,
        }
    }
}

/// What an operator must know before a restored store sends again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterRestore {
    /// It sends nothing until it is released.
    Waits {
        /// When the backup was made.
        made: DateTime<FixedOffset>,
    },
    /// A shared database has lost what was written last: a standby took over that had not got it, or an earlier moment was
    /// restored.
    SetBack {
        /// About when it was last written to before that.
        made: DateTime<FixedOffset>,
    },
    /// Who left after the backup was made is on the list again.
    LeftSince,
    /// Who left after the moment that a database knows last.
    LeftUnknown,
    /// An edition or a bulletin was being sent when the backup was made.
    Unsent {
        mailing: MailingName,
        /// Mails that were not sent then.
        waiting: u64,
        total: u64,
        /// Whether they are sent again, or become uncertain.
        resend: bool,
    },
    /// An edition fell due after the backup was made, and may have gone out.
    DueSince(EditionNumber),
    /// Bulletins that nobody has sent as far as the store knows. No calendar tells whether they went out since.
    MaybeSent(Vec<BulletinName>),
}

/// What an edition needs a person for, or a bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditionAttention {
    /// It is held, for this reason.
    Held {
        reason: HoldReason,
        /// Some of it may have gone out.
        is_published: bool,
    },
    /// It would be held if it were due now.
    WouldBeHeld(HoldReason),
    /// It waits for approval.
    NeedsApproval {
        /// When it is due.
        due: DateTime<FixedOffset>,
    },
    /// A bulletin that nobody can send before someone has approved it.
    Unapproved,
    /// It is due, and nobody sends it.
    Overdue {
        /// When it was due.
        due: DateTime<FixedOffset>,
        /// Nobody could: its approval is missing.
        unapproved: bool,
    },
    /// Its texts were edited.
    Edited {
        /// Since it was approved, not since it was planned.
        was_approved: bool,
        edits: Vec<Edit>,
    },
    /// It goes out without a picture that it should have.
    WithoutPicture(LeftOut),
    /// Its sending has not come to an end.
    Unfinished {
        waiting: u64,
        total: u64,
        /// When it began to be sent.
        since: Option<DateTime<Utc>>,
    },
    /// Mails did not arrive, or nobody knows.
    Undelivered {
        /// What became of them.
        how: Undelivered,
        /// How many.
        count: u64,
        total: u64,
    },
    /// Mails that the relay had accepted came back.
    Bounced {
        /// How many.
        mails: u64,
        /// How many mailboxes get no more mail because of that.
        suppressed: u64,
    },
    /// Mails came back although the mailboxes are there: something about the sender displeases.
    PolicyBounces(u64),
}

impl EditionAttention {
    /// Of an edition: the next one takes its place in a fortnight.
    fn waits_for_a_person(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Held { .. }
            | Self::WouldBeHeld(_)
            | Self::NeedsApproval { .. }
            | Self::Unapproved
            | Self::Overdue { unapproved: true, .. }
            | Self::Undelivered { how: Undelivered::Uncertain, .. } => true,
            Self::Overdue { due, unapproved: false } => now > due.to_utc() + UNDER_WAY,
            Self::Edited { .. }
            | Self::WithoutPicture(_)
            | Self::Unfinished { .. }
            | Self::Undelivered { .. }
            | Self::Bounced { .. }
            | Self::PolicyBounces(_) => false,
        }
    }

    /// Of a bulletin: no calendar asks for its approval, or gives up what is left of it.
    fn waits_where_nothing_follows(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Edited { was_approved, .. } => *was_approved,
            Self::Unfinished { since, .. } => since.is_some_and(|since| now > since + LONG),
            other => other.waits_for_a_person(now),
        }
    }
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
