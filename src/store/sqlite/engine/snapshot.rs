//! A store to look at and to change in private (invariant 8): its own file under a [layer], and where that cannot be, a
//! copy in memory.
//!
//! The copy takes no lock and makes no file, here or elsewhere: on the disk it would be one more place where addresses lie. A
//! live writer is noticed afterwards, and the copy made again.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::connect;
use super::error::SqliteError;
use super::layer::{self, Guard};
use super::{image, schema};
use crate::ordinary_file;
use crate::store::sqlite::side_files::beside;

/// How often it is tried to do without a copy.
const LAYERS: u32 = 5;
/// How often a copy is made again because the store changed meanwhile.
const TRIES: u32 = 20;
/// A WAL header: its salts change whenever the WAL starts over (<https://sqlite.org/fileformat2.html#walformat>).
const WAL_HEADER: usize = 32;

/// The database at `path`, at the newest schema; an empty one when there is no file. With a guard it is a layer over the
/// file, in a transaction that is never committed; without one it is in memory.
pub(in crate::store::sqlite) fn take(path: &Path) -> Result<(Connection, Option<Guard>), SqliteError> {
    connect::ordinary_or_missing(path)?;
    // Side files lie beside the real file, not beside a link to it.
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((connect::memory()?, None)),
        Err(error) => return Err(unreadable(&error)),
    };
    for _ in 0..LAYERS {
        if let Some(layer) = layer::open(&path)? {
            schema::migrate_here(&layer.conn)?;
            return Ok((layer.conn, Some(layer.guard)));
        }
    }
    for _ in 0..TRIES {
        if let Some(mut copy) = try_once(&path)? {
            schema::version_seen(&copy)?;
            connect::adopt(&mut copy)?;
            return Ok((copy, None));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(kept_changing())
}

/// What was read may be of more than one moment.
pub(in crate::store::sqlite) fn kept_changing() -> SqliteError {
    SqliteError::Io(io::Error::other("it kept changing while it was being read: try again"))
}

/// One copy, or `None` when the store changed under it in a way that may have torn it.
fn try_once(path: &Path) -> Result<Option<Connection>, SqliteError> {
    let before = Sight::of(path)?;
    let copied = copy(path);
    if Sight::of(path)?.vouches_for(&before) { copied.map(Some) } else { Ok(None) }
}

/// What tells whether a copy that was made meanwhile is whole.
#[derive(PartialEq, Eq)]
struct Sight {
    wal: Vec<u8>,
    journal: bool,
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Sight {
    fn of(path: &Path) -> Result<Self, SqliteError> {
        let meta = fs::metadata(path).map_err(|error| unreadable(&error))?;
        let journal = fs::metadata(beside(path, "-journal")).is_ok_and(|meta| meta.len() > 0);
        let wal = read(&beside(path, "-wal"), WAL_HEADER)?;
        Ok(Self { wal, journal, modified: meta.modified().ok(), bytes: meta.len() })
    }

    /// Everything is in the main file.
    fn is_quiet(&self) -> bool {
        self.wal.is_empty() && !self.journal
    }

    /// Without a WAL the main file must not have changed. With one it may have (a checkpoint), as long as the WAL did
    /// not start over: then the WAL, copied last, holds every page that was moved.
    fn vouches_for(&self, before: &Self) -> bool {
        if before.is_quiet() || before.journal { self == before } else { self.wal == before.wal }
    }
}

/// The main file first and the log last: whatever a checkpoint moves meanwhile is in both.
fn copy(path: &Path) -> Result<Connection, SqliteError> {
    let read = |suffix: &str| read(&beside(path, suffix), usize::MAX);
    let (main, journal, wal) = (read("")?, read("-journal")?, read("-wal")?);
    if main.is_empty() {
        return Ok(Connection::open_in_memory()?);
    }
    let image = image::assemble(main, &journal, &wal)?;
    let mut source = Connection::open_in_memory()?;
    source.deserialize_read_exact(rusqlite::MAIN_DB, image.as_slice(), image.len(), true)?;
    drop(image);
    // What was read may not grow beyond a gigabyte (SQLITE_CONFIG_MEMDB_MAXSIZE); a copy may.
    let mut copy = Connection::open_in_memory()?;
    Backup::new(&source, &mut copy)?.run_to_completion(4096, Duration::ZERO, None)?;
    Ok(copy)
}

/// The first bytes of an ordinary file; nothing where there is none.
fn read(path: &Path, most: usize) -> Result<Vec<u8>, SqliteError> {
    let mut found = Vec::new();
    match ordinary_file::open(path).and_then(|file| file.take(most as u64).read_to_end(&mut found)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unreadable(&error)),
        _ => Ok(found),
    }
}

fn unreadable(error: &io::Error) -> SqliteError {
    SqliteError::Io(io::Error::other(format!("it cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_counts_only_if_nothing_could_have_torn_it() {
        let sight = |wal: &[u8], bytes| Sight { wal: wal.to_vec(), journal: false, modified: None, bytes };
        assert!(sight(b"", 1).vouches_for(&sight(b"", 1)));
        assert!(!sight(b"", 2).vouches_for(&sight(b"", 1)), "written while it was copied alone");
        assert!(!sight(b"salt", 1).vouches_for(&sight(b"", 1)), "a writer came");
        assert!(sight(b"salt", 2).vouches_for(&sight(b"salt", 1)), "a checkpoint: the WAL holds it too");
        assert!(!sight(b"other", 1).vouches_for(&sight(b"salt", 1)), "the WAL started over");
        assert!(!sight(b"", 1).vouches_for(&sight(b"salt", 1)), "the writer closed");
    }
}
