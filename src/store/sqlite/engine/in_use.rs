//! Which stores this process has open, and which it looks at. A look closes files by itself, and whoever closes a file gives up
//! every lock of the process on it, `SQLite`'s among them (<https://sqlite.org/howtocorrupt.html>, §2.2): whoever closed the
//! store next would take it for his alone. So no process does both at once.

use std::io;
use std::path::Path;

use parking_lot::Mutex;

use super::error::SqliteError;
use super::identity::identify;

/// What is done to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) enum Use {
    /// It is open, to be read and written.
    Open,
    /// Its files are read beside `SQLite`, or without locks.
    Look,
}

/// Device and number of each file, as often as it is in use.
static IN_USE: Mutex<Vec<((u64, u64), Use)>> = Mutex::new(Vec::new());

/// A store that is in use until this is dropped; nothing where there was no file.
pub(in crate::store::sqlite) struct InUse(Option<((u64, u64), Use)>);

impl InUse {
    /// Notes the use of the store at `path`, before any file of it is opened.
    ///
    /// # Errors
    /// When this process uses it in the other way.
    pub(in crate::store::sqlite) fn note(path: &Path, how: Use) -> Result<Self, SqliteError> {
        let Some(file) = identify(path) else { return Ok(Self(None)) };
        let mut all = IN_USE.lock();
        if all.iter().any(|(other, other_use)| *other == file && *other_use != how) {
            let why = "this process has it open already, and one that looks at it would take away its locks";
            return Err(SqliteError::Io(io::Error::other(why)));
        }
        all.push((file, how));
        Ok(Self(Some((file, how))))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut all = IN_USE.lock();
        if let Some(at) = self.0.as_ref().and_then(|ours| all.iter().position(|one| one == ours)) {
            all.swap_remove(at);
        }
    }
}
