//! The delivery seam: what every transport does, and what it asks before it does it.

use async_trait::async_trait;

use crate::domain::address::Address;
use crate::domain::delivery::Outcome;

/// Who a message is from and to, as SMTP sees it (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path.
    pub from: Address,
    pub to: Address,
    /// The links and tokens in the message that belong to the recipient alone, with spaces between them.
    pub personal_links: String,
}

/// A mail on its way to a relay: what is needed before its content.
#[derive(Clone, Copy)]
pub struct Handover<'a> {
    pub envelope: &'a Envelope,
    /// Unique to the delivery and the same on every attempt (its Message-ID's local part).
    pub name: &'a str,
    /// Asked just before MAIL.
    pub gate: &'a dyn Gate,
}

/// What a transport has met since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Attempts to open a connection.
    pub connections: u64,
    /// Mails whose MAIL was taken: what is refused after that may be about the mail or its mailbox.
    pub taken: u64,
    /// Final dots that got an answer with a code.
    pub answers: u64,
}

/// The delivery seam: hands one message over and says what became of it. It never returns an error:
/// whatever goes wrong is an [`Outcome`].
#[async_trait]
pub trait Transport: Send {
    /// Gets ready to hand over: connects and logs in where need be. Failing here, no delivery was tried.
    async fn prepare(&mut self) -> Result<(), Outcome> {
        Ok(())
    }

    /// Hands `message` over, if the mail's gate is open just before. When it is known what comes next, and the relay takes
    /// that, the next mail's transaction is opened along with this one's final dot, if its gate is open just before; the next
    /// call goes on with it, provided that it is for that mail.
    async fn deliver(&mut self, mail: Handover<'_>, message: &[u8], next: Option<Handover<'_>>) -> Outcome;

    /// The next mail is not handed over now: what was opened for it is given up. Whether a connection went with it.
    fn let_go(&mut self) -> bool {
        false
    }

    /// Closes whatever is open, politely.
    async fn close(&mut self) {}

    /// What it has met so far.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// Asked last of all, when nothing but MAIL is between us and the recipient (invariant 4).
#[async_trait]
pub trait Gate: Send + Sync {
    /// Whether the delivery is still wanted.
    async fn is_open(&self) -> bool;
}

/// A gate that is always open: for mail that no list decides about.
#[derive(Debug, Clone, Copy)]
pub struct Open;

#[async_trait]
impl Gate for Open {
    async fn is_open(&self) -> bool {
        true
    }
}
