//! What texts of the library said before they were changed in the console.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::writing::version::{KeptText, TextVersion};

/// The versions of texts.
#[async_trait]
pub trait TextVersions {
    /// Those of a file, the newest first.
    async fn text_versions(&self, file: &str) -> Result<Vec<TextVersion>, StoreError>;

    /// What one of them said.
    async fn text_version(&self, file: &str, number: u64) -> Result<Option<String>, StoreError>;

    /// Keeps a text as the newest version of its file, unless that says the same already, with the audit's line of what was saved. The
    /// oldest beyond [`MOST_VERSIONS`](crate::domain::writing::version::MOST_VERSIONS) go.
    async fn keep_text(&self, kept: &KeptText, at: DateTime<Utc>) -> Result<(), StoreError>;
}
