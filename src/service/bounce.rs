//! What comes back by mail: so far, wishes to leave.

use super::leaving::Leaving;
use super::{Service, ServiceError};
use crate::mail::Incoming;

/// The part before the token in the address of List-Unsubscribe (contract §7).
const UNSUBSCRIBE: &str = "unsubscribe";

/// What a message was, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A mailbox of this subscriber left.
    Left(String),
    /// It had left before.
    HadLeft,
    /// A program wrote it, so it is nobody's wish.
    Automatic,
    /// A bounce or a complaint.
    Report,
    /// It has no token of ours.
    Nothing,
}

impl Service {
    /// Reads one message and does what it asks for. Only a token that verifies changes anything.
    ///
    /// # Errors
    /// When the store cannot be written: the message should be kept and tried again.
    pub async fn take_in(&self, message: &[u8]) -> Result<Read, ServiceError> {
        let incoming = Incoming::read(message);
        if incoming.is_report {
            return Ok(Read::Report);
        }
        for token in incoming.tokens(UNSUBSCRIBE) {
            if incoming.is_automatic {
                return Ok(Read::Automatic);
            }
            match self.leave(token, "mail").await? {
                Leaving::Subscribed(name) => return Ok(Read::Left(name)),
                Leaving::Gone => return Ok(Read::HadLeft),
                Leaving::Unknown => {}
            }
        }
        Ok(Read::Nothing)
    }
}
