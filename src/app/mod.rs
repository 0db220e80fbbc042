//! What the program does with its parts: sync, plan, publish, dispatch, preview, check.

pub mod activities;
pub mod backup;
pub mod bootstrap;
pub mod check;
pub mod csv_import;
pub mod decisions;
pub mod dispatch;
pub mod dkim;
pub mod edits;
pub mod feeds;
pub mod keyring;
pub mod letters;
pub mod maintenance;
mod material;
pub mod metrics;
pub mod online;
mod planner;
pub mod planning;
pub mod preview;
pub mod privacy;
pub mod publish;
pub mod reading;
pub mod receiver;
pub mod reload;
pub mod site;
pub mod status;
pub mod subscriber;
pub mod sync;
pub mod test_copy;
mod transactional;
pub mod transport;
pub mod unsubscriber;
pub mod withdrawal;

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::domain::subscription::subscribe::NoBand;
use crate::domain::subscription::sync::UnknownSubscriber;
use crate::domain::subscription::unsubscribe::CannotMove;
use crate::domain::token::Keyring;
use crate::mail::MailError;
use crate::render::RenderError;
use crate::store::{Store, StoreError};
use bootstrap::Content;

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
    /// What every use case is built from.
    pub fn context(&self) -> AppContext {
        let Self { config, store, keyring, clock, .. } = self.clone();
        AppContext { config, store, keyring, clock }
    }
}

/// Why the service could not do something.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A digest could not be rendered.
    #[error("the digest of edition {edition} for {segment} cannot be made: {source}")]
    Digest {
        /// Which edition.
        edition: EditionNumber,
        /// Which segment.
        segment: String,
        /// Why.
        source: RenderError,
    },
    /// A letter could not be made.
    #[error("a letter cannot be made: {0}")]
    Letter(RenderError),
    /// A mailbox without a band would get nothing.
    #[error(transparent)]
    NoBand(#[from] NoBand),
    /// A mailbox cannot move to another address.
    #[error(transparent)]
    CannotMove(#[from] CannotMove),
    /// A sync contradicts itself.
    #[error(transparent)]
    Sync(#[from] UnknownSubscriber),
    /// A message could not be built or a transport not be opened.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A file.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// Files with findings: config, library, templates, CSV.
    #[error("{}", list(.0))]
    Findings(Vec<Diagnostic>),
    /// The keys are unusable.
    #[error("{path}: {reason}")]
    Keyring {
        /// The key file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The configuration contradicts what was sent already.
    #[error("{0}")]
    Configuration(String),
    /// A rule says no.
    #[error("{0}")]
    Refused(String),
}

/// How often a decision is made anew when others change what it was made from.
pub(crate) const TRIES: usize = 5;

impl AppError {
    /// Others kept changing what a decision was made from.
    pub(crate) fn busy() -> Self {
        Self::Refused("other programs keep changing the editions: wait a moment and run the command again".to_owned())
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Self::File { path: path.into(), reason: error.to_string() }
    }
}

fn list(findings: &[Diagnostic]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
