//! What a database's files say, put together in memory as `SQLite` would do it on the disk: the main file, less what a
//! rollback journal takes back, with what the write-ahead log adds (<https://sqlite.org/fileformat2.html>).

use super::error::SqliteError;

/// How a database begins, and how long its header is (§1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: usize = 100;
/// A WAL's header and that of each frame (§4.1).
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The first bytes of a rollback journal (§3), and how long its header is.
const JOURNAL_MAGIC: [u8; 8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7];
const JOURNAL_HEADER: usize = 28;

/// The whole database in one piece. Empty side files are as good as none.
pub(super) fn assemble(mut main: Vec<u8>, journal: &[u8], wal: &[u8]) -> Result<Vec<u8>, SqliteError> {
    let page_size = page_size(&main)?;
    roll_back(&mut main, journal, page_size)?;
    add_log(&mut main, wal, page_size)?;
    // “Not in WAL mode”: a database in memory has no log beside it (§1.3.3).
    main[18..20].fill(1);
    Ok(main)
}

/// The size of a page (§1.3.2).
fn page_size(main: &[u8]) -> Result<usize, SqliteError> {
    let foreign = || SqliteError::NotOurs("file is not a database".to_owned());
    let header = main.get(..HEADER).filter(|header| header.starts_with(MAGIC)).ok_or_else(foreign)?;
    let said = u16::from_be_bytes([header[16], header[17]]);
    let size = if said == 1 { 65_536 } else { usize::from(said) };
    if size.is_power_of_two() && size >= 512 { Ok(size) } else { Err(foreign()) }
}

/// Puts the pages of a transaction that broke off back to what they were (§3).
fn roll_back(main: &mut Vec<u8>, journal: &[u8], page_size: usize) -> Result<(), SqliteError> {
    let mut at = 0;
    while let Some(header) = journal.get(at..at + JOURNAL_HEADER).filter(|header| header.starts_with(&JOURNAL_MAGIC)) {
        let [records, nonce, pages, sector, size] = [8, 12, 16, 20, 24].map(|field| word(header, field));
        if number(size) != page_size || sector == 0 {
            return Err(damaged());
        }
        if at == 0 {
            resize(main, number(pages), page_size, journal.len())?;
        }
        let body = journal.get(at + number(sector)..).unwrap_or_default();
        let all = body.chunks_exact(page_size + 8).take(number(records));
        let mut played = 0;
        for record in all {
            let page = &record[4..4 + page_size];
            let sum = (1..=page_size - 200).rev().step_by(200).map(|at| u32::from(page[at]));
            if sum.fold(nonce, u32::wrapping_add) != word(record, 4 + page_size) {
                return Ok(());
            }
            put(main, word(record, 0), page);
            played += record.len();
        }
        at = (at + number(sector) + played).next_multiple_of(number(sector));
    }
    Ok(())
}

/// Adds every whole transaction of the log (§4.3).
fn add_log(main: &mut Vec<u8>, wal: &[u8], page_size: usize) -> Result<(), SqliteError> {
    let Some((header, frames)) = wal.split_at_checked(WAL_HEADER) else { return Ok(()) };
    // The last bit of the magic number says in which order the bytes of a word are summed (§4.2).
    let big = match word(header, 0) {
        0x377F_0682 => false,
        0x377F_0683 => true,
        _ => return Ok(()),
    };
    let mut sum = checksum([0, 0], &header[..24], big);
    if sum != [word(header, 24), word(header, 28)] || number(word(header, 8)) != page_size {
        return Ok(());
    }
    let mut waiting = Vec::new();
    for frame in frames.chunks_exact(FRAME_HEADER + page_size) {
        let (about, page) = frame.split_at(FRAME_HEADER);
        sum = checksum(checksum(sum, &about[..8], big), page, big);
        if about[8..16] != header[16..24] || sum != [word(about, 16), word(about, 20)] {
            break;
        }
        waiting.push((word(about, 0), page));
        let pages = number(word(about, 4));
        if pages > 0 {
            resize(main, pages, page_size, wal.len())?;
            for (number, page) in waiting.drain(..) {
                put(main, number, page);
            }
        }
    }
    Ok(())
}

fn checksum(sum: [u32; 2], bytes: &[u8], big: bool) -> [u32; 2] {
    let read = if big { u32::from_be_bytes } else { u32::from_le_bytes };
    bytes.chunks_exact(8).fold(sum, |[a, b], pair| {
        let [x, y] = [0, 4].map(|at| read([pair[at], pair[at + 1], pair[at + 2], pair[at + 3]]));
        let a = a.wrapping_add(x).wrapping_add(b);
        [a, b.wrapping_add(y).wrapping_add(a)]
    })
}

/// Makes the database as long as its header will say; no side file adds more pages than it holds.
fn resize(main: &mut Vec<u8>, pages: usize, page_size: usize, side: usize) -> Result<(), SqliteError> {
    let length = pages * page_size;
    if length > main.len() + side {
        return Err(damaged());
    }
    main.resize(length, 0);
    Ok(())
}

