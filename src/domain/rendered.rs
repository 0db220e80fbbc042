//! What digest hands to mail: subject, HTML and text as literals and slots.

use serde::{Deserialize, Serialize};

use super::picture::PictureName;

/// A per-recipient value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// A whole computed greeting. Text.
    Greeting,
    /// The unsubscribe link. URL.
    UnsubscribeUrl,
    /// The link to change bands. URL.
    PreferencesUrl,
    /// The link that confirms or undoes something. URL. In letters alone.
    ConfirmUrl,
}

impl Slot {
    pub const ALL: &[Self] = &[Self::Greeting, Self::UnsubscribeUrl, Self::PreferencesUrl, Self::ConfirmUrl];

    pub const OF_DIGESTS: &[Self] = &[Self::Greeting, Self::UnsubscribeUrl, Self::PreferencesUrl];

    /// Its name in a template: `{{slot "greeting"}}`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::UnsubscribeUrl => "unsubscribe_url",
            Self::PreferencesUrl => "preferences_url",
            Self::ConfirmUrl => "confirm_url",
        }
    }

    /// Whether it may stand only as a whole `href="…"` (or anywhere in text).
    pub fn is_url(self) -> bool {
        !matches!(self, Self::Greeting)
    }
}

/// A stretch of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    /// The same for the whole segment.
    Literal(String),
    /// Differs per recipient. In HTML its value must be escaped by whoever fills it.
    Slot(Slot),
}

/// A body cut at its slots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body(pub Vec<Piece>);

impl Body {
    /// The body with every slot replaced by `value(slot)`.
    pub fn fill(&self, value: impl Fn(Slot) -> String) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Slot(slot) => value(*slot),
            })
            .collect()
    }

    /// Whether `slot` occurs.
    pub fn has(&self, slot: Slot) -> bool {
        self.0.contains(&Piece::Slot(slot))
    }

    /// Bytes without the slots' values.
    pub fn literal_bytes(&self) -> usize {
        self.0.iter().map(|piece| if let Piece::Literal(text) = piece { text.len() } else { 0 }).sum()
    }
}

/// A digest as one segment reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The subject, one line.
    pub subject: String,
    /// The HTML body.
    pub html: Body,
    pub text: Body,
    /// The pictures that the HTML shows, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<PictureName>,
}
