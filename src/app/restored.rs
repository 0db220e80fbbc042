//! A store that was restored from a backup: what must be known before it sends again, and its release.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::attention::AfterRestore;
use super::parts::in_parts;
use super::{AppContext, AppError};
use crate::clock::Clock;
use crate::config::{Config, OnUncertain};
use crate::domain::bulletin::{Bulletin, BulletinId, BulletinName, BulletinRecord, MailingName};
use crate::domain::edition::{EditionNumber, EditionState, HoldReason};
use crate::store::{Release, Store};

/// What a release came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The editions that were held.
    pub editions: Vec<EditionNumber>,
    /// The bulletins that were.
    pub bulletins: Vec<BulletinName>,
    /// Whether an earlier one broke off.
    pub broke_off: bool,
}

/// Says what a restored store does not know, and lets it send again.
#[derive(Clone)]
pub struct RestoredStore {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    clock: Clock,
}

impl RestoredStore {
    /// A look at the store of `context`, restored or not.
    pub fn new(context: &AppContext) -> Self {
        let AppContext { config, store, clock, .. } = context.clone();
        Self { config, store, clock }
    }

    /// What an operator must know before a restored store sends again, with these bulletins in the library; empty for any other
    /// store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn attention(&self, library: &[Bulletin]) -> Result<Vec<AfterRestore>, AppError> {
        let Some(made) = self.store.restored().await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let local = self.config.schedule.local(made);
        let mut found = if self.store.is_shared() {
            vec![AfterRestore::SetBack { made: local }, AfterRestore::LeftUnknown]
        } else {
            vec![AfterRestore::Waits { made: local }, AfterRestore::LeftSince]
        };
        for edition in self.store.editions().await? {
            if edition.is_published() && edition.hold_reason() == Some(&HoldReason::RestoredStore) {
                found.push(self.unsent(edition.number, MailingName::Edition(edition.number)).await?);
            } else if edition.is_open() && edition.due_at > made && edition.due_at <= now {
                found.push(AfterRestore::DueSince(edition.number));
            }
        }
        let bulletins = self.store.bulletins().await?;
        for bulletin in &bulletins {
            if bulletin.published.is_some() && bulletin.hold_reason() == Some(&HoldReason::RestoredStore) {
                let name = MailingName::Bulletin(bulletin.name.clone());
                found.push(self.unsent(bulletin.id.mailing(), name).await?);
            }
        }
        let maybe_sent = never_sent(&bulletins, library);
        found.extend((!maybe_sent.is_empty()).then_some(AfterRestore::MaybeSent(maybe_sent)));
        Ok(found)
    }

    async fn unsent(&self, number: EditionNumber, mailing: MailingName) -> Result<AfterRestore, AppError> {
        let tally = self.store.tally(number).await?;
        Ok(AfterRestore::Unsent {
            mailing,
            waiting: tally.queued + tally.deferred,
            total: tally.total,
            resend: self.resends(),
        })
    }

    /// What is held, for whatever reason: where the store as a whole is not held, one of them may be meant.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn held(&self) -> Result<Vec<MailingName>, AppError> {
        let editions = self.store.editions().await?.into_iter().filter(|edition| edition.state == EditionState::Held);
        let bulletins = self.store.bulletins().await?.into_iter().filter(|one| one.state() == EditionState::Held);
        let bulletins = bulletins.map(|bulletin| MailingName::Bulletin(bulletin.name));
        Ok(editions.map(|edition| MailingName::Edition(edition.number)).chain(bulletins).collect())
    }

    /// Lets a restored store send again; where that ends in the middle, doing it again completes it. `None` for a store that was not restored.
    pub async fn release(&self) -> Result<Option<Released>, AppError> {
        if self.store.restored().await?.is_none() {
            return Ok(None);
        }
        in_parts(None, |broke_off| async move {
            let Release { editions, is_begun, is_last } =
                self.store.release_restored(self.resends(), self.clock.now()).await?;
            let broke_off = broke_off.unwrap_or(is_begun);
            if !is_last {
                return Ok(ControlFlow::Continue(Some(broke_off)));
            }
            // Bulletins are released along with them; people know those by their names.
            let bulletins = self.store.bulletins().await?.into_iter();
            let bulletins = bulletins.filter(|one| editions.contains(&one.id.mailing())).map(|one| one.name).collect();
            let editions = editions.into_iter().filter(|number| BulletinId::of(*number).is_none()).collect();
            Ok(ControlFlow::Break(Some(Released { editions, bulletins, broke_off })))
        })
        .await
    }

    /// That the store was not restored, or was released since.
    pub(super) async fn refuse(&self) -> Result<(), AppError> {
        match self.store.restored().await? {
            None => Ok(()),
            Some(_) => Err(AppError::NotReleased),
        }
    }

    fn resends(&self) -> bool {
        self.config.mail.on_uncertain == OnUncertain::Resend
    }
}

/// Bulletins that could still be sent, as far as is known. One that was withdrawn is sent by nobody.
fn never_sent(known: &[BulletinRecord], library: &[Bulletin]) -> Vec<BulletinName> {
    let is_over = |name: &BulletinName| {
        let over = |one: &BulletinRecord| one.published.is_some() || one.state() == EditionState::Withdrawn;
        known.iter().any(|one| one.name == *name && over(one))
    };
    library.iter().map(|bulletin| bulletin.name.clone()).filter(|name| !is_over(name)).collect()
}
