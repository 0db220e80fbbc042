//! A Maildir that mail servers deliver into and this program reads: a file moves from `new` to `cur` once it is dealt with.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::mail::error::MailError;
use crate::mail::maildir::Maildir;

/// The most of a message that is read, in octets; one that is longer is read as far as that.
pub const LIMIT: u64 = 1024 * 1024;

/// The folder.
#[derive(Debug)]
pub struct Inbox(PathBuf);

impl Inbox {
    /// Opens it, and makes it where it is missing.
    ///
    /// # Errors
    /// When a folder can be neither found nor made.
    pub fn open(path: &Path) -> Result<Self, MailError> {
        if !["cur", "new", "tmp"].iter().all(|folder| path.join(folder).is_dir()) {
            Maildir::open(path)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// The names of what has come in, oldest first: they begin with a time.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn waiting(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.0.join("new"))? {
            let entry = entry?;
            // Whatever begins with a dot is not a message (<https://cr.yp.to/proto/maildir.html>).
            if let Ok(name) = entry.file_name().into_string()
                && !name.starts_with('.')
                && entry.file_type()?.is_file()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// What is in a message, up to [`LIMIT`] and one octet more; `None` when somebody else took it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.0.join("new").join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut content = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Puts a message aside, as seen.
    ///
    /// # Errors
    /// When it cannot be moved; that somebody else moved it is no error.
    pub fn done(&self, name: &str) -> io::Result<()> {
        let seen = if name.contains(":2,") { name.to_owned() } else { format!("{name}:2,S") };
        match fs::rename(self.0.join("new").join(name), self.0.join("cur").join(seen)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            moved => moved,
        }
    }
}
