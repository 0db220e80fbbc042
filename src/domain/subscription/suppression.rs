//! Addresses that are never mailed: which reason counts, and the keyed hash that outlives the address itself.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;

/// An address that is never mailed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Its keyed hash.
    pub key: AddressKey,
    /// The address; `None` once it was erased.
    pub address: Option<Address>,
    pub reason: SuppressionReason,
    pub since: DateTime<Utc>,
}

/// A suppression as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSuppression {
    pub suppression: Suppression,
    /// The name of the subscriber that the address was a mailbox of, if it was one and is still known.
    pub subscriber: Option<String>,
}

impl SuppressionReason {
    /// Whether this reason takes the place of `earlier`: a complaint or a bounce counts for more than leaving, which its
    /// reader may take back. Any other earlier reason stays.
    pub fn outranks(self, earlier: Self) -> bool {
        earlier == Self::Unsubscribed && matches!(self, Self::Bounced | Self::Complained)
    }

    /// Whether the mailbox's reader wanted it so.
    pub fn is_readers_wish(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Complained)
    }

    /// Whether the mailbox's own confirmation lifts it.
    pub fn is_lifted_by_confirming(self) -> bool {
        self == Self::Unsubscribed
    }
}

/// A keyed hash of a folded address: HMAC-SHA256 (RFC 2104), cut to 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressKey(pub [u8; 16]);

/// Makes [`AddressKey`]s. Its key never rotates: it is a part of every backup.
#[derive(Clone)]
pub struct AddressHasher(Hmac<Sha256>);

impl AddressHasher {
    /// A hasher with this key.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104 §2)"))
    }

    /// The key of this address, whatever its case.
    pub fn key(&self, address: &Address) -> AddressKey {
        let mut mac = self.0.clone();
        mac.update(address.folded().as_bytes());
        let full = mac.finalize().into_bytes();
        let mut cut = [0; 16];
        cut.copy_from_slice(&full[..16]);
        AddressKey(cut)
    }
}

impl AddressKey {
    /// The first 8 hexadecimal digits: tells mailboxes apart in logs without naming them.
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for AddressHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressHasher(…)")
    }
}
