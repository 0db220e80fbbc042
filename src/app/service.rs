//! What is left of the one heap of use cases, until each has a struct of its own.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};

use super::bootstrap;
use super::context::{AppContext, Content};
use super::decisions::Decisions;
use super::edition::edition;
use super::error::AppError;
use super::planner::Planner;
use super::publisher::Publisher;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar::NextEdition;
use crate::domain::edition::{Edition, EditionNumber};
use crate::domain::token::Keyring;
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

    /// Plans editions.
    ///
    /// # Errors
    /// When the library was not read.
    pub fn planner(&self) -> Result<Planner, AppError> {
        Ok(Planner::new(&self.context(), self.content()?))
    }

    /// Publishes editions.
    ///
    /// # Errors
    /// When the library was not read.
    pub fn publisher(&self) -> Result<Publisher, AppError> {
        Ok(Publisher::new(&self.context(), self.content()?))
    }

    /// What an operator decides.
    pub fn decisions(&self) -> Decisions {
        Decisions::new(&self.context(), self.material.as_ref())
    }

    /// The edition to send, if one is due, after everything that the calendar says was done.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn reconcile(&self, now: DateTime<Utc>) -> Result<Option<EditionNumber>, AppError> {
        Ok(self.planner()?.reconcile(now).await?.due)
    }

    /// The edition as the store holds it.
    ///
    /// # Errors
    /// When there is none of this number.
    pub async fn edition(&self, number: EditionNumber) -> Result<Edition, AppError> {
        edition(self.store.as_ref(), number).await
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

    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        self.config.schedule.local(at)
    }

    /// The fortnight in which the store began.
    pub async fn first(&self) -> Result<Option<EditionNumber>, AppError> {
        Ok(self.store.meta().await?.map(|meta| meta.first))
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
}
