//! How far a shared database has come, as this machine remembers it: in a file beside the key file, written once a second at most and
//! at the end. A database that shows less has lost something.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::ordinary_file;
use crate::output::{self, Existing, Readers};
use crate::store::sqlite::side_files::beside;
use crate::store::{Epoch, EpochMemory};

/// How often the file is written at most.
const EVERY: Duration = Duration::from_secs(1);

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

/// What the file says, if it is there and says it.
pub(super) fn read(file: &Path) -> Option<Epoch> {
    ordinary_file::read_text(file).ok()?.lines().find_map(from_line)
}

/// Writes it, unless the file says as much already.
pub(super) fn write(file: &Path, epoch: Epoch) -> Result<(), output::OutputError> {
    // Another process of this machine may know more.
    let known = read(file);
    let epoch = known.map_or(epoch, |known| epoch.or_higher(known));
    if known == Some(epoch) {
        return Ok(());
    }
    let text = format!("{PREFACE}{}", to_line(epoch));
    output::write(file, text.as_bytes(), Readers::Owner, Existing::Goes)
}

/// What is remembered beyond this process.
#[derive(Debug)]
pub(super) struct EpochFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    written: Option<Instant>,
    /// What is not written yet.
    waits: Option<Epoch>,
    /// That it cannot be written was told.
    is_told: bool,
}

impl EpochFile {
    /// That of a key file.
    pub(super) fn beside(keys: &Path) -> Self {
        Self { path: file(keys), state: Mutex::default() }
    }

    fn write(&self, state: &mut State) {
        let Some(epoch) = state.waits.take() else { return };
        state.written = Some(Instant::now());
        if let Err(error) = write(&self.path, epoch)
            && !std::mem::replace(&mut state.is_told, true)
        {
            tracing::warn!("how far the database has come is not remembered: {error}");
        }
    }
}

impl EpochMemory for EpochFile {
    fn known(&self) -> Option<Epoch> {
        read(&self.path)
    }

    fn remember(&self, epoch: Epoch) {
        let mut state = self.state.lock();
        state.waits = Some(epoch);
        if state.written.is_none_or(|written| written.elapsed() >= EVERY) {
            self.write(&mut state);
        }
    }
}

impl Drop for EpochFile {
    fn drop(&mut self) {
        let mut state = std::mem::take(self.state.get_mut());
        self.write(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(database: i64, list: i64, editions: i64) -> Epoch {
        Epoch { database, list, editions }
    }

    #[test]
    fn it_is_written_once_a_second_and_at_the_end_and_never_falls() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("secret");
        let memory = EpochFile::beside(&keys);
        assert_eq!(memory.known(), None);
        memory.remember(epoch(1, 1, 0));
        memory.remember(epoch(1, 2, 3));
        assert_eq!(memory.known(), Some(epoch(1, 1, 0)), "the second waits");
        drop(memory);
        assert_eq!(read(&file(&keys)), Some(epoch(1, 2, 3)));
        write(&file(&keys), epoch(1, 1, 4)).unwrap();
        assert_eq!(read(&file(&keys)), Some(epoch(1, 2, 4)), "another process knew more");
        write(&file(&keys), epoch(2, 0, 0)).unwrap();
        assert_eq!(read(&file(&keys)), Some(epoch(2, 0, 0)), "another database");
    }

    #[test]
    fn only_a_whole_line_says_it() {
        for line in ["", "database", "database 1 2", "database 1 2 x", "database 1 2 3 4", "other 1 2 3"] {
            assert_eq!(from_line(line), None, "{line}");
        }
        assert_eq!(from_line(to_line(epoch(-1, 2, 3)).trim_end()), Some(epoch(-1, 2, 3)));
    }
}