/// Puts a page in its place; pages are counted from 1, and one beyond the end is no longer part of the database.
fn put(main: &mut [u8], number: u32, page: &[u8]) {
    let start = (self::number(number).wrapping_sub(1)).wrapping_mul(page.len());
    if let Some(place) = main.get_mut(start..).and_then(|rest| rest.get_mut(..page.len())) {
        place.copy_from_slice(page);
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn number(word: u32) -> usize {
    usize::try_from(word).unwrap_or(usize::MAX)
}

fn damaged() -> SqliteError {
    SqliteError::NotOurs("its journal does not belong to it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::serialize::Data;
    use rusqlite::{Connection, MAIN_DB};
    use std::fs;
    use std::path::Path;

    const SIDES: [&str; 3] = ["x.db", "x.db-journal", "x.db-wal"];

    fn files(folder: &Path) -> [Vec<u8>; 3] {
        SIDES.map(|name| fs::read(folder.join(name)).unwrap_or_default())
    }

    /// What `SQLite` makes of the same files.
    fn recovered(files: &[Vec<u8>; 3]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in SIDES.into_iter().zip(files).filter(|(_, bytes)| !bytes.is_empty()) {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let mut conn = Connection::open(folder.path().join("x.db")).unwrap();
        conn.execute_batch("BEGIN; SELECT 1 FROM sqlite_schema; COMMIT").unwrap();
        let mut whole = match conn.serialize(MAIN_DB).unwrap() {
            Data::Shared(bytes) => bytes.to_vec(),
            Data::Owned(bytes) => bytes.to_vec(),
        };
        whole[18..20].fill(1);
        whole
    }

    #[track_caller]
    fn same(files: &[Vec<u8>; 3], what: &str) {
        let [main, journal, wal] = files;
        let ours = assemble(main.clone(), journal, wal).unwrap();
        assert!(ours == recovered(files), "{what}");
    }

    /// A table of 40 pages; `mode` is the journal's.
    fn filled(folder: &Path, mode: &str, page_size: u32) -> Connection {
        let conn = Connection::open(folder.join("x.db")).unwrap();
        conn.execute_batch(&format!(
            "PRAGMA page_size = {page_size}; PRAGMA journal_mode = {mode}; PRAGMA cache_size = 4;
             CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB);
             INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
             SELECT randomblob({page_size} / 2) FROM n"
        ))
        .unwrap();
        conn
    }

    #[test]
    fn a_log_is_read_as_sqlite_reads_it() {
        for page_size in [512, 4096, 65_536] {
            let folder = tempfile::tempdir().unwrap();
            let conn = filled(folder.path(), "WAL", page_size);
            for step in [
                "UPDATE t SET v = randomblob(300) WHERE id % 3 = 0",
                "PRAGMA wal_checkpoint(PASSIVE)",
                "DELETE FROM t WHERE id > 20; VACUUM",
                "BEGIN; UPDATE t SET v = randomblob(200000) WHERE id < 9",
                "COMMIT; PRAGMA wal_checkpoint(RESTART); INSERT INTO t (v) VALUES (randomblob(900))",
                "DELETE FROM t",
            ] {
                conn.execute_batch(step).unwrap();
                same(&files(folder.path()), step);
            }
        }
    }

    #[test]
    fn a_log_that_was_cut_or_damaged_counts_up_to_its_last_whole_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let conn = filled(folder.path(), "WAL", 1024);
        for n in 0..12 {
            conn.execute_batch(&format!("UPDATE t SET v = randomblob(2000) WHERE id = {n}")).unwrap();
        }
        let [main, journal, wal] = files(folder.path());
        for at in (0..wal.len()).step_by(1777) {
            same(&[main.clone(), journal.clone(), wal[..at].to_vec()], &format!("cut at {at}"));
            let mut bent = wal.clone();
            bent[at] ^= 1;
            same(&[main.clone(), journal.clone(), bent], &format!("bent at {at}"));
        }
    }

    #[test]
    fn a_transaction_that_broke_off_is_taken_back() {
        for page_size in [512, 4096] {
            let folder = tempfile::tempdir().unwrap();
            let conn = filled(folder.path(), "DELETE", page_size);
            let whole = files(folder.path());
            for change in ["UPDATE t SET v = randomblob(3000)", "DELETE FROM t WHERE id > 5", "DROP TABLE t"] {
                conn.execute_batch(&format!("BEGIN; {change}")).unwrap();
                let broken = files(folder.path());
                assert!(!broken[1].is_empty(), "{change}: there is no journal");
                same(&broken, change);
                assert!(
                    broken[0] == whole[0]
                        || assemble(broken[0].clone(), &broken[1], &[]).unwrap()[24..] == whole[0][24..]
                );
                conn.execute_batch("ROLLBACK").unwrap();
            }
        }
    }

    #[test]
    fn foreign_side_files_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path(), "DELETE", 4096));
        let [main, ..] = files(folder.path());
        for noise in [vec![0; 5000], vec![7; 5000], b"x".to_vec()] {
            assert!(assemble(main.clone(), &noise, &noise).unwrap()[20..] == main[20..]);
        }
        let mut endless = vec![0; 40];
        endless[..8].copy_from_slice(&JOURNAL_MAGIC);
        for field in [8, 16, 20] {
            endless[field..field + 4].fill(0xFF);
        }
        endless[26] = 0x10;
        assert!(assemble(main, &endless, &[]).is_err(), "it would fill the memory");
        assert!(assemble(b"not a database".repeat(100), &[], &[]).is_err());
    }
}
