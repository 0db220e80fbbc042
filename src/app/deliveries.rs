//! What did not arrive, and what an operator does about it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::{AppContext, PAGE};
use super::edition::mailing_name;
use super::error::{AppError, DeliveriesError, NeverAgain};
use super::parts::{DELIVERIES, in_parts};
use crate::clock::Clock;
use crate::domain::address::Address;
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinRecord, MailingName};
use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord, ResolvedPart, Retried, RetriedPart};
use crate::domain::delivery::{DeliveryId, DeliveryState, Trouble, retry};
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::subscriber::RecipientId;
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

    /// A page of what `filter` lets through and of which this `trouble` is told, by mailbox, after `after`.
    ///
    /// # Errors
    /// When an address is no mailbox, or the store fails.
    pub async fn page(
        &self,
        (filter, trouble): (&DeliveryFilter, Option<Trouble>),
        mut after: Option<DeliveryId>,
        limit: usize,
    ) -> Result<DeliveryPage, AppError> {
        let size = if trouble.is_some() { PAGE } else { u32::try_from(limit).unwrap_or(PAGE).saturating_add(1) };
        let mut shown: Vec<DeliveryRecord> = Vec::new();
        for _ in 0..LOOKS {
            let page = self.store.deliveries(filter, after, size).await.map_err(known)?;
            let is_last = u32::try_from(page.len()).unwrap_or(u32::MAX) < size;
            after = page.last().map(|record| record.id).or(after);
            for record in page.into_iter().filter(|record| is_told(record, trouble)) {
                if shown.len() == limit {
                    return Ok(DeliveryPage { next: shown.last().map(|last| last.id), records: shown });
                }
                shown.push(record);
            }
            if is_last {
                return Ok(DeliveryPage { records: shown, next: None });
            }
        }
        Ok(DeliveryPage { records: shown, next: after })
    }

    /// All mails that `filter` lets through and that had this `trouble`, however many.
    ///
    /// # Errors
    /// When an address is no mailbox, or the store fails.
    pub async fn meant(&self, (filter, trouble): (&DeliveryFilter, Option<Trouble>)) -> Result<MeantMails, AppError> {
        let mut meant = MeantMails::default();
        self.each(filter, usize::MAX, |page| {
            for record in page.iter().filter(|record| is_told(record, trouble)) {
                meant.uncertain += u64::from(record.state == DeliveryState::Uncertain);
                meant.recipients.push(record.id.recipient);
            }
            ControlFlow::Continue(())
        })
        .await?;
        Ok(meant)
    }

    /// The number under which a bulletin was sent.
    ///
    /// # Errors
    /// When it was not, or the store fails.
    pub async fn of_bulletin(&self, name: &BulletinName) -> Result<EditionNumber, AppError> {
        let found = self.store.bulletin(name).await?.filter(|bulletin| bulletin.published.is_some());
        Ok(found.map(|bulletin| bulletin.id.mailing()).ok_or_else(|| DeliveriesError::BulletinNotSent(name.clone()))?)
    }

    /// What is sent under this number, as people name it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn name_of(&self, number: EditionNumber) -> Result<MailingName, AppError> {
        if BulletinId::of(number).is_none() {
            return Ok(MailingName::Edition(number));
        }
        let name = self.bulletins().await?.remove(&number);
        Ok(name.map(MailingName::Bulletin).ok_or(DeliveriesError::NotPublished(number))?)
    }

    /// What those are called that were sent under the numbers of bulletins.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bulletins(&self) -> Result<BTreeMap<EditionNumber, BulletinName>, AppError> {
        let bulletins = self.store.bulletins().await?.into_iter();
        Ok(bulletins.map(|bulletin| (bulletin.id.mailing(), bulletin.name)).collect())
    }

    /// The bulletins that went out, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bulletins_sent(&self) -> Result<Vec<BulletinName>, AppError> {
        let mut sent = self.store.bulletins().await?;
        sent.retain(|bulletin| bulletin.published.is_some());
        sent.sort_by_key(|bulletin| Reverse(bulletin.course.published_at));
        Ok(sent.into_iter().map(|bulletin| bulletin.name).collect())
    }

    /// The bulletins that went to those who had got what was sent under this number: who gets it later doesn't have them yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn followed_by(&self, number: EditionNumber) -> Result<Vec<BulletinName>, AppError> {
        let is_about = |bulletin: &BulletinRecord| {
            let published = bulletin.published.as_ref().filter(|_| bulletin.withdrawn_at.is_none());
            published.is_some_and(|published| published.audience.readers_of == Some(number))
        };
        let bulletins = self.store.bulletins().await?.into_iter().filter(is_about);
        Ok(bulletins.map(|bulletin| bulletin.name).collect())
    }

    /// The published edition or bulletin that is meant: the newest edition, unless one is named.
    ///
    /// # Errors
    /// When it was not published, or the store fails.
    pub async fn edition(&self, named: Option<EditionNumber>) -> Result<EditionNumber, AppError> {
        if let Some(number) = named.filter(|number| BulletinId::of(*number).is_some()) {
            let found = self.store.edition(number).await?.filter(Edition::is_published);
            return Ok(found.map(|bulletin| bulletin.number).ok_or(DeliveriesError::NotPublished(number))?);
        }
        Ok(published(&self.store.editions().await?, named)?)
    }

    /// Queues failed, expired and uncertain deliveries again: of the newest published edition, unless one is named. Returns
    /// the edition as it stands now.
    ///
    /// # Errors
    /// When there is no such edition, its mails are never sent again ([`NeverAgain`]), an address is no mailbox, or the store fails.
    pub async fn retry(
        &self,
        named: Option<EditionNumber>,
        states: Vec<DeliveryState>,
        addresses: Option<Vec<Address>>,
    ) -> Result<(Edition, Retried), AppError> {
        self.retry_meant(&DeliveryFilter { edition: named, states, addresses, ..DeliveryFilter::default() }).await
    }

    /// As [`Deliveries::retry`], whatever the filter asks for.
    ///
    /// # Errors
    /// As there.
    pub async fn retry_meant(&self, filter: &DeliveryFilter) -> Result<(Edition, Retried), AppError> {
        let now = self.clock.now();
        let edition = self.edition(filter.edition).await?;
        if let Some(why) = never_again(&*self.store, edition, now).await? {
            return Err(self.over(edition, why).await?.into());
        }
        let filter = DeliveryFilter { edition: Some(edition), ..filter.clone() };
        let part = |before| self.store.retry(edition, &filter, before, DELIVERIES, now);
        let retried = part_by_part(part, |part: &RetriedPart| part.last.is_none()).await?.retried;
        let edition = self.store.edition(edition).await?.ok_or(DeliveriesError::NotPublished(edition))?;
        Ok((edition, retried))
    }

    async fn over(&self, number: EditionNumber, why: NeverAgain) -> Result<DeliveriesError, AppError> {
        Ok(DeliveriesError::Over(mailing_name(&*self.store, number).await?, why))
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
        let filter = DeliveryFilter { edition: named, addresses, ..DeliveryFilter::default() };
        self.resolve_meant(&filter, accepted).await
    }

    /// As [`Deliveries::resolve`], of the uncertain ones that the filter asks for, whichever states it names.
    ///
    /// # Errors
    /// As there.
    pub async fn resolve_meant(
        &self,
        filter: &DeliveryFilter,
        accepted: bool,
    ) -> Result<(EditionNumber, u64), AppError> {
        let edition = self.edition(filter.edition).await?;
        let states = vec![DeliveryState::Uncertain];
        let filter = DeliveryFilter { edition: Some(edition), states, ..filter.clone() };
        let now = self.clock.now();
        let part = |before| self.store.resolve(edition, &filter, accepted, before, DELIVERIES, now);
        let resolved = part_by_part(part, |part: &ResolvedPart| part.last.is_none()).await?.resolved;
        Ok((edition, resolved))
    }
}

