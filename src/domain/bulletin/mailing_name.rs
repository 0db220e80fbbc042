//! A mailing as people name it: an edition by its number, a bulletin by its name.

use std::fmt;

use super::text::BulletinName;
use crate::domain::edition::EditionNumber;

/// What went to many, as people name it. `edition 7`, or `bulletin warning`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailingName {
    Edition(EditionNumber),
    Bulletin(BulletinName),
}

impl fmt::Display for MailingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edition(number) => write!(f, "edition {number}"),
            Self::Bulletin(name) => write!(f, "bulletin {name}"),
        }
    }
}
