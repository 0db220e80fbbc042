//! Whether a database is still what was opened. What is written to a file without a name is lost, however durable it is, and
//! what is written by the rules of another version is wrong.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::SqliteError;
use super::schema;
use crate::store::sqlite::side_files::beside;

/// Device and number of a database's file and of its journal, by their names.
pub(in crate::store::sqlite) struct Identity(Vec<(PathBuf, (u64, u64))>);

impl Identity {
    /// The database at `path`, which is open.
    pub(in crate::store::sqlite) fn of(path: &Path) -> io::Result<Self> {
        // Side files lie beside the real file, not beside a link to it.
        let files = [path.to_owned(), beside(&path.canonicalize()?, "-wal")];
        Ok(Self(files.into_iter().filter_map(|file| identify(&file).map(|id| (file, id))).collect()))
    }

    /// Refuses when a name leads elsewhere, or nowhere, and when the schema is not ours any more; in a write transaction.
    pub(super) fn check(&self, conn: &Connection) -> Result<(), SqliteError> {
        let is_same = self.0.iter().all(|(file, id)| identify(file).as_ref() == Some(id));
        if is_same { schema::check_known(conn) } else { Err(SqliteError::Gone) }
    }
}

/// Device and number of a file, if there is one.
pub(super) fn identify(file: &Path) -> Option<(u64, u64)> {
    fs::metadata(file).ok().map(|about| (about.dev(), about.ino()))
}
