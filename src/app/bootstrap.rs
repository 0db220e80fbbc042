//! Opens what use cases are built from: for real work, or on one moment of the store that is looked at and left untouched.

use std::sync::Arc;

use super::context::{Content, Loaded};
use super::error::AnchorError;
use super::pictures::{self, PictureBook};
use super::postgres::Postgres;
use super::{AppContext, AppError, keyring, leftovers};
use crate::clock::Clock;
use crate::config::{Config, StoreUrl};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::domain::refusal::Refusal;
use crate::library;
use crate::render::Templates;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError, StoreMeta};

/// Reads library and templates.
///
/// # Errors
/// Every finding of both, when at least one is an error.
pub fn content(config: &Config) -> Result<Content, Vec<Diagnostic>> {
    let activities = config.folder.join("activities");
    let (library, mut findings) = library::load(&activities, &config.bands, config.service.nation);
    let templates = Templates::load(&config.folder.join("templates"));
    match (library, templates) {
        (Some(library), Ok(templates)) if !findings.iter().any(Diagnostic::is_error) => {
            findings.extend(templates.warnings.iter().cloned());
            let pictures = PictureBook::new(config);
            findings.extend(pictures.lost_logo(true).map(|lost| pictures::bad_logo(config, &lost)));
            let (library, templates) = (Arc::new(library), Arc::new(templates));
            Ok(Content { library, templates, pictures: Arc::new(pictures), warnings: findings })
        }
        (_, templates) => {
            findings.extend(templates.err().unwrap_or_default());
            Err(findings)
        }
    }
}

/// Library and templates if they can be read, and else why not: for what can do without them.
pub fn loaded(config: &Config) -> Loaded {
    content(config).map_or_else(Loaded::WithoutContent, Loaded::Whole)
}

/// Everything, for real work.
pub async fn open_whole(config: Config, clock: Clock) -> Result<(AppContext, Content), AppError> {
    let content = content(&config).map_err(AppError::Findings)?;
    Ok((open(config, clock).await?, content))
}

/// Everything, on one moment of the store: nothing that is done with it lasts (invariant 8).
pub async fn open_whole_copy(config: Config, clock: Clock) -> Result<(AppContext, Content), AppError> {
    let content = content(&config).map_err(AppError::Findings)?;
    Ok((open_copy(config, clock).await?, content))
}

/// Opens the store for changes, making it and the key file when they are missing.
///
/// # Errors
/// When store or key file cannot be used, or the anchor changed after something was sent.
pub async fn open(config: Config, clock: Clock) -> Result<AppContext, AppError> {
    let context = open_undated(config, clock).await?;
    begin(&context).await?;
    Ok(context)
}

/// As [`open`], without a look at the calendar: for what must work whatever the schedule says.
pub async fn open_undated(config: Config, clock: Clock) -> Result<AppContext, AppError> {
    leftovers::remove(&config);
    let keys = &config.web.secret_file;
    let (keyring, store): (_, Arc<dyn Store>) = match &config.store {
        StoreUrl::Sqlite(path) => {
            let keyring = keyring::load_or_make(keys, SqliteStore::exists(path)?)?;
            let store = SqliteStore::open(path, keyring.address_hasher())?;
            (keyring, Arc::new(store))
        }
        StoreUrl::Postgres(url) => {
            let postgres = Postgres::at(url, keys)?;
            let exists = postgres.exists().await?;
            let keyring = keyring::load_or_make(keys, exists).map_err(|error| keyring::shared(error, keys))?;
            let store = postgres.open(keyring.address_hasher()).await.map_err(|error| keyring::shared(error, keys))?;
            let known = store.check_signing_keys(&keyring.prints()).await;
            known.map_err(|error| keyring::shared(error.into(), keys))?;
            (keyring, store)
        }
    };
    Ok(AppContext { store, keyring: Arc::new(keyring), sign_on: Arc::default(), config: Arc::new(config), clock })
}

/// Opens one moment of the store; what is changed there is gone at the end, and a missing store counts as empty. Its tokens are honoured by no server.
///
/// # Errors
/// When store or key file cannot be read, or the anchor changed after something was sent.
pub async fn open_copy(config: Config, clock: Clock) -> Result<AppContext, AppError> {
    let context = open_copy_undated(config, clock).await?;
    begin(&context).await?;
    Ok(context)
}

/// As [`open_copy`], without a look at the calendar.
pub async fn open_copy_undated(config: Config, clock: Clock) -> Result<AppContext, AppError> {
    let keys = &config.web.secret_file;
    let (keyring, store): (_, Arc<dyn Store>) = match &config.store {
        StoreUrl::Sqlite(path) => {
            let keyring = keyring::throwaway(keys, SqliteStore::exists(path)?)?;
            let store = SqliteStore::snapshot(path, keyring.address_hasher())?;
            (keyring, Arc::new(store))
        }
        StoreUrl::Postgres(url) => {
            let postgres = Postgres::at(url, keys)?;
            let exists = postgres.exists().await?;
            let keyring = keyring::throwaway(keys, exists).map_err(|error| keyring::shared(error, keys))?;
            let store =
                postgres.snapshot(keyring.address_hasher()).await.map_err(|error| keyring::shared(error, keys))?;
            (keyring, store)
        }
    };
    Ok(AppContext { store, keyring: Arc::new(keyring), sign_on: Arc::default(), config: Arc::new(config), clock })
}

/// Lets the store remember the anchor and the fortnight in which it began, or checks that they are the same as ever.
pub(super) async fn begin(context: &AppContext) -> Result<(), AppError> {
    let (config, now) = (&context.config, context.clock.now());
    let meta =
        StoreMeta { anchor: config.schedule.anchor, first: config.schedule.fortnight_at(now).max(EditionNumber(1)) };
    context.store.begin(meta, now).await.map(drop).map_err(|error| match error {
        StoreError::Refused(Refusal::AnchorChanged { began, wished }) => {
            let place = config.anchor_place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            AnchorError { place: format!("{}{place}", config.file.display()), began, wished }.into()
        }
        other => other.into(),
    })
}
