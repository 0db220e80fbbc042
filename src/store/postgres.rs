//! The store on `PostgreSQL`, shared by several nodes.
//!
//! Every verb is one transaction ([`engine::transaction::within`]). Whoever decides about the mailing list, or about editions,
//! holds a lock until it is committed, so that the rules of the domain see what they decide on; senders lock the rows that they
//! take, and nothing else.

mod engine;
mod maintenance;
mod tables;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::subscription::suppression::AddressHasher;
use crate::store::{Editions as _, StoreError};

pub use engine::settings::PostgresSettings;

use engine::keeper::{Keeper, look_for_losses};
use engine::layer::Layer;
use engine::lease::Lease;
use engine::listen::Listener;
use engine::pool::Database;
use engine::schema;
use engine::transaction::Source;
use tables::outbox::Questions;
use tables::outbox::memory::Memory;
use tables::outbox::replies::Words;

/// The store.
pub struct PostgresStore {
    source: Source,
    /// Our side of the claims.
    lease: Lease,
    /// What is remembered of what is in our hands, and of what is said of it.
    memory: Arc<Memory>,
    words: Words,
    /// Whether mails are wanted.
    questions: Questions,
    listener: Listener,
    /// What is remembered of the database beyond this process.
    _keeper: Keeper,
    hasher: AddressHasher,
    place: String,
    /// How many servers may be the one that takes writes.
    hosts: usize,
}

impl PostgresStore {
    /// Opens the store, making its tables where there are none and bringing older ones up to date.
    ///
    /// # Errors
    /// Returns `Unreachable`, `NotOurs`, `Newer` or `Moved`, or `Refused` when the keys are not the store's.
    pub async fn open(settings: &PostgresSettings, hasher: AddressHasher) -> Result<Self, StoreError> {
        let database = prepare(settings)?;
        let place = database.place().to_owned();
        schema::migrate(&database).await.map_err(|fault| fault.at(&place))?;
        let store = Self::over(Source::Shared(Arc::new(database)), settings, hasher, place).await?;
        // One that was moved away is only looked at.
        store.check_version().await?;
        Ok(store)
    }

    /// One moment of the store; an empty one where there is none. What is changed here is gone with the value.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::open`].
    pub async fn snapshot(settings: &PostgresSettings, hasher: AddressHasher) -> Result<Self, StoreError> {
        let database = prepare(settings)?;
        let place = database.place().to_owned();
        let open = Layer::begin(&database).await.map_err(|fault| fault.at(&place))?;
        let source = Source::Layer { database: Arc::new(database), open: Arc::new(Mutex::new(open)) };
        Self::over(source, settings, hasher, place).await
    }

    async fn over(
        source: Source,
        settings: &PostgresSettings,
        hasher: AddressHasher,
        place: String,
    ) -> Result<Self, StoreError> {
        let lease = Lease::new(source.clone(), settings.lease);
        let memory = Arc::<Memory>::default();
        let questions = Questions::new(source.clone(), Arc::clone(&memory));
        let (words, listener) = (Words::default(), Listener::new(source.clone()));
        let hosts = settings.hosts.len();
        // Before anything that is known from earlier is overtaken by what the database shows now.
        look_for_losses(&source).await?;
        let keeper = Keeper::new(&source);
        let store = Self { source, lease, memory, words, questions, listener, _keeper: keeper, hasher, place, hosts };
        store.check_keys().await?;
        Ok(store)
    }

    /// Whether the database has a store.
    ///
    /// # Errors
    /// Returns `Unreachable` when the database cannot be asked.
    pub async fn exists(settings: &PostgresSettings) -> Result<bool, StoreError> {
        let database = prepare(settings)?;
        schema::exists(&database).await.map_err(|fault| fault.at(database.place()))
    }
}

fn prepare(settings: &PostgresSettings) -> Result<Database, StoreError> {
    Database::new(settings).map_err(|fault| fault.at(&settings.place()))
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresStore").field(&self.place).finish()
    }
}
