//! What a bulletin says, and what it's called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::activity::is_slug;
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::prose::Prose;
use crate::domain::subscriber::Sector;
use crate::domain::text::serde_as_text;

/// The name of a bulletin: its file's name without `.md`, in lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BulletinName(String);

/// The text is no name of a bulletin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a bulletin's name (expected lower-case letters, digits and hyphens)")]
pub struct BulletinNameError(String);

impl BulletinName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BulletinName {
    type Err = BulletinNameError;

    fn from_str(text: &str) -> Result<Self, BulletinNameError> {
        if is_slug(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(BulletinNameError(text.chars().filter(|c| !c.is_control()).take(80).collect()))
    }
}

impl fmt::Display for BulletinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
serde_as_text!(BulletinName);

/// What a bulletin says, and whom its file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    pub name: BulletinName,
    /// The mail's subject and its heading.
    pub title: String,
    /// One or two sentences, for the front page, the feeds and what a mailbox shows beside the subject.
    pub summary: String,
    /// Only readers of one of these; everyone's, when it's empty.
    pub bands: Vec<BandName>,
    /// Only organisations of one of these; all, when it's empty.
    pub sectors: Vec<Sector>,
    /// The edition that it corrects, where its file says so: then nobody has to say so when it's sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EditionNumber>,
    /// What was wrong in an earlier mail, and what is right. Whatever has this is sent to the readers of that mail alone.
    #[serde(default)]
    pub correction: Option<Correction>,
    /// Empty in a correction.
    pub body: Prose,
}

impl Bulletin {
    /// What readers see of it, and who they are: an approval is of both.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_bulletin_parts(
            &self.title,
            &self.summary,
            &(&self.correction, &self.body),
            &(&self.bands, &self.sectors, &self.corrects),
        )
    }
}

/// How a correction begins. Neither is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub wrong: Prose,
    pub right: Prose,
}
