//! Why mail cannot be made or handed over at all.

use std::path::PathBuf;

use crate::domain::text::TextError;

/// The command that makes a DKIM key of 2048 bits, the size that every receiver takes (RFC 8301 §3.2).
const MAKE_KEY: &str = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";

/// Messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A text that may not stand in a header.
    #[error("the {what} {source}: change it in config.toml (or in the theme, for a subject) and try again")]
    Header {
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
    /// Its HTML shows a picture that is not kept with it.
    #[error("a picture of the mail is missing: restore the store from a backup")]
    NoPicture,
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
