//! How far a shared database has come, as this machine remembers it: in a file beside the key file, with a line for each
//! database that the keys are used with. One that shows less has lost something.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ordinary_file;
use crate::output::{self, Existing, OutputError, Readers};
use crate::store::sqlite::side_files::beside;
use crate::store::{Epoch, EpochMemory};

/// The word of the line that says it.
const WORD: &str = "database";

const PREFACE: &str = "# How far the database of Fortnightly has come, as this machine knows it. A database that shows less has lost\n\
                       # something, and is held back. Never edit this file.\n";

/// The file of a key file.
pub(super) fn file(keys: &Path) -> PathBuf {
    beside(keys, ".epoch")
}

/// As a line.
pub(super) fn to_line(epoch: Epoch) -> String {
    let Epoch { database, list, editions } = epoch;
    format!("{WORD} {database} {list} {editions}\n")
}

/// From a line, if it is one.
pub(super) fn from_line(line: &str) -> Option<Epoch> {
    let numbers = line.strip_prefix(WORD)?.split_whitespace().map(|number| number.parse().ok());
    match numbers.collect::<Option<Vec<i64>>>()?[..] {
        [database, list, editions] => Some(Epoch { database, list, editions }),
        _ => None,
    }
}

/// What the file says, of whichever databases.
pub(super) fn read(file: &Path) -> Vec<Epoch> {
    ordinary_file::read_text(file).map(|text| text.lines().filter_map(from_line).collect()).unwrap_or_default()
}

/// Writes how far a database has come, unless the file says as much already. What it said of it before.
pub(super) fn write(file: &Path, epoch: Epoch) -> Result<Option<Epoch>, OutputError> {
    loop {
        let held = hold(file).map_err(|source| OutputError::System { path: file.to_owned(), source })?;
        let mut all = read(file);
        let before = all.iter().copied().find(|known| known.database == epoch.database);
        // Another process of this machine may know more.
        let higher = before.map_or(epoch, |known| epoch.or_higher(known));
        if before == Some(higher) {
            return Ok(before);
        }
        all.retain(|known| known.database != epoch.database);
        all.push(higher);
        let lines: String = all.into_iter().map(to_line).collect();
        let existing = if held.is_some() { Existing::Goes } else { Existing::Stays };
        match output::write(file, format!("{PREFACE}{lines}").as_bytes(), Readers::Owner, existing) {
            // Another process was the first.
            Err(OutputError::Exists(_)) => {}
            written => return written.map(|()| before),
        }
    }
}

/// Keeps others from writing the file until it is dropped; nothing where there is none.
fn hold(file: &Path) -> io::Result<Option<File>> {
    loop {
        let held = match File::open(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            held => held?,
        };
        held.lock()?;
        // Whoever had it before has put another one in its place.
        let is_there =
            std::fs::metadata(file).is_ok_and(|now| held.metadata().is_ok_and(|ours| ours.ino() == now.ino()));
        if is_there {
            return Ok(Some(held));
        }
    }
}

/// What is remembered beyond this process.
#[derive(Debug)]
pub(super) struct EpochFile {
    path: PathBuf,
    /// That it cannot be written was told.
    is_told: AtomicBool,
}

impl EpochFile {
    /// That of a key file.
    pub(super) fn beside(keys: &Path) -> Self {
        Self { path: file(keys), is_told: AtomicBool::new(false) }
    }
}

impl EpochMemory for EpochFile {
    fn known(&self) -> Vec<Epoch> {
        read(&self.path)
    }

    fn remember(&self, epoch: Epoch) -> Option<Epoch> {
        write(&self.path, epoch).unwrap_or_else(|error| {
            if !self.is_told.swap(true, Ordering::Relaxed) {
                tracing::warn!("how far the database has come is not remembered: {error}");
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(database: i64, list: i64, editions: i64) -> Epoch {
        Epoch { database, list, editions }
    }

    #[test]
    fn it_never_falls_and_no_database_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("secret");
        let memory = EpochFile::beside(&keys);
        assert_eq!(memory.known(), []);
        assert_eq!(memory.remember(epoch(1, 2, 3)), None);
        assert_eq!(write(&file(&keys), epoch(1, 1, 4)).unwrap(), Some(epoch(1, 2, 3)), "what was there is told");
        assert_eq!(memory.known(), [epoch(1, 2, 4)], "another process knew more");
        assert_eq!(write(&file(&keys), epoch(2, 0, 0)).unwrap(), None);
        assert_eq!(memory.known(), [epoch(1, 2, 4), epoch(2, 0, 0)]);
        memory.remember(epoch(1, 5, 5));
        assert_eq!(memory.known(), [epoch(2, 0, 0), epoch(1, 5, 5)]);
    }

    #[test]
    fn many_who_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.epoch");
        std::thread::scope(|scope| {
            for database in 1..=4 {
                let file = &file;
                scope.spawn(move || (1..=20).for_each(|list| assert!(write(file, epoch(database, list, 0)).is_ok())));
            }
        });
        let mut all = read(&file);
        all.sort_by_key(|known| known.database);
        assert_eq!(all, [1, 2, 3, 4].map(|database| epoch(database, 20, 0)));
    }

    #[test]
    fn only_a_whole_line_says_it() {
        for line in ["", "database", "database 1 2", "database 1 2 x", "database 1 2 3 4", "other 1 2 3"] {
            assert_eq!(from_line(line), None, "{line}");
        }
        assert_eq!(from_line(to_line(epoch(-1, 2, 3)).trim_end()), Some(epoch(-1, 2, 3)));
    }
}
