//! Rows that are in order, and yet subscribe nobody: why, and whom.

use std::fmt;

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The line it begins on, from 1.
    pub line: usize,
    /// Its number in the register, as it stands there; empty when it has none that can be shown.
    pub urn: String,
    /// The school; empty when its name cannot be shown.
    pub name: String,
    /// Why.
    pub why: Why,
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Its status, in the register's words, is not one of an open school.
    NotOpen(String),
    /// Nobody gave an address for it.
    NoEmail,
    /// The register has no ages for it, so there is nothing to choose bands by.
    NoAges,
    /// No band has children from the first age until they turn the second.
    NoBand(u8, u8),
}

impl Why {
    /// A stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "not_open",
            Self::NoEmail => "no_email",
            Self::NoAges => "no_ages",
            Self::NoBand(..) => "no_band",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen(status) if status.is_empty() => f.write_str("no status"),
            Self::NotOpen(status) => f.write_str(status),
            Self::NoEmail => f.write_str("no email"),
            Self::NoAges => f.write_str("no ages"),
            Self::NoBand(low, high) => write!(f, "no band has children from {low} until they turn {high}"),
        }
    }
}
