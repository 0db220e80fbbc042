//! What a token says, and how a key signs it.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Leave (`/u/…`, `unsubscribe+…@`).
    Unsubscribe,
    /// Change bands (`/preferences/…`).
    Preferences,
    /// Report a bounce (`bounces+…@`).
    Bounce,
    /// Confirm a subscription, a change or an undo (`/confirm/…`).
    Confirm,
}

impl Purpose {
    pub const ALL: &[Self] = &[Self::Unsubscribe, Self::Preferences, Self::Bounce, Self::Confirm];

    /// The token's first octet: the layout's number (1) in the high half, the purpose in the low.
    fn octet(self) -> u8 {
        match self {
            Self::Unsubscribe => 0x11,
            Self::Preferences => 0x12,
            Self::Bounce => 0x13,
            Self::Confirm => 0x14,
        }
    }
}

/// What a token says, all of it inside the signed payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenPayload {
    pub purpose: Purpose,
    /// The edition it came with; 0 for none.
    pub edition: EditionNumber,
    pub recipient: RecipientId,
}

/// The text is no token of ours for this purpose. It does not say why, so that nobody learns by trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link is not valid: open it again from the email that it came in")]
pub struct TokenError;

/// Characters of a token: 30 octets in base32. With `unsubscribe+` before it, it fits a local part of
/// 64 octets (RFC 5321 §4.5.3.1.1).
pub const TOKEN_LENGTH: usize = 48;

/// Purpose 1, key version 1, edition 4, recipient 8 octets, numbers big-endian.
const PAYLOAD: usize = 14;

/// Octets of the authentication code: HMAC-SHA256 cut to 128 bits (RFC 2104 §5).
const MAC: usize = 16;

/// What the key is used for stands before everything it signs, so that no signature serves for another use.
const TOKEN_LABEL: &[u8] = b"fortnightly token\0";
const NAME_LABEL: &[u8] = b"fortnightly message name\0";
const PRINT_LABEL: &[u8] = b"fortnightly key print\0";

/// Signs with one key of a [`Keyring`]. Make one per edition, not per token.
#[derive(Clone)]
pub struct Signer {
    version: u8,
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}, …)", self.version)
    }
}

impl Signer {
    /// Signs as `version`, with this key.
    pub(super) fn new(version: u8, key: &[u8; 32]) -> Self {
        Self { version, mac: Hmac::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104 §2)") }
    }

    /// What tells this key from others, and nothing about it.
    pub(super) fn print(&self) -> [u8; MAC] {
        self.cut(PRINT_LABEL, &[])
    }

    /// The token of this claim: [`TOKEN_LENGTH`] characters of lower-case base32 (RFC 4648 §6) without padding.
    /// It survives case folding and may stand in a URL or a local part as it is.
    pub fn sign(&self, claim: &TokenPayload) -> String {
        let payload = self.payload(claim);
        let mut octets = [0; PAYLOAD + MAC];
        octets[..PAYLOAD].copy_from_slice(&payload);
        octets[PAYLOAD..].copy_from_slice(&self.cut(TOKEN_LABEL, &payload));
        BASE32_NOPAD.encode(&octets).to_ascii_lowercase()
    }

    /// The local part of the Message-ID of this delivery: `e7-`, or `b1-` of a bulletin, and 26 characters that reveal no recipient.
    /// It is the same on every attempt.
    pub fn message_name(&self, edition: EditionNumber, recipient: RecipientId) -> String {
        let mut about = [0; 12];
        about[..4].copy_from_slice(&edition.0.to_be_bytes());
        about[4..].copy_from_slice(&recipient.0.to_be_bytes());
        let name = BASE32_NOPAD.encode(&self.cut(NAME_LABEL, &about)).to_ascii_lowercase();
        match BulletinId::of(edition) {
            Some(BulletinId(id)) => format!("b{id}-{name}"),
            None => format!("e{edition}-{name}"),
        }
    }

    fn payload(&self, claim: &TokenPayload) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        payload[0] = claim.purpose.octet();
        payload[1] = self.version;
        payload[2..6].copy_from_slice(&claim.edition.0.to_be_bytes());
        payload[6..].copy_from_slice(&claim.recipient.0.to_be_bytes());
        payload
    }

    fn over(&self, label: &[u8], message: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(label).chain_update(message)
    }

    fn cut(&self, label: &[u8], message: &[u8]) -> [u8; MAC] {
        let full = self.over(label, message).finalize().into_bytes();
        std::array::from_fn(|at| full[at])
    }
}

/// The claim of `text` if the key of the version that it names signed it for `purpose`; `signer` finds that key.
pub(super) fn verify(
    text: &str,
    purpose: Purpose,
    signer: impl Fn(u8) -> Option<Signer>,
) -> Result<TokenPayload, TokenError> {
    if text.len() != TOKEN_LENGTH {
        return Err(TokenError);
    }
    let octets = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| TokenError)?;
    let (payload, mac) = octets.split_at_checked(PAYLOAD).ok_or(TokenError)?;
    let signer = signer(payload[1]).ok_or(TokenError)?;
    signer.over(TOKEN_LABEL, payload).verify_truncated_left(mac).map_err(|_| TokenError)?;
    let mut edition = [0; 4];
    edition.copy_from_slice(&payload[2..6]);
    let mut recipient = [0; 8];
    recipient.copy_from_slice(&payload[6..]);
    let claim = TokenPayload {
        purpose,
        edition: EditionNumber(u32::from_be_bytes(edition)),
        recipient: RecipientId(u64::from_be_bytes(recipient)),
    };
    if payload[0] == purpose.octet() { Ok(claim) } else { Err(TokenError) }
}
