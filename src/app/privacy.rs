//! What is held about a person, and how it is erased at their wish.

use std::convert::Infallible;

use serde::Serialize;

use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::subscriber::{RecipientId, SubscriberRecord};
use crate::domain::subscription::forget::{self, Ended, Erasure};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::subject_data::SubjectData;
use crate::domain::subscription::suppression::Suppression;
use crate::store::{Scope, Traces, decide, rehearse};

/// What was removed of one person. Counts only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The mailbox's number, which stays; none for an address that was only suppressed.
    pub mailbox: Option<RecipientId>,
    pub subscriptions: u64,
    /// Deliveries that stay as counts, without an address.
    pub deliveries: u64,
    /// Replies of the relay that were removed, from attempts and letters.
    pub replies: u64,
    pub requests: u64,
    pub letters: u64,
    /// Subscribers whose name went, because it named nobody else.
    pub names: u64,
}

impl Erased {
    pub fn of(ended: Ended, traces: Traces) -> Self {
        let Ended { mailbox, subscriptions, requests } = ended;
        let Traces { deliveries, replies, letters, names } = traces;
        Self { mailbox, subscriptions, deliveries, replies, requests, letters, names }
    }
}

/// What became of a wish to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseResult {
    Done(Erased),
    /// It was done before: only the keyed hash is there.
    Before,
    /// The address is not known, nor its hash.
    Unknown,
}

impl EraseResult {
    fn of(erasure: Erasure, traces: Traces) -> Self {
        match erasure {
            Erasure::Done(ended) => Self::Done(Erased::of(ended, traces)),
            Erasure::Before => Self::Before,
            Erasure::Unknown => Self::Unknown,
        }
    }
}

/// What erasing a person is decided on, and the decision.
fn erasure_of(
    address: &Address,
) -> (Scope, impl FnMut(&mut MailingList) -> Result<Erasure, Infallible> + Send + use<>) {
    let (scope, address) = (Scope::Person(address.clone()), address.clone());
    (scope, move |list: &mut MailingList| Ok(forget::erase(list, &address)))
}

/// All that is held about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It has a mailbox: its subscriber with that mailbox alone, and what else there is.
    Mailbox(SubscriberRecord, SubjectData),
    /// It never had a mailbox, or none that is known; it is on the list of addresses that are never mailed.
    Suppressed(Suppression),
    /// It was erased or forgotten: only the keyed hash is there.
    Hashed,
    Nothing,
}

/// Shows and erases what is held about one person.
pub struct Privacy {
    context: AppContext,
}

impl Privacy {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Erases a person: whatever is known of the address goes, but for the hash that keeps it suppressed. Idempotent.
    pub async fn erase(&self, address: &Address) -> Result<EraseResult, AppError> {
        let (scope, decision) = erasure_of(address);
        let now = self.context.clock.now();
        let (Ok(erasure), traces) = decide(&*self.context.store, &scope, now, None, decision).await?;
        Ok(EraseResult::of(erasure, traces))
    }

    /// What [`Self::erase`] would come to. Changes nothing.
    pub async fn would_erase(&self, address: &Address) -> Result<EraseResult, AppError> {
        let (scope, decision) = erasure_of(address);
        let (Ok(erasure), traces) = rehearse(&*self.context.store, &scope, self.context.clock.now(), decision).await?;
        Ok(EraseResult::of(erasure, traces))
    }

    /// The mailbox of this number, if it is known: its subscriber with that mailbox alone, and what else there is.
    pub async fn mailbox(&self, id: RecipientId) -> Result<Option<(SubscriberRecord, SubjectData)>, AppError> {
        let store = &self.context.store;
        let list = store.mailing_list(&Scope::Mailbox(id), self.context.clock.now()).await?;
        let Some((_, record)) = list.record_of(id) else { return Ok(None) };
        Ok(Some((record, store.subject_data(id).await?)))
    }

    /// Removes an erased address from the store's files, too. False when others that read the store were in the way.
    pub async fn scrub(&self, erased: &Address) -> Result<bool, AppError> {
        Ok(self.context.store.scrub(Some(erased)).await?)
    }

    /// All that is held about an address.
    pub async fn held(&self, address: &Address) -> Result<Held, AppError> {
        let store = &self.context.store;
        let list = store.mailing_list(&Scope::Person(address.clone()), self.context.clock.now()).await?;
        if let Some((recipient, record)) = list.record(address) {
            return Ok(Held::Mailbox(record, store.subject_data(recipient).await?));
        }
        Ok(match list.suppression_of(list.key(address)) {
            Some(suppression) if suppression.address.is_some() => Held::Suppressed(suppression.clone()),
            Some(_) => Held::Hashed,
            None => Held::Nothing,
        })
    }
}
