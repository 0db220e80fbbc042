//! A store that was restored from a backup: what must be known before it sends again, and its release.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::attention::AfterRestore;
use super::parts::in_parts;
use super::{AppContext, AppError};
use crate::clock::Clock;
use crate::config::{Config, OnUncertain};
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::{Edition, EditionNumber, EditionState, HoldReason};
use crate::store::{Release, Store};

/// What a release came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The editions that were held.
    pub editions: Vec<EditionNumber>,
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

    /// What an operator must know before a restored store sends again; empty for any other store.
    pub async fn attention(&self) -> Result<Vec<AfterRestore>, AppError> {
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
                found.push(self.unsent(&edition).await?);
            } else if edition.is_open() && edition.due_at > made && edition.due_at <= now {
                found.push(AfterRestore::DueSince(edition.number));
            }
        }
        Ok(found)
    }

    async fn unsent(&self, edition: &Edition) -> Result<AfterRestore, AppError> {
        let tally = self.store.tally(edition.number).await?;
        Ok(AfterRestore::Unsent {
            edition: edition.number,
            waiting: tally.queued + tally.deferred,
            total: tally.total,
            resend: self.resends(),
        })
    }

    /// The editions that are held, for whatever reason: where the store as a whole is not held, one of them may be meant.
    pub async fn held(&self) -> Result<Vec<EditionNumber>, AppError> {
        let held = self.store.editions().await?.into_iter().filter(|edition| edition.state == EditionState::Held);
        Ok(held.map(|edition| edition.number).collect())
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
            // Bulletins are released along with them; people know those by their names.
            let editions = editions.into_iter().filter(|number| BulletinId::of(*number).is_none()).collect();
            let released = Released { editions, broke_off };
            Ok(if is_last { ControlFlow::Break(Some(released)) } else { ControlFlow::Continue(Some(broke_off)) })
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
