//! Why a picture is left out.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::domain::picture::PictureSubject;
use crate::ordinary_file;
use crate::pictures::PictureProblem;

/// A picture that should be shown and can't be, so that what it belongs to goes out without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub subject: PictureSubject,
    /// Empty for the one to share, which has none.
    pub file: PathBuf,
    pub problem: Unusable,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, file, problem } = self;
        let (file, help) = (file.display(), problem.help());
        match subject {
            PictureSubject::Activity(id) => write!(f, "{file} {problem}, so {id} goes out without a picture: {help}"),
            PictureSubject::Logo => {
                write!(f, "{file} {problem}, so mails and pages show the service’s name in its place: {help}")
            }
            PictureSubject::Share => write!(f, "there is no square picture to share: it {problem}"),
        }
    }
}

/// What is wrong with the file of a picture. It goes on behind the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("isn’t there")]
    Missing,
    #[error("can’t be read ({0})")]
    Unreadable(String),
    /// It is not the file that the library was checked with.
    #[error("was changed a moment ago")]
    Changed,
    #[error("isn’t a plain file name of a picture")]
    Name,
    /// Only a logo's is limited so.
    #[error("is larger than 1 MB")]
    TooManyBytes,
    #[error(transparent)]
    Picture(#[from] PictureProblem),
}

impl Unusable {
    pub(super) fn unreadable(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(ordinary_file::reason(error)),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Picture(problem) => problem.help(),
            Self::Changed => "the new one is shown as soon as the library has been read again",
            Self::Missing => "put the picture there",
            Self::Unreadable(_) => "make it a file that this user may read",
            Self::Name => "name a .png, .jpg or .webp file that lies beside the activity: padlock.png",
            Self::TooManyBytes => "save it smaller: 480 pixels wide are plenty",
        }
    }
}
