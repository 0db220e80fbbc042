//! Opens the database file: one connection that writes, others that only read.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::SqliteError;
use super::{checkpoint, schema};
use crate::ordinary_file;

/// How long we wait for another process's write lock.
pub(in crate::store::sqlite) const PATIENCE: Duration = Duration::from_secs(5);

/// More than the number of different statements, so that none is parsed twice.
const STATEMENTS: usize = 160;

/// The connection that writes. Creates folder and file if need be, refuses what is not ours, and migrates.
pub(in crate::store::sqlite) fn writer(path: &Path, patience: Duration) -> Result<Connection, SqliteError> {
    create(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    wait_for_locks(&mut conn, patience)?;
    if conn.is_readonly(rusqlite::MAIN_DB)? {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied).into());
    }
    schema::version_seen(&conn)?;
    write_ahead(&conn, patience)?;
    prepare(&conn)?;
    // FULL, not NORMAL: a power cut must lose nothing that was acknowledged.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    schema::migrate(&mut conn)?;
    checkpoint::take_over(&mut conn)?;
    Ok(conn)
}

/// A connection that can only read. The writer must be open, so that the side files exist.
pub(in crate::store::sqlite) fn reader(path: &Path, patience: Duration) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(patience)?;
    prepare(&conn)?;
    Ok(conn)
}

/// An empty database in memory, with the newest schema.
pub(in crate::store::sqlite) fn memory() -> Result<Connection, SqliteError> {
    let mut conn = Connection::open_in_memory()?;
    adopt(&mut conn)?;
    Ok(conn)
}

/// Makes a private database in memory fit for use.
pub(in crate::store::sqlite) fn adopt(conn: &mut Connection) -> Result<(), SqliteError> {
    prepare(conn)?;
    schema::migrate(conn)
}

pub(super) fn prepare(conn: &Connection) -> Result<(), SqliteError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan that depends on bound values is made anew at every execution: a sixth of the sender's time (measured).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    overwrite_what_goes(conn)
}

/// What is deleted or replaced is overwritten with zeros, so that nothing forgotten stays in a page.
pub(in crate::store::sqlite) fn overwrite_what_goes(conn: &Connection) -> Result<(), SqliteError> {
    Ok(conn.pragma_update(None, "secure_delete", true)?)
}

/// A connection to a store that is there, for housekeeping outside of any transaction of the others.
pub(in crate::store::sqlite) fn housekeeper(path: &Path, patience: Duration) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    wait_for_locks(&mut conn, patience)?;
    prepare(&conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    Ok(conn)
}

/// Makes room for many mailboxes that are read and written at once, wherever they lie: without it, their pages would be read
/// again for each part, and written several times. What runs for long and writes little at once has no need of it.
pub(in crate::store::sqlite) fn make_room(conn: &Connection) -> Result<(), SqliteError> {
    // Kibibytes (<https://sqlite.org/pragma.html#pragma_cache_size>).
    conn.pragma_update(None, "cache_size", -32 * 1024)?;
    checkpoint::let_grow();
    Ok(())
}

/// Waits for other writers. In the end SQLite's own way looks ten times a second, and would look past every pause of someone
/// who writes much in parts; whoever waits as long as everyone does looks every millisecond.
fn wait_for_locks(conn: &mut Connection, patience: Duration) -> Result<(), SqliteError> {
    conn.busy_timeout(patience)?;
    if patience == PATIENCE {
        conn.busy_handler(Some(look_again_soon))?;
    }
    Ok(())
}

thread_local! {
    /// Since when this thread has been waiting for a lock.
    static WAITING: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Whether to look again, `times` after the first.
fn look_again_soon(times: i32) -> bool {
    let since = WAITING.get().filter(|_| times > 0).unwrap_or_else(Instant::now);
    WAITING.set(Some(since));
    thread::sleep(Duration::from_millis(1));
    since.elapsed() < PATIENCE
}

/// Makes the file before `SQLite` would, for its mode: side files take theirs from it.
pub(in crate::store::sqlite) fn create(path: &Path) -> Result<(), SqliteError> {
    ordinary_or_missing(path)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

/// Refuses what is no file, before anything of it is opened: a pipe would wait for its other end.
pub(in crate::store::sqlite) fn ordinary_or_missing(path: &Path) -> Result<(), SqliteError> {
    if path.is_dir() {
        return Err(SqliteError::NotOurs("it is a folder".to_owned()));
    }
    if path.is_symlink() && !path.exists() {
        return Err(SqliteError::NotOurs("it is a link that leads nowhere".to_owned()));
    }
    Ok(ordinary_file::refuse_others(path)?)
}

/// Switches to WAL. `SQLite` does not wait for other connections here, so we do.
fn write_ahead(conn: &Connection, patience: Duration) -> Result<(), SqliteError> {
    let deadline = Instant::now() + patience;
    loop {
        match conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(SqliteError::NotOurs(format!("its journal mode stays {mode}"))),
            Err(error) => {
                let fault = SqliteError::from(error);
                if !fault.is_busy() || Instant::now() >= deadline {
                    return Err(fault);
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(conn: &Connection, name: &str) -> String {
        let value: rusqlite::types::Value = conn.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{name} is {other:?}"),
        }
    }

    #[test]
    fn what_is_acknowledged_survives_a_power_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = writer(&path, Duration::from_secs(1)).unwrap();
        assert_eq!(pragma(&conn, "synchronous"), "2", "FULL");
        assert_eq!(pragma(&conn, "journal_mode"), "wal");
        assert_eq!(pragma(&conn, "foreign_keys"), "1");
        assert_eq!(pragma(&conn, "secure_delete"), "1", "ON, not FAST");
        assert_eq!(pragma(&conn, "application_id"), schema::APPLICATION_ID.to_string());
        let reading = reader(&path, Duration::from_secs(1)).unwrap();
        assert!(reading.execute("DELETE FROM meta", []).is_err());
    }

    #[test]
    fn every_table_is_strict_and_every_migration_counts() {
        let conn = memory().unwrap();
        let loose = "SELECT count(*) FROM pragma_table_list
                     WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'";
        assert_eq!(conn.query_row(loose, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        assert_eq!(schema::version(&conn).unwrap(), schema::known());
    }
}
