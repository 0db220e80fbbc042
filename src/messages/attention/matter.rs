//! Something that needs a person, as pages and mails say it, and where in the console it is dealt with.

use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::edition::EditionNumber;

/// The words on the console's buttons, so that a mail names what the page shows.
pub mod button {
    pub const APPROVE: &str = "Approve";
    pub const RELEASE: &str = "Release";
    pub const SEND_NOW: &str = "Send now";
    pub const WITHDRAW: &str = "Withdraw";
    /// Of all mails in a list of deliveries.
    pub const TRY_AGAIN: &str = "Try all of these again";
    /// Of the uncertain mails in a list of deliveries.
    pub const THEY_ARRIVED: &str = "The uncertain ones arrived";
    /// Of a wave of bounces: the mailboxes get no more mail.
    pub const THEY_ARE_GONE: &str = "They are gone";
    /// Of a wave of bounces: the report was wrong.
    pub const THEY_STILL_WORK: &str = "They still work";
    /// Of subscriptions that no longer stand in the config.
    pub const END_THEM: &str = "End these subscriptions";
    pub const UNSUBSCRIBE: &str = "Unsubscribe";
}

/// Where in the console something is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsolePage {
    Now,
    Edition(EditionNumber),
    Bulletin(BulletinName),
    Subscribers,
    Suppressions,
}

impl ConsolePage {
    /// The page of an edition or a bulletin.
    pub fn of(mailing: &MailingName) -> Self {
        match mailing {
            MailingName::Edition(number) => Self::Edition(*number),
            MailingName::Bulletin(name) => Self::Bulletin(name.clone()),
        }
    }

    /// From the console's root, with its leading slash.
    pub fn path(&self) -> String {
        match self {
            Self::Now => "/".to_owned(),
            Self::Edition(number) => format!("/editions/{number}"),
            Self::Bulletin(name) => format!("/bulletins/{name}"),
            Self::Subscribers => "/subscribers".to_owned(),
            Self::Suppressions => "/suppressions".to_owned(),
        }
    }
}

/// One thing that needs a person, or that people should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// What has happened, in whole sentences.
    pub what: String,
    /// What a person can do about it, in whole sentences. A page that has the button itself may leave it out.
    pub advice: String,
    /// Where that is done; `None` where the console cannot do it.
    pub page: Option<ConsolePage>,
}

pub(super) fn matter(what: impl Into<String>, advice: impl Into<String>, page: Option<ConsolePage>) -> Matter {
    Matter { what: what.into(), advice: advice.into(), page }
}
