//! The store: every backend's conformance, and what is particular to a `SQLite` file.

mod accounts;
mod conformance;
mod counts;
#[cfg(feature = "postgres")]
mod day_caps;
mod desk;
mod elsewhere;
#[cfg(feature = "postgres")]
mod erased_in_flight;
mod growth;
#[cfg(feature = "postgres")]
mod leases;
#[cfg(feature = "postgres")]
mod lost_answers;
mod migrations;
#[cfg(feature = "postgres")]
mod moving;
#[cfg(feature = "postgres")]
mod moving_together;
mod names;
mod older;
#[cfg(feature = "postgres")]
mod older_databases;
#[cfg(feature = "postgres")]
mod on_postgres;
mod opening;
#[cfg(feature = "postgres")]
mod pages;
mod random;
mod retention;
mod samples;
#[cfg(feature = "postgres")]
mod set_back;
mod snapshots;
#[cfg(feature = "postgres")]
mod together;
#[cfg(feature = "postgres")]
mod twins;
mod whole;

use std::path::Path;
use std::sync::Arc;

use fortnightly::domain::subscription::suppression::AddressHasher;
use fortnightly::store::Store;
use fortnightly::store::sqlite::SqliteStore;

fn hasher() -> AddressHasher {
    AddressHasher::new(&[7; 32])
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, hasher()).unwrap()
}

/// Opens handles to one fresh file, which is removed with the value.
fn file() -> impl Fn() -> Arc<dyn Store> + Sync {
    let folder = tempfile::tempdir().unwrap();
    move || -> Arc<dyn Store> { Arc::new(open(&folder.path().join("var/fortnightly.db"))) }
}

/// Opens one store in memory.
fn memory() -> impl Fn() -> Arc<dyn Store> + Sync {
    || -> Arc<dyn Store> { Arc::new(SqliteStore::in_memory(hasher()).unwrap()) }
}

mod in_a_file {
    use super::conformance::{conform_all, conform_shared};

    conform_all!(super::file());
    conform_shared!(super::file());
}

mod in_memory {
    use super::conformance::conform_all;

    conform_all!(super::memory());
}
