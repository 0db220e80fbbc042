//! A connection on the store's own file that keeps what is changed in memory, for commands that must leave no trace
//! (invariant 8). Nothing is copied: it costs what is read, and the pages that are changed.
//!
//! Two connections make it. The *guard* reads as any other does, and holds one moment of the store for as long as it
//! lives: meanwhile nothing newer is moved from the log into the main file. The *layer* takes no locks, so it keeps nobody
//! from writing, and has its own index of the log in memory (<https://sqlite.org/wal.html#noshm>). It begins one
//! transaction and never commits it: what it changes stays in its cache.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::connect;
use super::error::SqliteError;
use crate::store::sqlite::side_files::beside;

/// How long the guard waits for a lock: whoever closes the store, or opens it, holds some for a moment.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a new look waits where someone writes: a few commits.
const SETTLING: Duration = Duration::from_millis(10);
/// How much longer the log may become while the guard stands, and how often it looks.
const GROWTH: u64 = 1 << 30;
const LOOK_ROUND: Duration = if cfg!(test) { Duration::from_millis(5) } else { Duration::from_secs(5) };
/// A log's header: it changes whenever the log starts over (<https://sqlite.org/fileformat2.html#walformat>).
const LOG_HEADER: usize = 32;
/// What stands for itself in the name of a file in a URI.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// One moment of a store.
pub(super) struct Layer {
    /// Sees that moment. In a transaction that must not be committed, and is not if someone tries.
    pub(super) conn: Connection,
    pub(super) guard: Guard,
}

/// Keeps the moment as it is, until it is dropped.
pub(in crate::store::sqlite) struct Guard {
    pub(in crate::store::sqlite) log: Log,
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    /// While nothing is asked, too: whoever looks may have stopped reading what a command writes, and the log must not grow
    /// for ever because of that.
    fn stand(view: Connection, log: Log) -> Result<Self, SqliteError> {
        let ((end, ended), watched) = (mpsc::channel::<()>(), log.clone());
        let watch = move || {
            while ended.recv_timeout(LOOK_ROUND) == Err(RecvTimeoutError::Timeout) {
                if watched.is_too_long() {
                    watched.is_left.store(true, Ordering::SeqCst);
                    break;
                }
            }
            drop(view);
        };
        let thread = thread::Builder::new().name("store-guard".to_owned()).spawn(watch)?;
        Ok(Self { log, end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the thread was reported there; nothing is left to do here.
            let _ = thread.join();
        }
    }
}

/// The log as it was at that moment.
#[derive(Debug, Clone)]
pub(in crate::store::sqlite) struct Log {
    path: PathBuf,
    header: Vec<u8>,
    /// How long it was.
    bytes: u64,
    /// Whether the guard left before its time.
    is_left: Arc<AtomicBool>,
}

impl Log {
    fn beside(path: &Path) -> Self {
        let path = beside(path, "-wal");
        let (header, bytes) = (log_header(&path), fs::metadata(&path).map_or(0, |log| log.len()));
        Self { path, header, bytes, is_left: Arc::default() }
    }

    /// Whether what was read until now is of that moment. The guard sees to it, unless all of the log was in the main file
    /// already when it came: then a writer may start the log over.
    pub(in crate::store::sqlite) fn is_as_it_was(&self) -> bool {
        let is_same = self.header.len() < LOG_HEADER || log_header(&self.path) == self.header;
        is_same && !self.is_left.load(Ordering::SeqCst)
    }

    /// Whether someone wrote to it a moment ago.
    fn is_in_use(&self) -> bool {
        let changed = fs::metadata(&self.path).and_then(|log| log.modified());
        changed.is_ok_and(|at| at.elapsed().is_ok_and(|ago| ago < Duration::from_secs(1)))
    }

    fn is_too_long(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|log| log.len() > self.bytes + GROWTH)
    }
}

/// What a log begins with: it changes whenever the log starts over. Nothing where it cannot be read; what needs it fails by
/// itself.
pub(in crate::store::sqlite) fn log_header(path: &Path) -> Vec<u8> {
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOG_HEADER as u64).read_to_end(&mut header));
    if read.is_ok() { header } else { Vec::new() }
}

/// The store at `path`, which is no link; `None` where it takes a copy to look at it: where nothing may be written, where
/// there is no log or a transaction broke off, or where others were in the way.
pub(super) fn open(path: &Path) -> Result<Option<Layer>, SqliteError> {
    if !has_log(path) || is_log_begun(path) {
        return Ok(None);
    }
    let Ok(view) = guard(path) else { return Ok(None) };
    // Only now: with the guard there, none can come.
    if fs::metadata(beside(path, "-journal")).is_ok_and(|journal| journal.len() > 0) {
        return Ok(None);
    }
    let log = Log::beside(path);
    let Ok(conn) = layer(path) else { return Ok(None) };
    if log.is_in_use() {
        // If nothing keeps its writer from starting over, it does so at the next commit: better found out now than later.
        thread::sleep(SETTLING);
    }
    if conn.is_readonly(MAIN_DB)? || !log.is_as_it_was() {
        return Ok(None);
    }
    Ok(Some(Layer { conn, guard: Guard::stand(view, log)? }))
}

/// Whether the file says that it has a write-ahead log (<https://sqlite.org/fileformat2.html#file_format_version_numbers>).
fn has_log(path: &Path) -> bool {
    let mut start = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start[18..] == [2, 2]
}

/// Whether a log has its header and nothing else: its writer was killed, or is about to go on. A guard that may not write its index would
/// wait for that, ten seconds each time.
fn is_log_begun(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() == LOG_HEADER as u64)
}

