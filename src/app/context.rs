//! What use cases are built from: the shared parts, and what is read from `activities/` and `templates/`.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::token::Keyring;
use crate::library::Library;
use crate::render::Templates;
use crate::store::Store;

/// What every use case is built from.
#[derive(Clone)]
pub struct AppContext {
    /// The checked configuration.
    pub config: Arc<Config>,
    /// The store, or a private copy of it.
    pub store: Arc<dyn Store>,
    /// Signs tokens and names messages.
    pub keyring: Arc<Keyring>,
    /// The time.
    pub clock: Clock,
}

impl AppContext {
    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.config.schedule.timezone).fixed_offset()
    }
}

/// What is read from `activities/` and `templates/`.
#[derive(Clone)]
pub struct Content {
    /// The library.
    pub library: Arc<Library>,
    /// The templates.
    pub templates: Arc<Templates>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
}
