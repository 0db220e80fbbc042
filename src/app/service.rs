//! What is left of the one heap of use cases: those of single mailboxes.

use std::sync::Arc;

use super::context::{self, AppContext};
use super::error::AppError;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::delivery::{TransactionalKind, TransactionalMail};
use crate::domain::token::Keyring;
use crate::render;
use crate::store::Store;

/// Everything a command or the daemon works with.
#[derive(Clone)]
pub struct Service {
    /// The checked configuration.
    pub config: Arc<Config>,
    /// The store, or a private copy of it.
    pub store: Arc<dyn Store>,
    /// Signs tokens and names messages.
    pub keyring: Arc<Keyring>,
    /// The time.
    pub clock: Clock,
}

impl Service {
    /// As the use cases that are no structs yet want it.
    pub fn of(base: &AppContext) -> Self {
        let AppContext { config, store, keyring, clock } = base.clone();
        Self { config, store, keyring, clock }
    }

    /// What every use case is built from.
    pub fn context(&self) -> AppContext {
        let Self { config, store, keyring, clock } = self.clone();
        AppContext { config, store, keyring, clock }
    }

    /// A confirmation or good-bye, and from whom it is.
    pub(super) fn new_letter(
        &self,
        kind: TransactionalKind,
        about: render::TransactionalMail<'_>,
    ) -> Result<TransactionalMail, AppError> {
        let rendered = render::render_transactional(&context::service_info(&self.config), about)?;
        Ok(TransactionalMail { kind, sender: context::sender(&self.config, &self.keyring), rendered })
    }
}
