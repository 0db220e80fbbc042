//! What did not arrive, and what an operator does about it.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::context::{AppContext, PAGE};
use super::error::{AppError, DeliveriesError};
use super::parts::{DELIVERIES, in_parts};
use crate::clock::Clock;
use crate::domain::address::Address;
use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, Retried, RetriedPart};
use crate::domain::delivery::{DeliveryState, retry};
use crate::domain::edition::{Edition, EditionNumber};
use crate::store::{Store, StoreError};

/// Lists deliveries, takes them up again and settles them.
pub struct Deliveries {
    store: Arc<dyn Store>,
    clock: Clock,
}

impl Deliveries {
    /// Those of this store.
    pub fn new(base: &AppContext) -> Self {
        Self { store: Arc::clone(&base.store), clock: base.clock }
    }

    /// Shows at most `limit` that `filter` lets through, by edition and mailbox, a page after the other, until `take` has had
    /// enough. Returns whether there are more.
    pub async fn each(
        &self,
        filter: &DeliveryFilter,
        limit: usize,
        mut take: impl FnMut(&[DeliveryRecord]) -> ControlFlow<()>,
    ) -> Result<bool, AppError> {
        let (mut left, mut after) = (limit, None);
        loop {
            let size = u32::try_from(left).unwrap_or(PAGE).saturating_add(1).min(PAGE);
            let page = self.store.deliveries(filter, after, size).await.map_err(known)?;
            let shown = &page[..page.len().min(left)];
            if page.is_empty() || take(shown).is_break() {
                return Ok(false);
            }
            if shown.len() < page.len() {
                return Ok(true);
            }
            left -= shown.len();
            after = page.last().map(|record| record.id);
        }
    }

    /// Queues failed, expired and uncertain deliveries again: of the newest published edition, unless one is named. Returns
    /// the edition as it stands now.
    ///
    /// # Errors
    /// When there is no such edition, a newer one has taken its place, an address is no mailbox, or the store fails.
    pub async fn retry(
        &self,
        named: Option<EditionNumber>,
        states: Vec<DeliveryState>,
        addresses: Option<Vec<Address>>,
    ) -> Result<(Edition, Retried), AppError> {
        let (editions, now) = (self.store.editions().await?, self.clock.now());
        let edition = published(&editions, named)?;
        if let Some(newer) = retry::overtaken_by(edition, &editions, now) {
            return Err(DeliveriesError::Over { edition, newer }.into());
        }
        let filter = DeliveryFilter { edition: Some(edition), states, addresses, bounced: false };
        let part = |before| self.store.retry(edition, &filter, before, DELIVERIES, now);
        let retried = part_by_part(part, |part: &RetriedPart| part.last.is_none()).await?.retried;
        let edition = self.store.edition(edition).await?.ok_or(DeliveriesError::NotPublished(edition))?;
        Ok((edition, retried))
    }

    /// Says of uncertain deliveries that they arrived, or that they did not. Returns of which edition, and of how many.
    ///
    /// # Errors
    /// When there is no such edition, an address is no mailbox, or the store fails.
    pub async fn resolve(
        &self,
        named: Option<EditionNumber>,
        addresses: Option<Vec<Address>>,
        accepted: bool,
    ) -> Result<(EditionNumber, u64), AppError> {
        let edition = published(&self.store.editions().await?, named)?;
        let states = vec![DeliveryState::Uncertain];
        let filter = DeliveryFilter { edition: Some(edition), states, addresses, bounced: false };
        let now = self.clock.now();
        let part = |before| self.store.resolve(edition, &filter, accepted, before, DELIVERIES, now);
        let resolved = part_by_part(part, |part: &ResolvedPart| part.last.is_none()).await?.resolved;
        Ok((edition, resolved))
    }
}

/// Asks for one part after the other, each with what those before came to, until one is the last.
async fn part_by_part<P, F>(mut next: impl FnMut(P) -> F, is_last: impl Fn(&P) -> bool) -> Result<P, AppError>
where
    P: Copy + Default,
    F: Future<Output = Result<P, StoreError>>,
{
    in_parts(P::default(), |before| {
        let (part, is_last) = (next(before), &is_last);
        async move {
            let part = part.await.map_err(known)?;
            Ok(if is_last(&part) { ControlFlow::Break(part) } else { ControlFlow::Continue(part) })
        }
    })
    .await
}

/// A store's error, where it is about an address that somebody typed.
fn known(error: StoreError) -> AppError {
    match error {
        StoreError::UnknownMailbox(address) => DeliveriesError::UnknownMailbox(address).into(),
        error => error.into(),
    }
}

/// The edition that is meant: the newest published one, unless it is named.
fn published(editions: &[Edition], named: Option<EditionNumber>) -> Result<EditionNumber, DeliveriesError> {
    let mut published = editions.iter().rev().filter(|edition| edition.is_published()).map(|edition| edition.number);
    match named {
        None => published.next().ok_or(DeliveriesError::NothingPublished),
        Some(number) if published.any(|one| one == number) => Ok(number),
        Some(number) => Err(DeliveriesError::NotPublished(number)),
    }
}
