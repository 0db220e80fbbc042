//! The organisation's logo: read along with the library, and drawn when something shows it for the first time.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::unusable::Unusable;
use crate::domain::picture::Picture;
use crate::ordinary_file;
use crate::pictures::{fit_within, inspect};

/// The largest file of a logo, in bytes. It is read by every command that shows something, so it must not take long.
const MOST_FILE_BYTES: u64 = 1_000_000;

/// How many bytes of a mail the logo takes at most.
const MOST_BYTES: usize = 20_000;

/// The longest side that is kept, in pixels: twice what is shown, for screens of small dots.
const SIDE: u32 = 480;

#[derive(Debug)]
pub(super) struct Logo {
    pub(super) file: PathBuf,
    /// The whole file, if its header says that it can be shown.
    bytes: Result<Vec<u8>, Unusable>,
    drawn: OnceLock<Result<Picture, Unusable>>,
}

impl Logo {
    pub(super) fn read(file: &Path) -> Self {
        Self { file: file.to_owned(), bytes: read(file), drawn: OnceLock::new() }
    }

    /// Whether its header says that it can be shown.
    pub(super) fn inspected(&self) -> Result<(), &Unusable> {
        self.bytes.as_ref().map(drop)
    }

    /// As it goes out, small enough for every mail.
    pub(super) fn picture(&self) -> Result<&Picture, &Unusable> {
        let draw = || Ok(fit_within(self.bytes.as_ref().map_err(Unusable::clone)?, SIDE, MOST_BYTES)?);
        self.drawn.get_or_init(draw).as_ref()
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::new();
    let opened = ordinary_file::open(file).map_err(|error| Unusable::unreadable(&error))?;
    opened.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Unusable::unreadable(&error))?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        return Err(Unusable::TooManyBytes);
    }
    inspect(&bytes)?;
    Ok(bytes)
}
