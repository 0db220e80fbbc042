//! Which live process a claim belongs to: one that holds a lock which the kernel releases at its death.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::Connection;

use super::error::SqliteError;
use super::sql;
use crate::store::sqlite::side_files;

/// This store's side of its claims. Its lock file is made with the first claim.
pub(in crate::store::sqlite) struct ProcessLock {
    name: String,
    /// Where lock files lie; none for a store in memory, which nobody else can see.
    folder: Option<PathBuf>,
    lock: Mutex<Option<File>>,
}

impl ProcessLock {
    /// For the database at `path`: locks lie in `<path>.claims/`.
    pub(in crate::store::sqlite) fn beside(path: &Path) -> Result<Self, SqliteError> {
        let folder = side_files::beside(&path.canonicalize()?, ".claims");
        Ok(Self { name: random_name()?, folder: Some(folder), lock: Mutex::default() })
    }

    /// For a database in memory.
    pub(in crate::store::sqlite) fn in_memory() -> Self {
        Self { name: "memory".to_owned(), folder: None, lock: Mutex::default() }
    }

    /// The number of this claimant, which it gets with its first claim.
    pub(in crate::store::sqlite) fn register(&self, conn: &Connection) -> Result<i64, SqliteError> {
        // The lock first: a row that others can see always has a lock that they can try.
        self.hold()?;
        sql::run(conn, "INSERT INTO claimants (file) VALUES (?1) ON CONFLICT DO NOTHING", [&self.name])?;
        self.number(conn)
    }

    /// The number of this claimant, 0 (nobody's) before its first claim.
    pub(in crate::store::sqlite) fn number(&self, conn: &Connection) -> Result<i64, SqliteError> {
        let query = "SELECT id FROM claimants WHERE file = ?1";
        Ok(sql::row(conn, query, [&self.name], |row| Ok(row.get(0)?))?.unwrap_or(0))
    }

    /// Every registered claimant whose process is dead, with its file's name.
    pub(in crate::store::sqlite) fn dead(&self, conn: &Connection) -> Result<Vec<(i64, String)>, SqliteError> {
        let all = sql::rows(conn, "SELECT id, file FROM claimants", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut dead = Vec::new();
        for (id, name) in all {
            if !self.is_alive(&name)? {
                dead.push((id, name));
            }
        }
        Ok(dead)
    }

    fn is_alive(&self, name: &str) -> Result<bool, SqliteError> {
        let Some(folder) = &self.folder else { return Ok(true) };
        if name == self.name {
            return Ok(true);
        }
        // A name that we did not make must not lead out of the folder.
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(false);
        }
        match OpenOptions::new().read(true).write(true).open(folder.join(name)) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(error.into()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the lock files of claimants that are gone. What cannot be removed is litter, not harm.
    pub(in crate::store::sqlite) fn sweep(&self, names: &[String]) {
        if let Some(folder) = &self.folder {
            for name in names {
                let _ = fs::remove_file(folder.join(name));
            }
        }
    }

    /// At a clean end: if nothing is left in hand, nobody needs to look for this claimant.
    pub(in crate::store::sqlite) fn retire(&self, conn: &Connection) {
        let mut lock = self.lock.lock();
        if lock.is_none() {
            return;
        }
        let delete = "DELETE FROM claimants WHERE file = ?1
                      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE claim = claimants.id)";
        // If this fails, the next `recover` finds the lock free and does it.
        if sql::run(conn, delete, [&self.name]).is_ok_and(|gone| gone > 0) {
            self.sweep(std::slice::from_ref(&self.name));
        }
        *lock = None;
        if let Some(folder) = &self.folder {
            // Only succeeds when it is empty.
            let _ = fs::remove_dir(folder);
        }
    }

    fn hold(&self) -> Result<(), SqliteError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut lock = self.lock.lock();
        if lock.is_some() {
            return Ok(());
        }
        let file = match make(folder, &self.name) {
            // Another store that ended just then may have removed the empty folder.
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder, &self.name)?,
            made => made?,
        };
        file.try_lock().map_err(io::Error::from)?;
        *lock = Some(file);
        Ok(())
    }
}

fn make(folder: &Path, name: &str) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))
}

fn random_name() -> Result<String, SqliteError> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| SqliteError::Io(io::Error::other(error.to_string())))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
