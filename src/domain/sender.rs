//! Who an edition's mails come from: fixed when it is published, so that every attempt is the same.

use serde::{Deserialize, Serialize};

use super::address::{Address, Mailbox};

/// The sender's side of every header, stored with the edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub service: String,
    /// `From`.
    pub from: Mailbox,
    /// `Reply-To`.
    pub reply_to: Option<Mailbox>,
    /// Public address of the service, without a trailing slash.
    pub base_url: String,
    /// Where bounces go: `local@domain` becomes `local+<token>@domain` (VERP).
    pub bounce_address: Address,
    /// The version of the key that signs this edition's tokens.
    pub key_version: u8,
}
