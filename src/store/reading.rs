//! What was published, as those who read it on the web see it.

use async_trait::async_trait;

use super::{PublishedText, StoreError};
use crate::domain::activity::{Activity, ActivityId, Notice, Theme};
use crate::domain::edition::{Edition, EditionNumber};

/// A published edition with its texts as they went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEdition {
    /// Number, dates, state and picks.
    pub edition: Edition,
    /// The theme.
    pub theme: Theme,
    /// The activities, those withdrawn since among them.
    pub texts: Vec<PublishedText>,
    /// The notices.
    pub notices: Vec<Notice>,
}

/// What a store tells readers.
#[async_trait]
pub trait Reading {
    /// One published edition; `None` when it was not published.
    async fn published_edition(&self, number: EditionNumber) -> Result<Option<PublishedEdition>, StoreError>;

    /// An activity as it went out last, and with which edition; `None` when it never did.
    async fn published_activity(&self, id: &ActivityId) -> Result<Option<(EditionNumber, Activity)>, StoreError>;
}
