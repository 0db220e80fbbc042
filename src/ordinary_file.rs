//! Reads files that are files. A pipe in place of one would be waited for, perhaps for ever, and a device may never end.

use std::fs::{self, File, FileType};
use std::io::{self, Error, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Opens a file, or says what is there instead. A folder is left to whoever reads it.
///
/// # Errors
/// When it cannot be opened, or is a pipe, a device or a socket (`InvalidInput`).
pub(crate) fn open(path: &Path) -> io::Result<File> {
    refuse_others(path)?;
    File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound if path.is_symlink() => Error::new(ErrorKind::NotFound, "it is a link to nothing"),
        _ => error,
    })
}

/// As [`open`], and takes what a shell pipes in by `/dev/stdin` or `<(…)`: someone writes there.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_or_piped(path: &Path) -> io::Result<File> {
    let is_piped = path == Path::new("/dev/stdin") || path.starts_with("/dev/fd");
    if is_piped && fs::metadata(path)?.file_type().is_fifo() { File::open(path) } else { open(path) }
}

/// The content of a file.
///
/// # Errors
/// As [`open`].
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file.
///
/// # Errors
/// As [`open`], or when it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    io::read_to_string(open(path)?)
}

/// Refuses what is neither a file nor a folder. What cannot be looked at is left to whoever opens it.
///
/// # Errors
/// `InvalidInput`, with what it is.
pub(crate) fn refuse_others(path: &Path) -> io::Result<()> {
    let Ok(about) = fs::metadata(path) else { return Ok(()) };
    let kind = about.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, format!("it is {}, not a file", word(kind))))
}

/// Why something cannot be read, in plain words where we know them.
pub(crate) fn reason(error: &Error) -> String {
    match error.kind() {
        // It was put into words here.
        _ if error.get_ref().is_some() => error.to_string(),
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether something else stands where a file is expected.
pub(crate) fn is_in_the_way(error: &Error) -> bool {
    error.kind() == ErrorKind::IsADirectory || error.get_ref().is_some()
}

/// What something is.
pub(crate) fn word(kind: FileType) -> &'static str {
    match () {
        () if kind.is_file() => "a file",
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a link",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}
