//! A private copy of a database in memory, for commands that must leave no trace (invariant 8).
//!
//! It takes no lock and makes no file beside the store: a live writer is noticed afterwards, and the copy made again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::connect;
use super::error::SqliteError;
use super::schema;

/// How often a copy is made again because the store changed meanwhile.
const TRIES: u32 = 20;
/// A WAL header: its salts change whenever the WAL starts over (<https://sqlite.org/fileformat2.html#walformat>).
const WAL_HEADER: usize = 32;

/// The database at `path` in memory, at the newest schema; an empty one when there is no file.
pub(in crate::store::sqlite) fn take(path: &Path) -> Result<Connection, SqliteError> {
    if path.is_dir() {
        return Err(SqliteError::NotOurs("it is a folder".to_owned()));
    }
    // Side files lie beside the real file, not beside a link to it.
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return connect::memory(),
        Err(error) => return Err(unreadable(&error)),
    };
    for _ in 0..TRIES {
        if let Some(mut copy) = try_once(&path)? {
            schema::version_seen(&copy)?;
            connect::adopt(&mut copy)?;
            return Ok(copy);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(SqliteError::Io(io::Error::other("it kept changing while it was being read: try again")))
}

/// One copy, or `None` when the store changed under it in a way that may have torn it.
fn try_once(path: &Path) -> Result<Option<Connection>, SqliteError> {
    let before = Sight::of(path)?;
    let copied = if before.is_quiet() { whole(path) } else { pieces(path) };
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
        let meta = fs::metadata(path).map_err(|e| unreadable(&e))?;
        let journal = fs::metadata(beside(path, "-journal")).is_ok_and(|meta| meta.len() > 0);
        let wal = header(&beside(path, "-wal"))?;
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

fn header(wal: &Path) -> Result<Vec<u8>, SqliteError> {
    let mut found = Vec::new();
    match File::open(wal) {
        Ok(file) => file.take(WAL_HEADER as u64).read_to_end(&mut found).map(|_| found).map_err(|e| unreadable(&e)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(found),
        Err(error) => Err(unreadable(&error)),
    }
}

/// Reads the main file as it is: `immutable` takes no locks and looks for no side files.
fn whole(path: &Path) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(format!("file:{}?mode=ro&immutable=1", escaped(path)), flags)?;
    into_memory(&source)
}

/// Copies main file, then journals, to a private folder, and lets `SQLite` put them together there.
fn pieces(path: &Path) -> Result<Connection, SqliteError> {
    let folder = tempfile::Builder::new().prefix("fortnightly-").tempdir()?;
    let main = folder.path().join("copy.db");
    // Not fs::copy: it would copy the mode as well, which may be read-only.
    let copy = |from: &Path, to: &Path| -> Result<(), SqliteError> {
        match File::open(from) {
            Ok(mut from) => Ok(io::copy(&mut from, &mut File::create(to)?).map(drop)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(unreadable(&error)),
        }
    };
    copy(path, &main)?;
    copy(&beside(path, "-journal"), &beside(&main, "-journal"))?;
    copy(&beside(path, "-wal"), &beside(&main, "-wal"))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    into_memory(&Connection::open_with_flags(&main, flags)?)
}

fn into_memory(source: &Connection) -> Result<Connection, SqliteError> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(source, &mut copy)?.run_to_completion(4096, Duration::ZERO, None)?;
    Ok(copy)
}

/// The path with what a URI would take for syntax escaped (<https://sqlite.org/uri.html>).
fn escaped(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut out, &byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String does not fail");
        }
        out
    })
}

/// `x.db` → `x.db-wal`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn unreadable(error: &io::Error) -> SqliteError {
    SqliteError::Io(io::Error::other(format!("it cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_path_becomes_syntax() {
        assert_eq!(escaped(Path::new("/a b/c?mode=rw#d%20.db")), "/a%20b/c%3Fmode%3Drw%23d%2520.db");
        assert_eq!(escaped(Path::new("/é")), "/%C3%A9");
    }

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
