//! Brings the parts together: for real work, or on a private copy that leaves the store untouched.

use std::sync::Arc;

use super::{AppError, Service, keyring};
use crate::clock::Clock;
use crate::config::{Config, Nation, StoreUrl};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::domain::token::Keyring;
use crate::library::{self, Library};
use crate::render::Templates;
use crate::store::sqlite::SqliteStore;
use crate::store::{Facts, Store, StoreError};

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

/// A store, and the keys that its tokens are signed with.
pub type Opened = (Arc<dyn Store>, Arc<Keyring>);

/// Reads library and templates.
///
/// # Errors
/// Every finding of both, when at least one is an error.
pub fn material(config: &Config) -> Result<Content, Vec<Diagnostic>> {
    let nation = config.service.nation;
    let (library, mut findings) =
        library::load(&config.folder.join("activities"), &config.bands, Nation::as_str(nation));
    let templates = Templates::load(&config.folder.join("templates"));
    match (library, templates) {
        (Some(library), Ok(templates)) if !findings.iter().any(Diagnostic::is_error) => {
            Ok(Content { library: Arc::new(library), templates: Arc::new(templates), warnings: findings })
        }
        (_, templates) => {
            findings.extend(templates.err().unwrap_or_default());
            Err(findings)
        }
    }
}

/// Opens the store for changes, making it and the key file when they are missing.
///
/// # Errors
/// When store or key file cannot be used, or the anchor changed after something was sent.
pub async fn store(config: &Config, clock: Clock) -> Result<Opened, AppError> {
    let (store, keyring) = bare_store(config)?;
    begin(store.as_ref(), config, clock).await?;
    Ok((store, keyring))
}

/// As [`store`], without a look at the calendar: for what must work whatever the schedule says.
///
/// # Errors
/// When store or key file cannot be used.
pub fn bare_store(config: &Config) -> Result<Opened, AppError> {
    let StoreUrl::Sqlite(path) = &config.store;
    let keyring = keyring::load_or_make(&config.web.secret_file, path.exists())?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, keyring.address_hasher())?);
    Ok((store, Arc::new(keyring)))
}

/// A private copy of the store, in memory; a missing one counts as empty. Its tokens are honoured by no server.
///
/// # Errors
/// When store or key file cannot be read, or the anchor changed after something was sent.
pub async fn copy(config: &Config, clock: Clock) -> Result<Opened, AppError> {
    let (store, keyring) = bare_copy(config)?;
    begin(store.as_ref(), config, clock).await?;
    Ok((store, keyring))
}

/// As [`copy`], without a look at the calendar.
///
/// # Errors
/// When store or key file cannot be read.
pub fn bare_copy(config: &Config) -> Result<Opened, AppError> {
    let StoreUrl::Sqlite(path) = &config.store;
    let keyring = keyring::throwaway(&config.web.secret_file, path.exists())?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::snapshot(path, keyring.address_hasher())?);
    Ok((store, Arc::new(keyring)))
}

pub(super) async fn begin(store: &dyn Store, config: &Config, clock: Clock) -> Result<(), AppError> {
    let now = clock.now();
    let facts =
        Facts { anchor: config.schedule.anchor, first: config.schedule.fortnight_at(now).max(EditionNumber(1)) };
    store.begin(facts, now).await.map(|_| ()).map_err(|error| match error {
        StoreError::Refused(reason) => {
            let place = config.anchor_place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            AppError::Configuration(format!("{}{place}: schedule.anchor: {reason}", config.file.display()))
        }
        other => other.into(),
    })
}

impl Service {
    /// Everything, for real work.
    ///
    /// # Errors
    /// See [`material`] and [`store`].
    pub async fn open(config: Config, clock: Clock) -> Result<Self, AppError> {
        let material = material(&config).map_err(AppError::Findings)?;
        let (store, keyring) = store(&config, clock).await?;
        Ok(Self::assemble(config, clock, material, store, keyring))
    }

    /// Everything, on a private copy of the store: nothing that is done with it lasts (invariant 8).
    ///
    /// # Errors
    /// See [`material`] and [`copy`].
    pub async fn open_copy(config: Config, clock: Clock) -> Result<Self, AppError> {
        let material = material(&config).map_err(AppError::Findings)?;
        let (store, keyring) = copy(&config, clock).await?;
        Ok(Self::assemble(config, clock, material, store, keyring))
    }

    /// Everything but library and templates: enough to look, to subscribe, and to finish what was published.
    ///
    /// # Errors
    /// See [`store`].
    pub async fn open_bare(config: Config, clock: Clock) -> Result<Self, AppError> {
        let (store, keyring) = store(&config, clock).await?;
        Ok(Self { config: Arc::new(config), material: None, store, keyring, clock })
    }

    /// As [`Service::open_bare`], on a private copy of the store.
    ///
    /// # Errors
    /// See [`copy`].
    pub async fn open_bare_copy(config: Config, clock: Clock) -> Result<Self, AppError> {
        let (store, keyring) = copy(&config, clock).await?;
        Ok(Self { config: Arc::new(config), material: None, store, keyring, clock })
    }

    fn assemble(config: Config, clock: Clock, material: Content, store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { config: Arc::new(config), material: Some(material), store, keyring, clock }
    }

    /// Library and templates.
    pub(super) fn content(&self) -> Result<&Content, AppError> {
        self.material.as_ref().ok_or_else(|| AppError::Refused("library and templates were not read".into()))
    }

    /// The library.
    pub(super) fn library(&self) -> Result<&Library, AppError> {
        Ok(&self.content()?.library)
    }
}
