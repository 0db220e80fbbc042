//! What lies in the outbox: mails of editions and bulletins, confirmations and good-byes, and what may be done with each kind.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::rendered::Rendered;
use crate::domain::sender::Sender;
use crate::domain::subscriber::{RecipientId, SuppressionReason, WordError, words};
use crate::domain::subscription::request::RequestId;

words! {
    /// What a transactional mail is for.
    TransactionalKind, "transactional mail" {
        /// It asks for a click.
        Confirm = "confirm",
        Goodbye = "goodbye",
        /// It tells an operator something about the service.
        Notice = "notice",
    }
}

/// A transactional mail's number, given by the store and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionalId(pub u64);

/// A mail to one mailbox that is no edition, as it will be sent on every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionalMail {
    /// What it is for.
    pub kind: TransactionalKind,
    /// The sender's side of every header.
    pub sender: Sender,
    /// What it says, without its links: tokens are made when it leaves.
    pub rendered: Rendered,
}

impl TransactionalKind {
    /// Whether it goes to an operator's own address, and not to a mailbox of the list.
    pub fn is_for_operators(self) -> bool {
        self == Self::Notice
    }
}

/// A transactional mail on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnqueuedMail {
    pub mail: TransactionalMail,
    /// When it was made: its Date.
    pub at: DateTime<Utc>,
    /// The request that its link is for.
    pub request: Option<RequestId>,
}

/// What an item of the outbox belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mailing {
    /// A confirmation or good-bye, which goes to one mailbox, or a mail to an operator.
    Transactional(TransactionalId),
    /// An edition, which goes to many.
    Edition(EditionNumber),
    /// A bulletin, which goes to many, too.
    Bulletin(BulletinId),
}

/// Which item of the outbox: unique, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// What it belongs to.
    pub mailing: Mailing,
    /// [`RecipientId::NOBODY`] for a mail to an operator, whose address is no mailbox of the list.
    pub recipient: RecipientId,
}

impl ItemId {
    /// Whether it goes to an operator's own address.
    pub fn is_for_an_operator(self) -> bool {
        self.recipient == RecipientId::NOBODY
    }
}

/// Which mail of an edition, as bounces and operators name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// The edition, or the number under which a bulletin is sent; 0 for mail that goes to one mailbox alone.
    pub edition: EditionNumber,
    pub recipient: RecipientId,
}

impl DeliveryId {
    /// Whether a mark names a mail to an operator.
    pub fn is_to_an_operator(self) -> bool {
        self.edition.0 == 0 && self.recipient == RecipientId::NOBODY
    }
}

impl From<DeliveryId> for ItemId {
    fn from(id: DeliveryId) -> Self {
        Self { mailing: Mailing::to_many(id.edition), recipient: id.recipient }
    }
}

impl Mailing {
    /// The edition or the bulletin that is sent under this number.
    pub fn to_many(number: EditionNumber) -> Self {
        BulletinId::of(number).map_or(Self::Edition(number), Self::Bulletin)
    }

    /// The number under which it is sent, if it goes to many: an edition's own, or the one that stands for a bulletin. A hold stops
    /// its mails, its end expires them, and they count towards the day's cap; whatever goes to one mailbox alone is claimed before
    /// them and stopped by none of this.
    pub fn number(self) -> Option<EditionNumber> {
        match self {
            Self::Edition(number) => Some(number),
            Self::Bulletin(id) => Some(id.mailing()),
            Self::Transactional(_) => None,
        }
    }

    /// The one suppression that does not keep it away: the one that its reader may lift by confirming. Whoever left still
    /// gets a good-bye, and may be asked whether they want to come back. Whoever bounced, complained, was suppressed by an
    /// operator or was erased gets nothing.
    pub fn ignored_suppression(self) -> Option<SuppressionReason> {
        match self {
            Self::Edition(_) | Self::Bulletin(_) => None,
            Self::Transactional(_) => {
                SuppressionReason::ALL.iter().copied().find(|reason| reason.is_lifted_by_confirming())
            }
        }
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipient = self.recipient.0;
        match self.mailing {
            Mailing::Edition(edition) => write!(f, "recipient {recipient} of edition {edition}"),
            Mailing::Bulletin(BulletinId(id)) => write!(f, "recipient {recipient} of bulletin {id}"),
            Mailing::Transactional(TransactionalId(id)) if self.is_for_an_operator() => {
                write!(f, "mail {id} to an operator")
            }
            Mailing::Transactional(TransactionalId(id)) => {
                write!(f, "transactional mail {id} to recipient {recipient}")
            }
        }
    }
}
