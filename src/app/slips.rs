//! Texts that were changed after they had gone out, and the web's pages that show them so. Mails keep what they said.

use super::{AppContext, AppError, Content};
use crate::domain::audit::OPERATOR;
use crate::domain::edit_marks::{self, ChangeKind, TextChange};
use crate::domain::edition::EditionNumber;
use crate::domain::edits::ApprovedTexts;
use crate::domain::revised::{RevisedText, TextRevision};
use crate::store::PublishedView;

/// Finds slips in texts that went out, and mends them on the web.
pub struct Slips {
    context: AppContext,
    content: Content,
}

/// A text of a published edition that the library has changed since.
#[derive(Debug, Clone)]
pub struct ChangedText {
    /// Word by word, from what the web shows to what the library says.
    pub change: TextChange,
    /// What the library says.
    pub now: RevisedText,
    /// Which revision it would be.
    pub number: u32,
}

impl Slips {
    pub fn new(context: &AppContext, content: &Content) -> Self {
        Self { context: context.clone(), content: content.clone() }
    }

    /// The texts of a published edition that read differently now. Those that were withdrawn are shown nowhere, so they are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn changed(&self, number: EditionNumber) -> Result<Vec<ChangedText>, AppError> {
        let Some(view) = self.context.store.published_view(number).await? else { return Ok(Vec::new()) };
        let (texts, selection) = (self.content.library.texts(), &view.edition.selection);
        let changes = edit_marks::changes(&shown(&view), texts, selection).into_iter();
        Ok(changes.filter_map(|change| self.changed_text(&view, change)).collect())
    }

    fn changed_text(&self, view: &PublishedView, change: TextChange) -> Option<ChangedText> {
        if change.kind != ChangeKind::Edited {
            return None;
        }
        let library = &self.content.library;
        let now = match library.theme(&change.id) {
            Some(theme) => RevisedText::Theme(Box::new(theme.clone())),
            None => RevisedText::Activity(Box::new(library.activity(&change.id.parse().ok()?)?.clone())),
        };
        let last = view.revised.iter().find(|revision| revision.text.key() == now.key());
        Some(ChangedText { change, number: last.map_or(1, |last| last.number.saturating_add(1)), now })
    }

    /// Shows a text of that edition as it reads now, marked as corrected today. Returns whether that was done: not where someone
    /// else has done it meanwhile.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn mend(&self, number: EditionNumber, text: &ChangedText) -> Result<bool, AppError> {
        let at = self.context.clock.now();
        let revision = TextRevision { text: text.now.clone(), number: text.number, at };
        Ok(self.context.store.revise_text(number, &revision, OPERATOR).await?)
    }
}

/// What the web shows of an edition.
fn shown(view: &PublishedView) -> ApprovedTexts {
    let mut theme = view.theme.clone();
    let mut activities: Vec<_> = view.texts.iter().map(|text| text.content.clone()).collect();
    for revision in &view.revised {
        match &revision.text {
            RevisedText::Theme(mended) => theme = mended.as_ref().clone(),
            RevisedText::Activity(mended) => {
                activities.iter_mut().filter(|one| one.id == mended.id).for_each(|one| one.clone_from(mended));
            }
        }
    }
    activities.retain(|activity| view.recalls.get(&activity.id).is_none_or(|recall| !recall.stands));
    ApprovedTexts { theme: Some(theme), activities, bulletin: None }
}
