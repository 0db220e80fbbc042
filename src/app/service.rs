//! What is left of the one heap of use cases, until each has a struct of its own.

use std::sync::Arc;

use super::{AppContext, AppError, Content};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::token::Keyring;
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

    /// The library.
    pub(super) fn library(&self) -> Result<&Library, AppError> {
        Ok(&self.content()?.library)
    }
}
