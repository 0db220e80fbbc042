//! Tokens in links and addresses: unforgeable, opaque, without an address inside.

use super::edition::EditionNumber;
use super::subscriber::RecipientId;

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

/// What a token says, all of it inside the signed payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// What it allows.
    pub purpose: Purpose,
    /// The edition it came with; 0 for none.
    pub edition: EditionNumber,
    /// Whose mailbox.
    pub recipient: RecipientId,
}
