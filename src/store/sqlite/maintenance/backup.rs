//! A consistent copy of the store in one file, and a store made from such a copy.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};

use crate::domain::subscription::suppression::AddressHasher;
use crate::ordinary_file;
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::in_use::{InUse, Use};
use crate::store::sqlite::engine::layer::log_header;
use crate::store::sqlite::engine::{connect, moved, schema, sql};
use crate::store::sqlite::side_files::{SIDES, beside};
use crate::store::sqlite::tables::{meta, restored};

/// What a backup has that a store has not: its moment, and the key file.
const MADE: &str = "backup_made";
const KEYS: &str = "backup_keys";

/// How long a copy waits for locks.
const PATIENCE: Duration = Duration::from_secs(30);

/// What belongs to a backup that was read.
#[derive(Debug)]
pub struct BackupContent {
    /// The key file.
    pub keys: String,
    /// When the backup was made.
    pub made: DateTime<Utc>,
}

/// A store that was put aside, locked against everyone until this is dropped.
pub struct PutAside(Option<Connection>);

impl PutAside {
    /// Whether there was a store.
    pub fn was_there(&self) -> bool {
        self.0.is_some()
    }
}

impl SqliteStore {
    /// Writes a copy of the store at `from`, with `keys`, into the empty file `to`: whole and checked, or not at all. Others
    /// may write to the store meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read, does not belong to the keys, or the copy cannot be written.
    pub fn back_up(
        from: &Path,
        to: &Path,
        (keys, hasher): (&str, &AddressHasher),
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let source = InUse::note(from, Use::Look).and_then(|in_use| Ok((in_use, open(from)?)));
        let (_in_use, source) = source.map_err(|fault| fault.at(&from.display().to_string()))?;
        let write = || -> Result<(), SqliteError> {
            copy(&source, to)?;
            let conn = alone(to)?;
            meta::check_keys(&conn, hasher)?;
            meta::put(&conn, MADE, &sql::millis(at).to_string())?;
            meta::put(&conn, KEYS, keys)?;
            check_pages(&conn)?;
            close(conn)
        };
        write().map_err(|fault| fault.at(&to.display().to_string()))
    }

    /// Reads the backup `from` into the empty file `to`, as a store that sends nothing until it is released; `None` when it
    /// is a store, but no backup.
    ///
    /// # Errors
    /// When it is not ours, is damaged or newer than this program, or there is no room.
    pub fn read_backup(from: &Path, to: &Path, at: DateTime<Utc>) -> Result<Option<BackupContent>, StoreError> {
        let place = from.display().to_string();
        let opened = || -> Result<Connection, SqliteError> {
            let source = open(from)?;
            schema::check_schema(&source)?;
            check(&source)?;
            Ok(source)
        };
        let source = opened().map_err(|fault| fault.at(&place))?;
        let read = || -> Result<Option<BackupContent>, SqliteError> {
            copy(&source, to)?;
            let mut conn = alone(to)?;
            let (Some(made), Some(keys)) = (meta::take(&conn, MADE)?, meta::take(&conn, KEYS)?) else {
                return Ok(None);
            };
            schema::migrate(&mut conn)?;
            let made = sql::instant(sql::parse(&made)?)?;
            let all = conn.transaction()?;
            restored::hold_back(&all, made, at)?;
            all.commit()?;
            close(conn)?;
            Ok(Some(BackupContent { keys, made }))
        };
        read().map_err(|fault| fault.at(&to.display().to_string()))
    }

