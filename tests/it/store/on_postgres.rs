//! What every backend must do, on a real `PostgreSQL`.

use std::sync::Arc;

use fortnightly::store::Store;
use fortnightly::store::postgres::PostgresStore;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::conformance::{conform_all, conform_shared};
use super::hasher;
use crate::support::postgres::fresh;

/// Opens handles to one fresh database.
fn database() -> impl Fn() -> Arc<dyn Store> + Sync {
    let settings = fresh().expect("PostgreSQL is installed where this is run");
    move || -> Arc<dyn Store> {
        let open = PostgresStore::open(&settings, hasher());
        Arc::new(block_in_place(|| Handle::current().block_on(open)).unwrap())
    }
}

conform_all!(database());
conform_shared!(database());
