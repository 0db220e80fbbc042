//! A Maildir that mail servers deliver into and this program reads: a file moves from `new` to `cur` once it is dealt with.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use memchr::memmem;
use sha2::{Digest as _, Sha256};

use crate::mail::error::MailError;
use crate::mail::maildir::Maildir;

/// The most of a message that is read, in octets; one that is longer is read as far as that.
pub const LIMIT: u64 = 1024 * 1024;

/// The longest name of a file, in octets, on the file systems that there are.
const NAME_MAX: usize = 255;

/// How many short names are tried.
const SHORT_NAMES: u32 = 100;

/// The folder.
#[derive(Debug)]
pub struct Inbox(PathBuf);

/// What lies in the folder and was not dealt with.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The names of messages, sorted, so the oldest come first: they begin with a time.
    pub messages: Vec<OsString>,
    /// What is no message: folders, links, pipes.
    pub others: BTreeMap<OsString, FileType>,
}

impl Waiting {
    /// What there is in the folder, which is only looked at.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut waiting = Self::default();
        for entry in fs::read_dir(folder.join("new"))? {
            let entry = entry?;
            // Whatever begins with a dot is not a message (<https://cr.yp.to/proto/maildir.html>).
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_file() => waiting.messages.push(entry.file_name()),
                Ok(kind) => drop(waiting.others.insert(entry.file_name(), kind)),
                // It has just gone.
                Err(_) => {}
            }
        }
        waiting.messages.sort();
        Ok(waiting)
    }
}

impl Inbox {
    /// Opens it, and makes what is missing of it; what there is to read is read, even where nothing can be made.
    ///
    /// # Errors
    /// When `new` can be neither found nor made.
    pub fn open(path: &Path) -> Result<Self, MailError> {
        if !["cur", "new", "tmp"].iter().all(|folder| path.join(folder).is_dir()) {
            let made = Maildir::open(path);
            if !path.join("new").is_dir() {
                made?;
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// What has come in.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn waiting(&self) -> io::Result<Waiting> {
        Waiting::of(&self.0)
    }

    /// What is in a message, up to [`LIMIT`] and one octet more; `None` when someone else took it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, name: &OsStr) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.0.join("new").join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut content = Vec::new();
        file.take(LIMIT + 1).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// Puts a message aside, as seen, over no other one; under a short name where its own is too long or taken.
    ///
    /// # Errors
    /// When it cannot be moved; that someone else moved it is no error.
    pub fn done(&self, name: &OsStr) -> io::Result<()> {
        let from = self.0.join("new").join(name);
        let own =
            || if memmem::find(name.as_bytes(), b":2,").is_some() { name.to_owned() } else { seen(name.to_owned()) };
        let short = |n: u32| seen(format!("{}-{n}", mark(name)).into());
        let names = [own()].into_iter().chain((0..SHORT_NAMES).map(short)).filter(|name| name.len() <= NAME_MAX);
        let free = names.map(|name| self.0.join("cur").join(name)).find(|to| to.symlink_metadata().is_err());
        let moved = free.map_or_else(|| Err(ErrorKind::AlreadyExists.into()), |to| fs::rename(&from, to));
        if from.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) { Ok(()) } else { moved }
    }
}

fn seen(mut name: OsString) -> OsString {
    name.push(":2,S");
    name
}

/// What stands for a name: as short, whatever the name is made of.
pub fn mark(name: &OsStr) -> String {
    HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..16])
}
