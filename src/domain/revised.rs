//! Texts that went out and were mended since: what the web shows of them, beside what was sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::activity::{Activity, Theme};

/// A text as it reads since a slip in it was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRevision {
    pub text: RevisedText,
    /// From 1, for each text of an edition.
    pub number: u32,
    pub at: DateTime<Utc>,
}

/// A text of an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RevisedText {
    Theme(Box<Theme>),
    Activity(Box<Activity>),
}

impl RevisedText {
    /// Names it among the texts of its edition: a theme's folder has no slash.
    pub fn key(&self) -> &str {
        match self {
            Self::Theme(theme) => &theme.name,
            Self::Activity(activity) => activity.id.as_str(),
        }
    }

    /// What readers see.
    pub fn title(&self) -> &str {
        match self {
            Self::Theme(theme) => &theme.title,
            Self::Activity(activity) => &activity.title,
        }
    }
}
