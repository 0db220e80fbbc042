//! Rendered → Frame → bytes, and the transports that hand them over.

mod dkim;
mod dns;
mod encoded_word;
mod frame;
mod header;
mod inbox;
mod incoming;
mod maildir;
mod parts;
mod quoted_printable;
mod reply;
mod report;
mod smtp;

use std::path::PathBuf;

use async_trait::async_trait;

use crate::domain::address::Address;
use crate::domain::delivery::Outcome;
use crate::domain::text::TextError;

pub use dkim::{Dkim, DkimKey};
pub use dns::Dns;
pub use frame::{Frame, Personal};
pub use inbox::{Inbox, LIMIT};
pub use incoming::Incoming;
pub use maildir::Maildir;
pub use report::{Event, Report};
pub use smtp::{Acquaintance, Capabilities, Smtp, SmtpSettings, Timeouts, Tls};

/// Who a message is from and to, as SMTP sees it (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path.
    pub from: Address,
    /// The one recipient.
    pub to: Address,
}

/// The delivery seam: hands one message over and says what became of it. It never returns an error:
/// whatever goes wrong is an [`Outcome`].
#[async_trait]
pub trait Transport: Send {
    /// Gets ready to hand over: connects and logs in where need be. Failing here, no delivery was tried.
    async fn prepare(&mut self) -> Result<(), Outcome> {
        Ok(())
    }

    /// Hands `message` over, if the gate is open just before. `name` is unique to the delivery and the same on every
    /// attempt (its Message-ID's local part).
    async fn deliver(&mut self, envelope: &Envelope, name: &str, message: &[u8], gate: &dyn Gate) -> Outcome;

    /// Closes whatever is open, politely.
    async fn close(&mut self) {}
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

/// The command that makes a DKIM key of 2048 bits, the size that every receiver takes (RFC 8301 §3.2).
const MAKE_KEY: &str = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";

/// Why mail cannot be made or handed over at all. Messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A text that may not stand in a header.
    #[error("the {what} {source}: change it in config.toml (or in the theme, for a subject) and try again")]
    Header {
        /// Which text.
        what: &'static str,
        /// The rule it breaks.
        source: TextError,
    },
    /// A digest that its readers could not leave (invariant 12).
    #[error(
        "the {part} of the digest has no unsubscribe link: put {{{{slot \"unsubscribe_url\"}}}} back into its template"
    )]
    NoUnsubscribe {
        /// `HTML` or `text`.
        part: &'static str,
    },
    /// The reverse-path with its token is no address any more.
    #[error("mail.bounce_address is too long: together with a token it must stay under 64 characters before the @")]
    BouncePath,
    /// The mail folder cannot be made or written.
    #[error("the mail folder {} cannot be used ({reason}): check mail.transport, the owner and the permissions", path.display())]
    Maildir {
        /// The folder, or the part of it that failed.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file that holds no key to sign with.
    #[error("the DKIM key {} {reason}: make one with `{MAKE_KEY} -out {}`, and publish its new DNS record", path.display(), path.display())]
    DkimKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A message could not be signed.
    #[error("a message could not be signed with DKIM ({0}): try again, and look at the key files if it happens again")]
    Dkim(String),
    /// The certificates to trust cannot be read.
    #[error(
        "mail.ca_file holds no usable certificate ({0}): it must be a PEM file with the relay's certificate authority"
    )]
    Certificates(String),
}