    /// Gives the store at `store`, if there is one, the name `aside` as well, so that another file can take its place.
    ///
    /// # Errors
    /// `Locked` when another program has that store open, or when files cannot be moved.
    pub fn put_aside(store: &Path, aside: &Path) -> Result<PutAside, StoreError> {
        let put = || -> Result<PutAside, SqliteError> {
            // Only when nobody else has it open does it leave WAL mode; then the one file is all there is.
            let held = store.exists().then(|| closed_to_others(store)).transpose()?;
            if held.is_some() {
                std::fs::hard_link(store, aside)?;
            }
            // A journal whose store was removed would be taken for the new one's, and spoil it.
            for suffix in SIDES {
                match std::fs::rename(beside(store, suffix), beside(aside, suffix)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
            }
            Ok(PutAside(held))
        };
        put().map_err(|fault| fault.at(&store.display().to_string()))
    }
}

/// A database that is there, to be read. It may be in use.
fn open(path: &Path) -> Result<Connection, SqliteError> {
    ordinary_file::open(path)?;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(PATIENCE)?;
    conn.pragma_update(None, "query_only", true)?;
    if schema::version_seen(&conn)? == 0 {
        return Err(SqliteError::NotOurs("it is empty".to_owned()));
    }
    moved::refuse_changes(&conn)?;
    Ok(conn)
}

/// Copies a database to the empty file `to` as a file, in large blocks, or as the file system shares them.
///
/// Others may write meanwhile. Where it has a journal of the write-ahead kind, whoever moves pages from there into the file
/// passes none that we could not see when we began. So each page that changes under our hands is whole in the journal, which is
/// copied last; `SQLite` puts the two together (<https://sqlite.org/wal.html>). Where it has another kind, nobody writes as long
/// as we read.
fn copy(source: &Connection, to: &Path) -> Result<(), SqliteError> {
    let from = PathBuf::from(source.path().ok_or_else(|| SqliteError::NotOurs("it is no file".to_owned()))?);
    let file = File::open(&from)?;
    let view = source.unchecked_transaction()?;
    sql::number(&view, "SELECT count(*) FROM sqlite_schema", [])?;
    io::copy(&mut &file, &mut OpenOptions::new().write(true).open(to)?)?;
    let mode: String = view.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "wal" {
        copy_log(&beside(&from, "-wal"), &beside(to, "-wal"), log_header)?;
    }
    view.commit()?;
    // It is closed last: whoever closes a file gives up every lock of this process on it, `SQLite`'s among them.
    drop(file);
    Ok(())
}

/// Copies a write-ahead log. Where all of it was in the main file when we began, a writer may start it over under our hands:
/// once, because as long as we read nothing more is moved. Then what it has now belongs to the main file as we copied it. Its
/// `header` tells.
fn copy_log(from: &Path, to: &Path, mut header: impl FnMut(&Path) -> Vec<u8>) -> Result<(), SqliteError> {
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    for _ in 0..3 {
        let mut log = match File::open(from) {
            Ok(log) => log,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let before = header(from);
        io::copy(&mut log, &mut new)?;
        if header(from) == before {
            return Ok(());
        }
        new.set_len(0)?;
        new.rewind()?;
    }
    Err(SqliteError::Io(io::Error::other("its journal kept starting over: try again")))
}

/// A copy of ours as one file without side files.
fn alone(path: &Path) -> Result<Connection, SqliteError> {
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode != "delete" {
        return Err(SqliteError::NotOurs(format!("its journal mode stays {mode}")));
    }
    // A restored store must not keep the keys in a page that they were taken out of.
    connect::overwrite_what_goes(&conn)?;
    Ok(conn)
}

/// A store that nobody else has open, locked until this is dropped.
fn closed_to_others(path: &Path) -> Result<Connection, SqliteError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(1))?;
    // Who puts another store in its place has two that are live.
    moved::refuse_changes(&conn)?;
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    conn.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(conn)
}

/// Whether every page and row is whole. What an index says of its table is looked at by [`check`], when a backup is restored:
/// it takes twice as long.
fn check_pages(conn: &Connection) -> Result<(), SqliteError> {
    conn.pragma_update(None, "ignore_check_constraints", true)?;
    is_sound(conn, "PRAGMA quick_check(1)")
}

fn check(conn: &Connection) -> Result<(), SqliteError> {
    is_sound(conn, "PRAGMA integrity_check(1)")
}

fn is_sound(conn: &Connection, question: &str) -> Result<(), SqliteError> {
    let found: String = conn.query_row(question, [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(SqliteError::NotOurs(found)) }
}

fn close(conn: Connection) -> Result<(), SqliteError> {
    conn.close().map_err(|(_, error)| error.into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_log_that_starts_over_while_it_is_copied_is_copied_again() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, b"a long log, all of it in the main file").unwrap();
        let mut looks = 0;
        let header = |path: &Path| {
            looks += 1;
            // After the first copy, before it is compared.
            if looks == 2 {
                fs::write(path, b"a newer one").unwrap();
            }
            fs::read(path).unwrap()[..9].to_vec()
        };
        copy_log(&from, &to, header).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"a newer one");
        assert_eq!(looks, 4);
    }

    #[test]
    fn a_log_that_starts_over_again_and_again_is_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, b"log").unwrap();
        let mut looks = 0;
        let other_each_time = |_: &Path| {
            looks += 1;
            vec![looks]
        };
        let error = copy_log(&from, &to, other_each_time).unwrap_err().at("x");
        assert!(error.to_string().contains("kept starting over"), "{error}");
        // Where there is none, there is nothing to copy.
        fs::remove_file(&to).unwrap();
        copy_log(&folder.path().join("none"), &to, log_header).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"");
    }
}
