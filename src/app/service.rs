//! What is left of the one heap of use cases, until each has a struct of its own.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};

use super::edition_content::DigestMaker;
use super::restored::RestoredStore;
use super::{AppContext, AppError, Content, bootstrap, context, keyring};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar::NextEdition;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::sender::Sender;
use crate::domain::token::{Keyring, Signer};
use crate::library::Library;
use crate::store::Store;

/// Everything a command or the daemon works with.
#[derive(Clone)]
pub struct Service {
    /// The checked configuration.
    pub config: Arc<Config>,
    /// Library and templates; `None` for what needs neither.
    pub material: Option<Content>,
    /// The store, or a private copy of it.
    pub store: Arc<dyn Store>,
    /// Signs tokens and names messages.
    pub keyring: Arc<Keyring>,
    /// The time.
    pub clock: Clock,
}

impl Service {
    /// As the use cases that are no structs yet want it.
    pub fn of(base: &AppContext, content: Option<&Content>) -> Self {
        let AppContext { config, store, keyring, clock } = base.clone();
        Self { config, material: content.cloned(), store, keyring, clock }
    }

    /// What every use case is built from.
    pub fn context(&self) -> AppContext {
        let Self { config, store, keyring, clock, .. } = self.clone();
        AppContext { config, store, keyring, clock }
    }

    /// Library and templates.
    pub fn content(&self) -> Result<&Content, AppError> {
        self.material.as_ref().ok_or_else(|| AppError::Refused("library and templates were not read".into()))
    }

    pub(super) fn digests(&self) -> Result<DigestMaker, AppError> {
        Ok(DigestMaker::new(&self.context(), self.content()?))
    }

    pub(super) fn sender(&self) -> Sender {
        context::sender(&self.config, &self.keyring)
    }

    pub(super) fn signer(&self, version: u8) -> Result<Signer, AppError> {
        Ok(keyring::signer(&self.keyring, version, &self.config.web.secret_file)?)
    }

    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        self.config.schedule.local(at)
    }

    /// The fortnight in which the store began.
    pub async fn first(&self) -> Result<Option<EditionNumber>, AppError> {
        Ok(self.store.facts().await?.map(|facts| facts.first))
    }

    /// The edition that goes out next by itself.
    pub fn next(&self, now: DateTime<Utc>, first: Option<EditionNumber>, editions: &[Edition]) -> Option<NextEdition> {
        self.config.schedule.next_edition(now, first, editions)
    }

    /// Everything, for real work.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, AppError> {
        let (context, content) = bootstrap::open_whole(config, clock).await?;
        Ok(Self::of(&context, Some(&content)))
    }

    /// Everything, on a private copy of the store.
    pub async fn open_copy(config: Config, clock: Clock) -> Result<Self, AppError> {
        let (context, content) = bootstrap::open_whole_copy(config, clock).await?;
        Ok(Self::of(&context, Some(&content)))
    }

    /// Everything but library and templates.
    pub async fn open_bare(config: Config, clock: Clock) -> Result<Self, AppError> {
        Ok(Self::of(&bootstrap::open(config, clock).await?, None))
    }

    pub(super) async fn refuse_restored(&self) -> Result<(), AppError> {
        RestoredStore::new(&self.context()).refuse().await
    }

    /// The library.
    pub(super) fn library(&self) -> Result<&Library, AppError> {
        Ok(&self.content()?.library)
    }
}
