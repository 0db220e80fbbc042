//! Whether the files that a connection has open are still those that their names lead to. What is written to a file without
//! a name is lost, however durable it is.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::SqliteError;
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

    /// Refuses when a name leads elsewhere, or nowhere.
    pub(super) fn check(&self) -> Result<(), SqliteError> {
        let is_same = self.0.iter().all(|(file, id)| identify(file).as_ref() == Some(id));
        if is_same { Ok(()) } else { Err(SqliteError::Gone) }
    }
}

fn identify(file: &Path) -> Option<(u64, u64)> {
    fs::metadata(file).ok().map(|about| (about.dev(), about.ino()))
}
