//! Getting what was forgotten out of the files: pages are overwritten as they change, but the journal keeps older ones until
//! it is emptied, and a store of an older version has pages that were not overwritten.

use std::fs::File;
use std::io::{self, Read as _};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use rusqlite::Connection;

use crate::domain::edition::EditionState;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{connect, sql};
use crate::store::sqlite::side_files::beside;
use crate::store::sqlite::tables::{forget, meta};

/// How much of a file is looked at at once.
const CHUNK: usize = 1 << 20;

/// How long others may have to wait for one try to empty the journal, and how long they have between two.
const MOMENT: Duration = Duration::from_millis(20);
const REST: Duration = Duration::from_millis(100);

/// Empties the journal; where the files name `erased` all the same, rebuilds the store. False when that must be done later:
/// someone who reads the store was in the way for as long as `patience`, or it would be rebuilt while mail is sent, which would
/// wait for it.
pub(in crate::store::sqlite) fn scrub(
    path: &Path,
    patience: Duration,
    erased: Option<&str>,
) -> Result<bool, SqliteError> {
    let conn = connect::housekeeper(path, patience)?;
    let noted = meta::get(&conn, forget::UNSCRUBBED)?;
    if !empty_journal(&conn, patience)? {
        return Ok(false);
    }
    if let Some(folded) = erased
        && is_named(path, folded)?
    {
        meta::put(&conn, forget::UNREBUILT, "")?;
    }
    if meta::get(&conn, forget::UNREBUILT)?.is_some() {
        if is_being_sent(&conn)? {
            return Ok(false);
        }
        conn.execute_batch("VACUUM")?;
        if !empty_journal(&conn, patience)? {
            return Ok(false);
        }
        meta::take(&conn, forget::UNREBUILT)?;
    }
    // What was forgotten meanwhile has a note of its own.
    conn.execute("DELETE FROM meta WHERE key = ?1 AND value IS ?2", (forget::UNSCRUBBED, noted))?;
    Ok(true)
}

/// Whether an edition is being sent, or someone has mail in hand.
fn is_being_sent(conn: &Connection) -> Result<bool, SqliteError> {
    let query = "SELECT EXISTS (SELECT 1 FROM editions WHERE state = ?1)
                     OR EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_in_hand WHERE claim IS NOT NULL)";
    Ok(sql::number(conn, query, [EditionState::Sending.as_str()])? > 0)
}

/// Moves everything from the journal to the store and cuts the journal to nothing; false when others are in the way
/// (<https://sqlite.org/pragma.html#pragma_wal_checkpoint>).
///
/// While `SQLite` waits for readers it holds the lock of those who write, so it waits for a moment only, again and again.
fn empty_journal(conn: &Connection, patience: Duration) -> Result<bool, SqliteError> {
    let deadline = Instant::now() + patience;
    conn.busy_timeout(MOMENT)?;
    let is_empty = loop {
        let is_busy = match conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)) {
            Err(error) => match SqliteError::from(error) {
                fault if fault.is_busy() => true,
                fault => return Err(fault),
            },
            Ok(is_busy) => is_busy,
        };
        if !is_busy || Instant::now() >= deadline {
            break !is_busy;
        }
        thread::sleep(REST);
    };
    conn.busy_timeout(patience)?;
    Ok(is_empty)
}

/// Whether the store's file or its journal has this address, in any mixture of capital and small letters.
fn is_named(path: &Path, folded: &str) -> Result<bool, SqliteError> {
    Ok(has(path, folded.as_bytes())? || has(&beside(path, "-wal"), folded.as_bytes())?)
}

fn has(path: &Path, folded: &[u8]) -> Result<bool, SqliteError> {
    // Never closed: with it would go every lock that `SQLite` holds for this process on the same file, and whoever closes the
    // store next would take it for his alone (<https://sqlite.org/howtocorrupt.html>, §2.2).
    let mut file = match File::open(path) {
        Ok(file) => ManuallyDrop::new(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let finder = Finder::new(folded);
    let mut chunk: Vec<u8> = Vec::with_capacity(CHUNK + folded.len());
    let file: &mut File = &mut file;
    loop {
        // The end of the last chunk stays: a match may lie across.
        chunk.drain(..chunk.len().saturating_sub(folded.len().saturating_sub(1)));
        let kept = chunk.len();
        if file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
            return Ok(false);
        }
        chunk[kept..].make_ascii_lowercase();
        if finder.find(&chunk).is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn while_a_reader_is_in_the_way_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let conn = connect::writer(&path, Duration::ZERO).unwrap();
        let write = || meta::put(&conn, "here", "something");
        write().unwrap();
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM meta").unwrap();
        write().unwrap();
        thread::scope(|scope| {
            let scrubbing = scope.spawn(|| scrub(&path, Duration::from_secs(2), None));
            let mut written = 0;
            // Each time that it is in the way, and gone again before it ends.
            for _ in 0..3 {
                while write().is_ok() && !scrubbing.is_finished() {}
                while write().is_err() {}
                written += u32::from(!scrubbing.is_finished());
            }
            assert!(!scrubbing.join().unwrap().unwrap(), "the reader was in the way");
            assert_eq!(written, 3, "it let go of the lock only when it gave up");
        });
        drop(reader);
        assert!(scrub(&path, Duration::from_secs(2), None).unwrap());
    }

    #[test]
    fn an_address_is_found_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for at in [0, 5, CHUNK - 7, CHUNK - 1, CHUNK, 2 * CHUNK - 3] {
            let mut bytes = vec![b'x'; 2 * CHUNK + 100];
            bytes[at..at + 9].copy_from_slice(b"A@b.Org.U");
            std::fs::write(&path, &bytes).unwrap();
            assert!(has(&path, b"a@b.org.u").unwrap(), "at {at}");
            assert!(!has(&path, b"a@b.org.z").unwrap());
        }
        assert!(!has(&folder.path().join("none"), b"a").unwrap());
    }
}
