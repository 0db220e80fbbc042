//! Why a text was not saved.

use std::path::PathBuf;

use crate::domain::writing::form::FieldFinding;

/// Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WritingError {
    /// Someone else saved it, or changed the file, since it was looked at.
    #[error("the text was changed meanwhile")]
    Changed,
    #[error("the text has {} errors", .0.len())]
    Unfinished(Vec<FieldFinding>),
    /// It says what it said.
    #[error("nothing was changed")]
    Same,
    /// What is in its file can't be joined with a form.
    #[error("the file is not written like a text")]
    NotAForm,
    /// A link or something that is no file lies there.
    #[error("{0} is in the way")]
    InTheWay(PathBuf),
    #[error("{0} is read-only")]
    ReadOnly(PathBuf),
    /// The file is longer than a text may be.
    #[error("the text is too long")]
    TooLong,
    /// There is no such text.
    #[error("there is no such text")]
    Missing,
}
