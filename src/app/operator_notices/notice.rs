//! A notice with everything that it says, before it is put into words.

use std::net::SocketAddr;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};

use crate::app::attention::Attention;
use crate::domain::activity::Nation;
use crate::domain::band::Band;
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, MissReason, Pick, Selection};
use crate::domain::notice::NoticeKind;
use crate::domain::subscriber::Sector;

/// One mail to operators.
#[derive(Debug, Clone)]
pub struct Notice {
    pub kind: NoticeKind,
    /// One at least.
    pub items: Vec<Item>,
    pub console: Console,
}

/// One thing that it tells.
#[derive(Debug, Clone)]
pub enum Item {
    Coming(Box<ComingEdition>),
    Finished(Box<FinishedEdition>),
    /// Something needs a person.
    Matter(Attention),
    Missed {
        edition: EditionNumber,
        reason: MissReason,
    },
    Relay {
        from: DateTime<FixedOffset>,
        to: DateTime<FixedOffset>,
        /// How many mails waited at most.
        mails: u64,
    },
    Review {
        /// An activity's or a theme's title.
        title: String,
        by: NaiveDate,
        /// The day is over, so it is not picked any more.
        is_over: bool,
    },
    BankHolidays {
        nation: Nation,
        until: NaiveDate,
    },
}

/// Where the console is.
#[derive(Debug, Clone)]
pub struct Console {
    /// Its public address, without a trailing slash.
    pub url: Option<String>,
    /// Where it is on the machine of the service.
    pub listen: SocketAddr,
}

/// An edition that goes out soon.
#[derive(Debug, Clone)]
pub struct ComingEdition {
    pub number: EditionNumber,
    pub due: DateTime<FixedOffset>,
    /// How long that is.
    pub left: TimeDelta,
    /// It was told before, and has changed since.
    pub was_told: bool,
    /// The theme's title; none where no library can be read, or the edition has no theme.
    pub theme: Option<String>,
    pub selection: Selection,
    /// Its picks, each with its band if the config still has it.
    pub activities: Vec<(Option<Band>, Pick)>,
    pub audience: Audience,
    pub approval: ApprovalNeed,
    /// What else needs a person before then.
    pub matters: Vec<Attention>,
}

/// Whether an edition may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalNeed {
    /// It goes out by itself.
    Automatic,
    /// Someone has approved it.
    Given,
    Needed,
}

/// Who gets an edition.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    pub mailboxes: u64,
    /// Mailboxes by sector; none has 0.
    pub sectors: Vec<(Sector, u64)>,
    /// Mailboxes that read each band, in the service's order. Who reads several is counted in each.
    pub bands: Vec<(Band, u64)>,
}

/// An edition that has gone out, or a bulletin.
#[derive(Debug, Clone)]
pub struct FinishedEdition {
    pub what: MailingName,
    pub tally: Tally,
    /// How many of the accepted ones came back so far.
    pub bounced: u64,
    pub from: DateTime<FixedOffset>,
    /// When the last mail was settled; none as long as some are tried again.
    pub to: Option<DateTime<FixedOffset>>,
}
