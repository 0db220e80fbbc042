//! Opens the store that several nodes share. A program that was built without the feature `postgres` says so.

#[cfg(feature = "postgres")]
mod with {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::app::AppError;
    use crate::app::epochs::EpochFile;
    use crate::config::{PostgresUrl, shorter_lease};
    use crate::domain::subscription::suppression::AddressHasher;
    use crate::ordinary_file;
    use crate::store::Store;
    use crate::store::moving::{NewStore, OldStore};
    use crate::store::postgres::{PostgresSettings, PostgresStore};

    /// How many connections to the database one process keeps at most.
    const CONNECTIONS: usize = 8;

    /// How long what a node had in hand stays its own after its last sign of life.
    const LEASE: Duration = Duration::from_secs(30);

    /// A way to the database.
    pub(in crate::app) struct Postgres(PostgresSettings);

    impl Postgres {
        /// A way to it for whoever has these keys.
        pub(in crate::app) fn at(url: &PostgresUrl, keys: &Path) -> Result<Self, AppError> {
            let read =
                |path: &std::path::PathBuf| ordinary_file::read(path).map_err(|error| AppError::file(path, &error));
            Ok(Self(PostgresSettings {
                hosts: url.hosts.clone(),
                user: url.user.clone(),
                database: url.database.clone(),
                password: url.password.clone(),
                tls: url.tls,
                ca_pem: url.ca_file.as_ref().map(read).transpose()?,
                connections: CONNECTIONS,
                lease: shorter_lease().unwrap_or(LEASE),
                memory: Some(Arc::new(EpochFile::beside(keys))),
            }))
        }

        /// Whether it has a store.
        pub(in crate::app) async fn exists(&self) -> Result<bool, AppError> {
            Ok(PostgresStore::exists(&self.0).await?)
        }

        /// The store.
        pub(in crate::app) async fn open(&self, hasher: AddressHasher) -> Result<Arc<dyn Store>, AppError> {
            Ok(Arc::new(PostgresStore::open(&self.0, hasher).await?))
        }

        /// One moment of the store.
        pub(in crate::app) async fn snapshot(&self, hasher: AddressHasher) -> Result<Arc<dyn Store>, AppError> {
            Ok(Arc::new(PostgresStore::snapshot(&self.0, hasher).await?))
        }

        /// Whether it may lose what it answered when another server takes its place.
        pub(in crate::app) async fn may_lose(&self) -> Result<bool, AppError> {
            Ok(PostgresStore::may_lose_at(&self.0).await?)
        }

        /// The store, to be moved away, or to be looked at before that.
        pub(in crate::app) async fn leave(&self, is_look: bool) -> Result<Box<dyn OldStore>, AppError> {
            let leave = if is_look {
                PostgresStore::look_at_what_moves(&self.0).await
            } else {
                PostgresStore::leave(&self.0).await
            };
            Ok(leave?)
        }

        /// The place for a store.
        pub(in crate::app) fn arrive(&self) -> Result<Box<dyn NewStore>, AppError> {
            Ok(PostgresStore::arrive(&self.0)?)
        }
    }
}

#[cfg(not(feature = "postgres"))]
#[allow(clippy::unused_async, reason = "as those with it are called")]
mod without {
    use std::path::Path;
    use std::sync::Arc;

    use crate::app::AppError;
    use crate::config::PostgresUrl;
    use crate::domain::subscription::suppression::AddressHasher;
    use crate::store::Store;
    use crate::store::moving::{NewStore, OldStore};

    /// There is no way to the database: [`Postgres::at`] never gives one.
    pub(in crate::app) enum Postgres {}

    impl Postgres {
        pub(in crate::app) fn at(_: &PostgresUrl, _: &Path) -> Result<Self, AppError> {
            Err(AppError::WithoutPostgres)
        }

        pub(in crate::app) async fn exists(&self) -> Result<bool, AppError> {
            match *self {}
        }

        pub(in crate::app) async fn open(&self, _: AddressHasher) -> Result<Arc<dyn Store>, AppError> {
            match *self {}
        }

        pub(in crate::app) async fn snapshot(&self, _: AddressHasher) -> Result<Arc<dyn Store>, AppError> {
            match *self {}
        }

        pub(in crate::app) async fn may_lose(&self) -> Result<bool, AppError> {
            match *self {}
        }

        pub(in crate::app) async fn leave(&self, _: bool) -> Result<Box<dyn OldStore>, AppError> {
            match *self {}
        }

        pub(in crate::app) fn arrive(&self) -> Result<Box<dyn NewStore>, AppError> {
            match *self {}
        }
    }
}

#[cfg(feature = "postgres")]
pub(super) use with::Postgres;
#[cfg(not(feature = "postgres"))]
pub(super) use without::Postgres;
