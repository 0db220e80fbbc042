//! What someone approved of, and what the bulletin's file says since.

use std::fs;

use chrono::{DateTime, FixedOffset, Utc};

use super::Bulletins;
use super::error::BulletinError;
use crate::app::writing::Writing;
use crate::domain::bulletin::{Bulletin, BulletinName, BulletinRecord};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edit_marks::{TextChange, bulletin_change};
use crate::domain::writing::TextRef;

/// A bulletin's text as it lies in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextAtHand {
    pub title: String,
    /// When its file was last changed, in local time. None where the file system doesn't say.
    pub changed_at: Option<DateTime<FixedOffset>>,
}

impl Bulletins {
    /// Which text the library has of it: what an approval now would be of. None where it has none.
    pub fn text_at_hand(&self, name: &BulletinName) -> Option<TextAtHand> {
        let (text, file) = (self.text(name)?, TextRef::Bulletin(name.to_string()).file());
        let file = self.context.config.folder.join("activities").join(file);
        let changed_at = fs::metadata(file).and_then(|about| about.modified()).ok();
        let changed_at = changed_at.map(|at| self.context.local(DateTime::<Utc>::from(at)));
        Some(TextAtHand { title: text.title.clone(), changed_at })
    }

    /// What is wrong with its text, and what an editor would say of it.
    ///
    /// # Errors
    /// When the file or the store cannot be read.
    pub async fn findings(&self, name: &BulletinName) -> Result<Vec<Diagnostic>, BulletinError> {
        let (writing, text) = (Writing::new(&self.context, self.content.as_ref()), TextRef::Bulletin(name.to_string()));
        let Some(file) = writing.lying(&text)?.file else { return Ok(Vec::new()) };
        let checked = writing.check(&text, &file).await?;
        Ok(checked.findings.into_iter().map(|one| one.finding).collect())
    }

    /// What this text says otherwise than the one that was approved, whether or not the approval stands. None where it says the
    /// same, or nobody knows what was approved.
    pub(super) async fn changed(
        &self,
        record: &BulletinRecord,
        text: &Bulletin,
    ) -> Result<Option<TextChange>, BulletinError> {
        let approved = self.context.store.approved_texts(record.id.mailing()).await?;
        let approved = approved.and_then(|texts| texts.bulletin);
        Ok(approved.and_then(|approved| bulletin_change(&approved, text)))
    }
}
