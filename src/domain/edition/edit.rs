//! What was edited in a text since it was picked or approved.

use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::TextPart;

/// One text that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The activity's id, or the theme's folder name.
    pub id: String,
    /// Its title now.
    pub title: String,
    /// The parts that changed.
    pub parts: Vec<TextPart>,
}
