//! Leaving: by the link, by mail, whenever. Whoever holds the token may; nothing else is asked.

use super::{AppError, Service};
use crate::domain::delivery::TransactionalKind;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::token::Purpose;
use crate::render::TransactionalMail;

/// Who a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaving {
    /// A mailbox of the subscriber with this name.
    Subscribed(String),
    /// A mailbox that left before, or was forgotten.
    Gone,
    /// Nobody: the token is not ours, or not for this.
    Unknown,
}

impl Service {
    /// Who would leave with this token. Changes nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn who_leaves(&self, token: &str) -> Result<Leaving, AppError> {
        let Ok(claim) = self.keyring.verify(token, Purpose::Unsubscribe) else { return Ok(Leaving::Unknown) };
        let name = self.store.subscribed_name(claim.recipient).await?;
        Ok(name.map_or(Leaving::Gone, Leaving::Subscribed))
    }

    /// Ends every subscription of the token's mailbox and suppresses it; once or often is the same.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave(&self, token: &str, actor: &'static str) -> Result<Leaving, AppError> {
        let Ok(claim) = self.keyring.verify(token, Purpose::Unsubscribe) else { return Ok(Leaving::Unknown) };
        let reason = SuppressionReason::Unsubscribed;
        let name = self.store.leave(claim.recipient, reason, actor, self.clock.now()).await?;
        Ok(name.map_or(Leaving::Gone, Leaving::Subscribed))
    }

    /// As [`Service::leave`]; a mailbox that had a subscription gets one good-bye with a link that takes it back.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn leave_with_undo(&self, token: &str) -> Result<Leaving, AppError> {
        let Ok(claim) = self.keyring.verify(token, Purpose::Unsubscribe) else { return Ok(Leaving::Unknown) };
        let letter = self.new_letter(TransactionalKind::Goodbye, TransactionalMail::Goodbye)?;
        let name = self.store.leave_with_undo(claim.recipient, &letter, self.clock.now()).await?;
        Ok(name.map_or(Leaving::Gone, Leaving::Subscribed))
    }
}
