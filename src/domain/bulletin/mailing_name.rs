//! What goes to many, by the word that people have for it.

use std::fmt;

use super::text::BulletinName;
use crate::domain::edition::EditionNumber;

/// An edition by its number, or a bulletin by its name: `edition 7`, `bulletin warning`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailingName {
    Edition(EditionNumber),
    Bulletin(BulletinName),
}

impl MailingName {
    /// As a sentence begins with it: `Edition 7`.
    pub fn capital(&self) -> String {
        match self {
            Self::Edition(number) => format!("Edition {number}"),
            Self::Bulletin(name) => format!("Bulletin {name}"),
        }
    }
}

impl fmt::Display for MailingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edition(number) => write!(f, "edition {number}"),
            Self::Bulletin(name) => write!(f, "bulletin {name}"),
        }
    }
}
