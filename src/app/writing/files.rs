//! The files of texts: read and written within the library's folder alone, and through no link.

use std::fs::{self, Metadata};
use std::hash::{Hash as _, Hasher};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::WritingError;
use crate::app::AppError;
use crate::library::SIZE_LIMIT;
use crate::ordinary_file;
use crate::output::{self, Existing, OutputError, Readers};

/// What a file below `folder` says; `None` when there is none.
pub(super) fn read(folder: &Path, file: &Path) -> Result<Option<String>, AppError> {
    let path = folder.join(file);
    let within = output::folder(&path);
    // The library's own folder may be a link: an operator chose where it is.
    if within != folder && about(within)?.is_some_and(|about| !about.is_dir()) {
        return Err(in_the_way(within));
    }
    match about(&path)? {
        None => return Ok(None),
        Some(about) if !about.is_file() => return Err(in_the_way(&path)),
        Some(_) => {}
    }
    let mut bytes = Vec::new();
    let opened = ordinary_file::open(&path).map_err(|error| AppError::file(&path, &error))?;
    opened.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| AppError::file(&path, &error))?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(WritingError::TooLong.into());
    }
    String::from_utf8(bytes).map(Some).map_err(|_| WritingError::NotAForm.into())
}

/// Writes a file below `folder`, whole or not at all, and the folder that it lies in.
pub(super) fn write(folder: &Path, file: &Path, text: &str, existing: Existing) -> Result<(), AppError> {
    if text.len() as u64 > SIZE_LIMIT {
        return Err(WritingError::TooLong.into());
    }
    let path = folder.join(file);
    if let Some(place) = read_only(folder, file) {
        return Err(WritingError::ReadOnly(place).into());
    }
    let within = output::folder(&path);
    match about(within)?.filter(|_| within != folder) {
        Some(about) if !about.is_dir() => return Err(in_the_way(within)),
        Some(_) => {}
        None => output::make_folder(within)?,
    }
    output::write(&path, text.as_bytes(), Readers::Everyone, existing).map_err(|error| refused(error, &path))
}

fn refused(error: OutputError, path: &Path) -> AppError {
    match error {
        OutputError::Exists(_) => WritingError::Changed.into(),
        OutputError::InTheWay { .. } => in_the_way(path),
        OutputError::System { ref source, .. }
            if matches!(source.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
        {
            WritingError::ReadOnly(path.to_owned()).into()
        }
        error => error.into(),
    }
}

/// Removes a draft.
pub(super) fn remove(folder: &Path, file: &Path) -> Result<(), AppError> {
    let path = folder.join(file);
    fs::remove_file(&path).map_err(|error| AppError::file(&path, &error))
}

/// The file or folder that may not be written to, if so. A folder that is still to be made is judged by the one that it comes into.
pub(super) fn read_only(folder: &Path, file: &Path) -> Option<PathBuf> {
    let path = folder.join(file);
    if about(&path).ok().flatten().is_some_and(|about| about.is_file() && !is_writable(&about)) {
        return Some(path);
    }
    let within = [output::folder(&path), folder].into_iter().find(|folder| folder.is_dir())?;
    // Whoever may do everything may write to such a folder, and someone said that it isn't to be written to all the same.
    let may = fs::metadata(within).is_ok_and(|about| is_writable(&about)) && output::nameless(within).is_ok();
    // A full disk isn't read-only: whoever saves is told what is wrong with it.
    let is_full = || matches!(output::nameless(within), Err(OutputError::System { source, .. }) if source.kind() == ErrorKind::StorageFull);
    (!may && !is_full()).then(|| within.to_owned())
}

fn is_writable(about: &Metadata) -> bool {
    about.mode() & 0o200 != 0
}

/// Notes names, sizes and times of all that lies in a folder, and in those below it.
pub(super) fn stamp(folder: &Path, into: &mut impl Hasher) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(about) = entry.metadata() else { continue };
        (entry.file_name(), about.len(), about.mtime(), about.mtime_nsec()).hash(into);
        if about.is_dir() {
            stamp(&entry.path(), into);
        }
    }
}

/// What lies there itself, a link as a link.
fn about(path: &Path) -> Result<Option<Metadata>, AppError> {
    match fs::symlink_metadata(path) {
        Ok(about) => Ok(Some(about)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AppError::file(path, &error)),
    }
}

fn in_the_way(path: &Path) -> AppError {
    WritingError::InTheWay(path.to_owned()).into()
}
