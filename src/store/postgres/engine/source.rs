//! Where transactions come from: the connections that a process shares, or one transaction in which it looks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::error::PostgresError;
use super::known::Known;
use super::layer::Layer;
use super::pool::Database;

/// A server that says nothing for half a lease is given up, but not within so short a time.
const SHORTEST: Duration = Duration::from_secs(2);

/// Where transactions come from.
#[derive(Clone)]
pub(in crate::store::postgres) enum Source {
    /// Connections that others use, too.
    Shared(Arc<Database>),
    /// One transaction that is never committed: what is changed in it is gone with it.
    Layer { database: Arc<Database>, open: Arc<Mutex<Layer>> },
}

impl Source {
    pub(super) fn database(&self) -> &Database {
        match self {
            Self::Shared(database) | Self::Layer { database, .. } => database,
        }
    }

    /// Where it is, as messages name it.
    pub(in crate::store::postgres) fn place(&self) -> &str {
        self.database().place()
    }

    /// What is known of how far it has come.
    pub(in crate::store::postgres) fn known(&self) -> &Arc<Known> {
        self.database().known()
    }

    /// What this process left does not count any more.
    pub(in crate::store::postgres) fn forget_traces(&self) {
        self.database().free_rows().forget();
    }

    /// How many losses of the database this process has dealt with.
    pub(in crate::store::postgres) fn losses(&self) -> u64 {
        self.database().free_rows().losses()
    }

    /// Whether what is done with it lasts.
    pub(in crate::store::postgres) fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// How long a server may take for what is done at once.
    pub(in crate::store::postgres) fn brief(&self) -> Duration {
        (self.database().lease() / 2).max(SHORTEST)
    }

    /// Takes note of what went wrong.
    pub(super) fn note(&self, error: &PostgresError) {
        self.database().note(error);
    }
}