/// How many pages of a list are looked through for one that is shown: who wants more asks for the next.
const LOOKS: usize = 20;

/// Mails that someone decides about together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeantMails {
    /// Whose they are: one mail each.
    pub recipients: Vec<RecipientId>,
    /// How many of them may have arrived before.
    pub uncertain: u64,
}

/// A page of a list.
#[derive(Debug, Clone, Default)]
pub struct DeliveryPage {
    pub records: Vec<DeliveryRecord>,
    /// Where the next one begins, if there may be one.
    pub next: Option<DeliveryId>,
}

fn is_told(record: &DeliveryRecord, trouble: Option<Trouble>) -> bool {
    trouble.is_none_or(|trouble| Trouble::of(record) == Some(trouble))
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

/// A store's error, where it is about an address that someone typed.
fn known(error: StoreError) -> AppError {
    match error {
        StoreError::UnknownMailbox(address) => DeliveriesError::UnknownMailbox(address).into(),
        error => error.into(),
    }
}

/// Why mails that went out under this number are never sent again; none where they may be.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn never_again(
    store: &dyn Store,
    number: EditionNumber,
    now: DateTime<Utc>,
) -> Result<Option<NeverAgain>, AppError> {
    if let Some(newer) = retry::overtaken_by(number, &store.editions().await?, now) {
        return Ok(Some(NeverAgain::Overtaken(newer)));
    }
    let is_it = |bulletin: &BulletinRecord| bulletin.id.mailing() == number && bulletin.withdrawn_at.is_some();
    if BulletinId::of(number).is_some() && store.bulletins().await?.iter().any(is_it) {
        return Ok(Some(NeverAgain::Withdrawn));
    }
    Ok(store.published(number).await?.is_none().then_some(NeverAgain::Forgotten))
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
