//! The store in one `SQLite` file (or in memory): opening it, and the threads that own its connections.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::{StoreError, acting};
use crate::domain::subscription::suppression::AddressHasher;
use engine::connect::{self, PATIENCE};
use engine::db_thread::{DbThread, Mode};
use engine::error::SqliteError;
use engine::identity::Identity;
use engine::in_use::{InUse, Use};
use engine::inline_reader::InlineReader;
use engine::layer::{Guard, Log};
use engine::process_lock::ProcessLock;
use engine::{moved, snapshot};
use tables::meta;

mod engine;
pub mod maintenance;
pub mod side_files;
mod tables;
#[cfg(test)]
mod tests;

/// A store in one `SQLite` file. One thread writes, two others read; all end when it is dropped.
pub struct SqliteStore {
    // Dropped first: whoever closes last tidies up the side files, and only the writer can.
    reader: Option<DbThread>,
    inline_reader: Option<InlineReader>,
    writer: DbThread,
    process_lock: Arc<ProcessLock>,
    hasher: AddressHasher,
    place: String,
    /// Its file, unless it is in memory.
    file: Option<PathBuf>,
    /// Of a snapshot that lies over the file: what must stay as it was.
    log: Option<Log>,
    /// Dropped last: by then the files are closed.
    in_use: Option<InUse>,
}

impl SqliteStore {
    /// Opens the store at `path`. Creates folder and file (mode 0600) where missing, and brings an older schema up to
    /// date; several processes may do so at once. Blocks: call it before the runtime is busy.
    ///
    /// # Errors
    /// Returns `Locked` after 5 seconds, `ReadOnly`, `Newer`, `NotOurs`, `Full`, or `Moved`, all before anything is written.
    pub fn open(path: &Path, hasher: AddressHasher) -> Result<Self, StoreError> {
        Self::open_patiently(path, hasher, PATIENCE)
    }

    /// [`Self::open`], waiting for as long as `patience` for locks, now and later.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::open`].
    pub fn open_patiently(path: &Path, hasher: AddressHasher, patience: Duration) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let build = || -> Result<Self, SqliteError> {
            connect::create(path)?;
            let in_use = InUse::note(path, Use::Open)?;
            let conn = connect::writer(path, patience)?;
            moved::refuse_changes(&conn)?;
            let reading = [connect::reader(path, patience)?, connect::reader(path, patience)?];
            let process_lock = Arc::new(ProcessLock::beside(path)?);
            let mut store = Self::around(conn, process_lock, hasher, place.clone(), Some(Identity::of(path)?))?;
            (store.file, store.in_use) = (Some(path.to_owned()), Some(in_use));
            store.inline_reader = Some(InlineReader::new(connect::reader(path, patience)?));
            store.reader = Some(DbThread::readers(reading, &place)?);
            Ok(store)
        };
        build().map_err(|fault| fault.at(&place))
    }

    /// One moment of the store at `path`, at the newest schema; an empty store when there is no file. The file and its
    /// journal stay as they are, and what is changed here is gone with the value. Only pages that are changed cost memory,
    /// unless the store cannot be read in place; then all of it is copied there.
    ///
    /// # Errors
    /// Returns `Newer` or `NotOurs`, or `Backend` when the file cannot be read, or this process has the store open.
    pub fn snapshot(path: &Path, hasher: AddressHasher) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let build = || -> Result<Self, SqliteError> {
            let lock = Arc::new(ProcessLock::in_memory());
            let in_use = InUse::note(path, Use::Look)?;
            let taken = snapshot::take(path)?;
            moved::refuse_looks(&taken.0)?;
            let mut store = match taken {
                (conn, None) => Self::around(conn, lock, hasher, place.clone(), None)?,
                (conn, Some(guard)) => Self::over(conn, guard, lock, hasher, place.clone())?,
            };
            store.in_use = Some(in_use);
            Ok(store)
        };
        build().map_err(|fault| fault.at(&place))
    }

    /// Whether there is a file at `path`.
    ///
    /// # Errors
    /// Returns `NotOurs` when there is something else.
    pub fn exists(path: &Path) -> Result<bool, StoreError> {
        connect::ordinary_or_missing(path).map_err(|fault| fault.at(&path.display().to_string()))?;
        Ok(path.exists())
    }

    /// An empty store in memory.
    ///
    /// # Errors
    /// Returns `Backend` when there is no memory or no thread to be had.
    pub fn in_memory(hasher: AddressHasher) -> Result<Self, StoreError> {
        let place = "in memory".to_owned();
        connect::memory()
            .and_then(|conn| Self::around(conn, Arc::new(ProcessLock::in_memory()), hasher, place.clone(), None))
            .map_err(|fault| fault.at(&place))
    }

    fn around(
        conn: Connection,
        process_lock: Arc<ProcessLock>,
        hasher: AddressHasher,
        place: String,
        identity: Option<Identity>,
    ) -> Result<Self, SqliteError> {
        meta::check_keys(&conn, &hasher)?;
        let retiring = Arc::clone(&process_lock);
        let writer = DbThread::start(Mode::Write, conn, &place, identity, move |conn| retiring.retire(conn))?;
        Ok(Self::with(writer, process_lock, hasher, place))
    }

    fn over(
        conn: Connection,
        guard: Guard,
        process_lock: Arc<ProcessLock>,
        hasher: AddressHasher,
        place: String,
    ) -> Result<Self, SqliteError> {
        meta::check_keys(&conn, &hasher)?;
        let log = Some(guard.log.clone());
        let writer = DbThread::start(Mode::Within, conn, &place, None, move |_| drop(guard))?;
        let mut store = Self::with(writer, process_lock, hasher, place);
        store.log = log;
        Ok(store)
    }

    fn with(writer: DbThread, process_lock: Arc<ProcessLock>, hasher: AddressHasher, place: String) -> Self {
        Self {
            reader: None,
            inline_reader: None,
            writer,
            process_lock,
            hasher,
            place,
            file: None,
            log: None,
            in_use: None,
        }
    }

    /// Runs `work` in a write transaction, and answers once it is durable.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    {
        let person = acting::person();
        let work = move |conn: &Connection| acting::on_behalf_of(person, || work(conn));
        let Some(log) = self.log.clone() else { return self.writer.ask(work).await };
        let work = move |conn: &Connection| {
            let answer = work(conn);
            if log.is_as_it_was() { answer } else { Err(snapshot::kept_changing()) }
        };
        self.writer.ask(work).await
    }

    /// Runs `work` on one consistent view. In memory there is only one connection, so it waits its turn there.
    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    {
        match &self.reader {
            Some(reader) => reader.ask(work).await,
            None => self.write(work).await,
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.place).finish()
    }
}
