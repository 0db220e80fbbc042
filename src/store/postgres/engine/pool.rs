//! The way to the database: a few connections that are kept.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, PoolError, Timeouts};

use super::connect::{Connection, Connector, Words};
use super::error::PostgresError;
use super::known::Known;
use super::settings::PostgresSettings;
use super::trace::FreeRows;

/// How long is waited for a connection while others use all of them.
const TURN: Duration = Duration::from_secs(30);

/// A connection that goes back to the others when it is dropped.
pub(in crate::store::postgres) type Pooled = managed::Object<Connector>;

/// The database and the connections to it.
pub(in crate::store::postgres) struct Database {
    pool: managed::Pool<Connector>,
    free_rows: Arc<FreeRows>,
    known: Arc<Known>,
    place: String,
    lease: Duration,
}

impl Database {
    /// Prepares the way; nothing is connected yet. Its connections last as long as the runtime in which it is called.
    pub(in crate::store::postgres) fn new(settings: &PostgresSettings) -> Result<Self, PostgresError> {
        // A connection that is made takes its time with each host.
        let known = Arc::new(Known::from(settings.memory.clone()));
        let timeouts = Timeouts { wait: Some(TURN), create: None, recycle: None };
        let pool = managed::Pool::builder(Connector::new(settings)?).max_size(settings.connections);
        let pool = pool.timeouts(timeouts).runtime(Runtime::Tokio1).build();
        let pool = pool.map_err(|error| PostgresError::Unreachable(error.to_string()))?;
        Ok(Self { pool, free_rows: Arc::default(), known, place: settings.place(), lease: settings.lease })
    }

    /// Where it is, without the password.
    pub(in crate::store::postgres) fn place(&self) -> &str {
        &self.place
    }

    /// How long a node that gives no sign of life keeps what it has in hand.
    pub(super) fn lease(&self) -> Duration {
        self.lease
    }

    /// What is known of how far it has come.
    pub(in crate::store::postgres) fn known(&self) -> &Arc<Known> {
        &self.known
    }

    /// Where transactions leave their traces.
    pub(super) fn free_rows(&self) -> &Arc<FreeRows> {
        &self.free_rows
    }

    /// A connection that is in no pool, to the host that takes writes now; what is told over it goes to `words`.
    pub(super) async fn listening(&self, words: Words) -> Result<Connection, PostgresError> {
        self.pool.manager().connect_somewhere(Some(words)).await
    }

    /// A connection to the host that takes writes now.
    pub(in crate::store::postgres) async fn connection(&self) -> Result<Pooled, PostgresError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(_) => PostgresError::Unreachable("no connection is to be had in time".to_owned()),
            _ => PostgresError::Unreachable("the program is ending".to_owned()),
        })
    }

    /// Takes note of what went wrong: the other connections may lead to the same host that does not answer, or takes no writes.
    pub(super) fn note(&self, error: &PostgresError) {
        if error.is_of_host() {
            self.pool.manager().distrust();
        }
    }
}

/// One that is not used again: the server takes back what was begun.
pub(super) fn discard(connection: Pooled) {
    drop::<Connection>(Pooled::take(connection));
}
