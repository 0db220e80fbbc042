//! The one way to write a file under a name that someone gave: whole or not at all, through no link, in the place of an
//! ordinary file or of nothing.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use crate::ordinary_file;

/// How the name of a draft begins, and what is in it before the names of the side files that `SQLite` makes for it.
const BEGIN: &[u8] = b".fortnightly-";
const END: &str = ".tmp";

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Mode 0600: it holds addresses or keys.
    Owner,
    /// Whoever the umask lets.
    Everyone,
}

/// What becomes of an ordinary file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    Stays,
    Goes,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// An ordinary file has the name, and is to stay.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// Something has the name that is never replaced.
    #[error("{path} is {what}")]
    InTheWay {
        path: PathBuf,
        /// “a folder”, “a link”.
        what: &'static str,
    },
    /// What should be a folder is something else.
    #[error("{path} is {what}, not a folder")]
    NotAFolder {
        path: PathBuf,
        /// “a file”, “a pipe”.
        what: &'static str,
    },
    /// The system refused.
    #[error("{path}: {source}")]
    System { path: PathBuf, source: io::Error },
}

/// A file that gets its name when it is whole; until then, and when it is dropped before, there is only a draft beside it.
#[derive(Debug)]
pub(crate) struct NewFile {
    draft: NamedTempFile,
    target: PathBuf,
    /// The folder that it lies in, opened before anything has changed: not every folder that can be written to can be read.
    folder: File,
    existing: Existing,
}

impl NewFile {
    /// Begins a file. What is in its way is looked for now, and once more when it is whole.
    pub(crate) fn begin(target: &Path, readers: Readers, existing: Existing) -> Result<Self, OutputError> {
        check(target, existing)?;
        remove_leftovers(folder(target));
        let draft = draft(folder(target), readers).map_err(|error| failed(target, error))?;
        let folder = File::open(folder(target)).map_err(|error| failed(folder(target), error))?;
        Ok(Self { draft, target: target.to_owned(), folder, existing })
    }

    /// The draft, for whoever opens it by its name.
    pub(crate) fn path(&self) -> &Path {
        self.draft.path()
    }

    /// The draft, to write to.
    pub(crate) fn file(&mut self) -> &mut File {
        self.draft.as_file_mut()
    }

    /// Gives the file its name, durably.
    pub(crate) fn finish(self) -> Result<(), OutputError> {
        let Self { draft, target, folder, existing } = self;
        check(&target, existing)?;
        let named = draft.as_file().sync_all().and_then(|()| {
            let named = match existing {
                Existing::Stays => draft.persist_noclobber(&target),
                Existing::Goes => draft.persist(&target),
            };
            named.map_err(|error| error.error)?;
            match folder.sync_all() {
                // Its file system knows no such thing (fsync(2)), and the file is there.
                Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
                synced => synced,
            }
        });
        named.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => OutputError::Exists(target),
            _ => failed(&target, error),
        })
    }
}

/// A file without a name: only whoever opened it can read it, and nothing of it is left.
pub(crate) fn nameless(folder: &Path) -> Result<File, OutputError> {
    tempfile::tempfile_in(folder).map_err(|error| failed(folder, error))
}

/// Writes a whole file.
pub(crate) fn write(target: &Path, bytes: &[u8], readers: Readers, existing: Existing) -> Result<(), OutputError> {
    let mut new = NewFile::begin(target, readers, existing)?;
    new.file().write_all(bytes).map_err(|error| failed(target, error))?;
    new.finish()
}

/// Writes whole files and the folders that they lie in. None of them is there when something is in the way of one, or the disk has
/// no room for all: they get their names at the end, in this order.
pub(crate) fn write_all(files: &[(PathBuf, Vec<u8>)], existing: Existing) -> Result<(), OutputError> {
    files.iter().try_for_each(|(path, _)| check(path, existing))?;
    let draft = |(path, bytes): &(PathBuf, Vec<u8>)| {
        make_folder(folder(path))?;
        let mut new = NewFile::begin(path, Readers::Everyone, existing)?;
        // Only what is on the disk is sure to have room there.
        let written = new.file().write_all(bytes).and_then(|()| new.file().sync_all());
        written.map_err(|error| failed(path, error))?;
        Ok(new)
    };
    let drafts = files.iter().map(draft).collect::<Result<Vec<_>, _>>()?;
    drafts.into_iter().try_for_each(NewFile::finish)
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), OutputError> {
    fs::create_dir_all(path).map_err(|error| match fs::symlink_metadata(path) {
        Ok(about) if error.kind() == ErrorKind::AlreadyExists => in_the_way(path, &about),
        _ => failed(path, error),
    })
}

