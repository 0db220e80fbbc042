//! Rendered → Frame → bytes, and the transports that hand them over.

use async_trait::async_trait;

use crate::domain::address::Address;
use crate::domain::delivery::Outcome;

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
    /// Hands `message` over. `name` is unique to the delivery and the same on every attempt (its Message-ID's local part).
    async fn deliver(&mut self, envelope: &Envelope, name: &str, message: &[u8]) -> Outcome;

    /// Closes whatever is open, politely.
    async fn close(&mut self) {}
}