/// Reads from the moment on at which it is made.
fn guard(path: &Path) -> Result<Connection, SqliteError> {
    let [log, index] = ["-wal", "-shm"].map(|suffix| beside(path, suffix).exists());
    let conn = if log && index {
        // Someone has the store open, or was killed. What they left is read, and stays as it is.
        let name = utf8_percent_encode(path.to_str().unwrap_or_default(), PLAIN);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(format!("file:{name}?mode=ro&readonly_shm=1"), flags)?
    } else if !log && !index {
        // Nobody has: it makes both, empty, and removes them when it closes.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.pragma_update(None, "query_only", true)?;
        conn
    } else {
        return Err(SqliteError::Gone);
    };
    conn.busy_timeout(PATIENCE)?;
    conn.execute_batch("BEGIN")?;
    look(&conn)?;
    Ok(conn)
}

/// Sees what the guard sees, or what was committed a moment later.
fn layer(path: &Path) -> Result<Connection, SqliteError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags_and_vfs(path, flags, c"unix-none")?;
    // First of all: without locks, folding the log into the main file at the end would destroy the store.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // Before anything is read: then there is no file of an index.
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    conn.pragma_update(None, "cache_spill", false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.commit_hook(Some(|| true))?;
    connect::prepare(&conn)?;
    // What goes is gone at the end anyway, and to overwrite it would take memory: all of an older store that is brought up to date.
    conn.pragma_update(None, "secure_delete", false)?;
    conn.execute_batch("BEGIN")?;
    look(&conn)?;
    Ok(conn)
}

/// A transaction sees the moment of its first look.
fn look(conn: &Connection) -> Result<(), SqliteError> {
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with some megabytes in it.
    fn filled(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("x.db");
        let conn = connect::writer(&path, PATIENCE).unwrap();
        conn.execute_batch(
            "INSERT INTO names (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
             SELECT hex(randomblob(400)) FROM n",
        )
        .unwrap();
        (path, conn)
    }

    fn number(conn: &Connection, query: &str) -> i64 {
        conn.query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// What this thread has asked files for, in bytes.
    fn bytes_read() -> u64 {
        let told = fs::read_to_string("/proc/thread-self/io").unwrap();
        told.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
    }

    #[test]
    fn a_look_at_one_row_does_not_read_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = filled(folder.path());
        drop(conn);
        let (size, before) = (fs::metadata(&path).unwrap().len(), bytes_read());
        let layer = open(&path).unwrap().unwrap();
        assert_eq!(number(&layer.conn, "SELECT id FROM names WHERE id = 3000"), 3000);
        let read = bytes_read() - before;
        assert!(size > 3_000_000 && read < size / 20, "{read} of {size}");
    }

    #[test]
    fn what_is_changed_is_seen_there_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = filled(folder.path());
        let files = || ["", "-wal"].map(|side| fs::read(beside(&path, side)).unwrap());
        let before = files();
        let layer = open(&path).unwrap().unwrap();
        // Far more than its cache has room for.
        layer.conn.execute_batch("UPDATE names SET name = lower(name) || id; DELETE FROM names WHERE id % 2").unwrap();
        assert!(layer.conn.execute_batch("COMMIT").is_err(), "it cannot be kept");
        assert_eq!(number(&layer.conn, "SELECT count(*) FROM names"), 4000);
        layer.conn.execute_batch("INSERT INTO names (name) VALUES ('afterwards')").unwrap_err();
        drop(layer);
        assert!(files() == before);
        assert_eq!(number(&conn, "SELECT count(*) FROM names"), 4000);
    }

    #[test]
    fn others_write_meanwhile_and_are_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = filled(folder.path());
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); UPDATE names SET name = 'first' WHERE id = 1").unwrap();
        let layer = open(&path).unwrap().unwrap();
        layer.conn.execute_batch("UPDATE names SET name = 'here' WHERE id = 4000").unwrap();
        for round in 0..3 {
            conn.execute("UPDATE names SET name = ?1 || id", [round]).unwrap();
            conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        }
        assert!(layer.guard.log.is_as_it_was());
        assert_eq!(number(&layer.conn, "SELECT count(*) FROM names WHERE name = 'first' OR length(name) = 800"), 3999);
        let whole: String = layer.conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
    }

    #[test]
    fn a_log_that_starts_over_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = filled(folder.path());
        conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
        let layer = open(&path).unwrap().unwrap();
        assert!(layer.guard.log.is_as_it_was());
        conn.execute_batch("UPDATE names SET name = 'later' WHERE id = 1").unwrap();
        assert!(!layer.guard.log.is_as_it_was(), "all of it was in the main file, so nobody kept it");
    }

    #[test]
    fn a_guard_whose_log_grows_beyond_measure_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let (path, conn) = filled(folder.path());
        let log = fs::OpenOptions::new().write(true).open(beside(&path, "-wal")).unwrap();
        let bytes = log.metadata().unwrap().len();
        let layer = open(&path).unwrap().unwrap();
        let checkpoint = || conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).unwrap();
        // As long as it may be, to the byte; nothing of it is on the disk.
        log.set_len(bytes + GROWTH).unwrap();
        thread::sleep(20 * LOOK_ROUND);
        assert!(layer.guard.log.is_as_it_was() && checkpoint(), "it keeps its moment");
        log.set_len(bytes + GROWTH + 1).unwrap();
        let until = |what: &dyn Fn() -> bool| {
            (0..4_000).any(|_| {
                what() || {
                    thread::sleep(LOOK_ROUND);
                    false
                }
            })
        };
        assert!(until(&|| !layer.guard.log.is_as_it_was()), "it gives up");
        assert!(until(&|| !checkpoint()), "and leaves");
        assert_eq!(log.metadata().unwrap().len(), 0, "nobody keeps it any more");
    }
}
