//! What a row without an error comes to; some are in order, and yet subscribe nobody.

use crate::domain::subscriber::SubscribeRequest;

/// What a row without an error comes to.
pub(super) enum Entry {
    /// It asks for a subscription.
    Wanted(SubscribeRequest),
    /// It is left out.
    Skipped(Skipped),
}

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The line it begins on, from 1.
    pub line: usize,
    /// Its number in the register, as it stands there; empty when it has none that can be shown.
    pub urn: String,
    /// The school; empty when its name cannot be shown.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// Its status, in the register's words, is not one of an open school.
    NotOpen(String),
    /// Nobody gave an address for it.
    NoEmail,
    /// The register has no ages for it, so there is nothing to choose bands by.
    NoAges,
    /// No band has children from the first age until they turn the second.
    NoBand(u8, u8),
}

impl SkipReason {
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
