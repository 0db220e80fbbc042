//! The versions of a text: who saved each, what differs, and whether someone else was faster.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::domain::edit_marks::{Piece, pieces};

/// How many versions of one text are kept; the oldest go first.
pub const MOST_VERSIONS: u32 = 50;

/// One version of a text, without the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextVersion {
    /// Counted from 1 for each file.
    pub number: u64,
    pub at: DateTime<Utc>,
    /// Who saved it in the console; `None` where it was found like that, because the file itself was changed.
    pub by: Option<String>,
}

/// A text to be kept as a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptText {
    /// Its file, from the library's folder on.
    pub file: String,
    pub text: String,
    /// What was done, for the audit; `None` where it was found like that.
    pub saved: Option<SaveAction>,
}

/// Why a text was saved. The words stand in the audit: never rename one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveAction {
    Write,
    /// Kept as a draft.
    Draft,
    /// A draft was said to be done.
    Finish,
    /// Someone read it again, and set new dates.
    Review,
    /// A version before was taken back.
    TakeBack,
    /// A draft was thrown away.
    Discard,
}

impl SaveAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Draft => "write-draft",
            Self::Finish => "finish-draft",
            Self::Review => "review",
            Self::TakeBack => "take-back",
            Self::Discard => "discard-draft",
        }
    }
}

/// What lies at a text's place, in a form's hidden field: so a save knows whether it is still what was shown.
pub fn digest(text: Option<&str>) -> String {
    match text {
        None => "none".to_owned(),
        Some(text) => data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..16]),
    }
}

/// What of `old` is not in `new`, and the other way round, word by word.
pub fn difference(old: &str, new: &str) -> Vec<Piece> {
    pieces(old, new)
}
