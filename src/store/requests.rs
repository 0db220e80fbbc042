//! Verbs for what waits for a click: subscriptions, other bands, an undo of leaving.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::band::BandSet;
use crate::domain::delivery::TransactionalMail;
use crate::domain::request::{Request, RequestId};
use crate::domain::subscriber::{RecipientId, SubscribeRequest, SuppressionReason};

/// What became of a wish that needs a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A letter with the link waits to be sent.
    Waits(RequestId),
    /// It is so already; nothing was asked.
    Already,
    /// The address gets no mail at all, for this reason.
    Never(SuppressionReason),
    /// This address, or everybody together, was asked too often.
    TooOften,
    /// No such mailbox has a subscription.
    Nobody,
}

/// What a click came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clicked {
    /// It is done now.
    Done(Request),
    /// It was done before; nothing changed.
    Before(Request),
    /// It is too late, or the mailbox left since; nothing changed.
    Over,
    /// There is no such request.
    Unknown,
}

/// What a store does with requests.
#[async_trait]
pub trait Requests {
    /// Notes a wish to subscribe, and the letter that asks for the click. The mailbox is pending until then; one that is
    /// active already is left alone.
    async fn ask_to_subscribe(
        &self,
        wish: &SubscribeRequest,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError>;

    /// Notes a wish for other bands, and the letter that asks for the click.
    async fn ask_for_bands(
        &self,
        recipient: RecipientId,
        bands: &BandSet,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Asked, StoreError>;

    /// As [`super::Store::leave`]; when the mailbox had a subscription, the letter says good-bye and offers an undo. Returns
    /// the subscriber's name then, and only then.
    async fn leave_with_undo(
        &self,
        recipient: RecipientId,
        letter: &TransactionalMail,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError>;

    /// One request.
    async fn request(&self, id: RequestId) -> Result<Option<Request>, StoreError>;

    /// Fulfils a request, once.
    async fn fulfil(&self, id: RequestId, at: DateTime<Utc>) -> Result<Clicked, StoreError>;

    /// Mailboxes whose wish to subscribe was not confirmed in time end. Returns how many.
    async fn end_unconfirmed(&self, at: DateTime<Utc>) -> Result<u64, StoreError>;

    /// The bands that a mailbox with a subscription gets, and its subscriber's name.
    async fn subscribed_bands(&self, recipient: RecipientId) -> Result<Option<(String, BandSet)>, StoreError>;
}