/// Whether a file may be written there.
pub(crate) fn check(target: &Path, existing: Existing) -> Result<(), OutputError> {
    match fs::symlink_metadata(target) {
        Ok(about) if !about.is_file() || about.mode() & 0o200 == 0 => Err(in_the_way(target, &about)),
        Ok(_) if existing == Existing::Stays => Err(OutputError::Exists(target.to_owned())),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(target, error)),
        _ => Ok(()),
    }
}

fn in_the_way(path: &Path, about: &fs::Metadata) -> OutputError {
    let is_read_only = about.is_file() && about.mode() & 0o200 == 0;
    let what = if is_read_only { "read-only" } else { ordinary_file::word(about.file_type()) };
    OutputError::InTheWay { path: path.to_owned(), what }
}

fn failed(path: &Path, source: io::Error) -> OutputError {
    if source.kind() == ErrorKind::NotADirectory
        && let Some((path, what)) = path.ancestors().skip(1).find_map(no_folder)
    {
        return OutputError::NotAFolder { path, what };
    }
    OutputError::System { path: path.to_owned(), source }
}

/// What a path leads to, if that is there and no folder.
fn no_folder(path: &Path) -> Option<(PathBuf, &'static str)> {
    let about = fs::metadata(path).ok().filter(|about| !about.is_dir())?;
    Some((path.to_owned(), ordinary_file::word(about.file_type())))
}

/// The folder that a file lies in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a name leads: without links as far as it exists, and from there on as it is written.
pub(crate) fn place(path: &Path) -> PathBuf {
    let real = |above: &Path| {
        let here = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        Some((here.canonicalize().ok()?, path.strip_prefix(above).ok()?))
    };
    let Some((mut place, rest)) = path.ancestors().find_map(real) else { return path.to_owned() };
    for part in rest.components() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            part => place.push(part),
        }
    }
    place
}

/// A draft with a lock on it, which the kernel releases when this process dies.
fn draft(folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mode = if readers == Readers::Owner { 0o600 } else { 0o666 };
    loop {
        let draft = tempfile::Builder::new()
            .prefix(OsStr::from_bytes(BEGIN))
            .suffix(END)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        // Another process may take it for a leftover before it is locked: it holds the lock then, or has removed it. Where
        // files cannot be locked, nobody takes it.
        let is_taken = matches!(draft.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !is_taken && draft.as_file().metadata()?.nlink() > 0 {
            return Ok(draft);
        }
    }
}

/// The drafts in a folder, and what lies beside them.
pub(crate) fn drafts(folder: &Path) -> Vec<PathBuf> {
    let is_draft = |name: &OsStr| {
        name.as_bytes().starts_with(BEGIN) && name.as_bytes().windows(END.len()).any(|part| part == END.as_bytes())
    };
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    all.filter(|entry| is_draft(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// Removes the drafts of processes that died. What cannot be removed stays, and is there to be named.
pub(crate) fn remove_leftovers(folder: &Path) {
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    for path in drafts(folder).into_iter().filter(|path| is_file(path)) {
        let main = main_of(&path);
        // Held until the file is gone: nobody begins to work on it in between.
        let lock = is_file(&main).then(|| File::open(&main));
        let is_free = match &lock {
            Some(Ok(file)) => file.try_lock().is_ok(),
            Some(Err(error)) => error.kind() == ErrorKind::NotFound,
            None => true,
        };
        if is_free {
            let _ = fs::remove_file(path);
        }
    }
}

/// `x.tmp-journal` → `x.tmp`, whose lock stands for both.
fn main_of(path: &Path) -> PathBuf {
    let name = path.as_os_str().as_bytes();
    let end = name.windows(END.len()).rposition(|part| part == END.as_bytes()).map_or(name.len(), |at| at + END.len());
    PathBuf::from(OsStr::from_bytes(&name[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_removes_a_draft_that_someone_works_on() {
        let folder = tempfile::tempdir().unwrap();
        let write = |n: u32| {
            let target = folder.path().join(n.to_string());
            for _ in 0..400 {
                let new = NewFile::begin(&target, Readers::Owner, Existing::Stays).unwrap();
                std::thread::yield_now();
                assert!(new.path().exists(), "someone removed it");
                remove_leftovers(folder.path());
            }
        };
        std::thread::scope(|scope| {
            for n in 0..8 {
                scope.spawn(move || write(n));
            }
        });
    }
}
