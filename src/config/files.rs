//! The files that a configuration consists of or names: itself, passwords and keys, paths beside it.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::domain::diagnostic::Diagnostic;
use crate::domain::text::check_characters;
use crate::ordinary_file::{self, reason};
use crate::toml_form::value::Value;

/// The largest configuration: far above any real one, low enough not to fill the memory.
const CONFIG_LIMIT: u64 = 16 << 20;

/// The largest password file.
const PASSWORD_LIMIT: u64 = 4096;

/// The text of the configuration.
pub(super) fn read_config(file: &Path) -> Result<String, Box<Diagnostic>> {
    let name = file.display().to_string();
    let read = read_limited(file, CONFIG_LIMIT).map_err(|error| unreadable(&error).in_file(&name))?;
    let Some(bytes) = read else {
        let diagnostic = Diagnostic::error("too-large", "the file is larger than 16 MiB; it cannot be a configuration");
        let help = "name the right file with --config; a long list of subscribers goes into a CSV file instead: fortnightly subscribers import FILE";
        return Err(diagnostic.in_file(name).help(help).into());
    };
    String::from_utf8(bytes).map_err(|error| not_utf8(&error).in_file(name).into())
}

fn unreadable(error: &io::Error) -> Diagnostic {
    let (message, help) = match error.kind() {
        ErrorKind::NotFound if !ordinary_file::is_in_the_way(error) => {
            ("there is no such file".to_owned(), "run `fortnightly init` to make one, or name it with --config")
        }
        _ if ordinary_file::is_in_the_way(error) => (
            format!("the file cannot be read: {}", reason(error)),
            "move it away and put the file there, or name another with --config",
        ),
        _ => (
            format!("the file cannot be read: {}", reason(error)),
            "check its owner and permissions, or name another with --config",
        ),
    };
    Diagnostic::error("unreadable", message).help(help)
}

fn not_utf8(error: &std::string::FromUtf8Error) -> Diagnostic {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = before.split(|byte| *byte == b'\n').count();
    let column =
        before.rsplit(|byte| *byte == b'\n').next().map_or(0, |text| String::from_utf8_lossy(text).chars().count()) + 1;
    let diagnostic = Diagnostic::error("not-utf8", "the file is not UTF-8 text from here on")
        .help("open it in an editor and save it with the encoding UTF-8");
    Diagnostic { line: Some(line), column: Some(column), ..diagnostic }
}

/// The bytes of a file; `None` when there are more than `limit`.
pub(super) fn read_limited(file: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    ordinary_file::open(file)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// The password in a file, or why there is none as the end of a sentence. One trailing newline is not part of it.
pub(super) fn read_password(file: &Path) -> Result<String, String> {
    let bytes = read_limited(file, PASSWORD_LIMIT).map_err(|error| format!("cannot be read: {}", reason(&error)))?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or("does not hold a password")?;
    let password = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if password.is_empty() {
        return Err("is empty".to_owned());
    }
    if password.contains(['\n', '\r', '\0']) {
        return Err("holds more than one line".to_owned());
    }
    Ok(password.to_owned())
}

/// Warns when every user of the machine may read the secret that `value` names.
pub(super) fn warn_if_world_readable(value: &Value<'_>, path: &Path) {
    if is_world_readable(path) {
        let shown = path.display();
        let what = format!("{shown} can be read by every user of this machine");
        value.warning("secret-readable", what, format!("run: chmod 600 {shown}"));
    }
}

#[cfg(unix)]
fn is_world_readable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
}

/// Other systems have no such bit.
#[cfg(not(unix))]
fn is_world_readable(_: &Path) -> bool {
    false
}

/// The path that `value` is, usable from the working directory.
pub(super) fn read_path(value: &Value<'_>, folder: &Path) -> Option<PathBuf> {
    let path = value.text()?;
    check_path(value, path).then(|| resolve(folder, path))
}

/// The path after a scheme such as `sqlite:`.
pub(super) fn path_after(value: &Value<'_>, path: &str, folder: &Path) -> Option<PathBuf> {
    if path.starts_with("//") {
        let help = "write the path straight after the colon: var/… beside this file, or /… from the top";
        value.bad(path, "begins with two slashes", help);
        return None;
    }
    if path.starts_with(':') || path.ends_with('/') || path == "." {
        value.bad(path, "does not name a file or folder", value.like_this());
        return None;
    }
    check_path(value, path).then(|| resolve(folder, path))
}

fn check_path(value: &Value<'_>, path: &str) -> bool {
    if path.trim().is_empty() {
        value.error("bad-value", "names no file", value.like_this());
        return false;
    }
    check_characters(path).map_err(|error| value.bad(path, error, value.like_this())).is_ok()
}

/// The folder of the configuration.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A path of the configuration, usable from the working directory.
fn resolve(folder: &Path, path: &str) -> PathBuf {
    if folder == Path::new(".") { PathBuf::from(path) } else { folder.join(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_file() {
        assert_eq!(folder_of(Path::new("config.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("/etc/fortnightly/config.toml")), Path::new("/etc/fortnightly"));
        assert_eq!(resolve(Path::new("."), "var/mail"), Path::new("var/mail"));
        assert_eq!(resolve(Path::new("a/b"), "var/mail"), Path::new("a/b/var/mail"));
        assert_eq!(resolve(Path::new("a/b"), "/srv/mail"), Path::new("/srv/mail"));
    }
}
