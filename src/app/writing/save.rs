//! Saving a text: whole or not at all, only over what its writer knew, and with the version before kept.

use std::path::Path;

use chrono::NaiveDate;
use tokio::sync::Mutex;

use super::desk::{Lying, Writing};
use super::error::WritingError;
use super::files;
use crate::app::AppError;
use crate::domain::writing::TextRef;
use crate::domain::writing::version::{KeptText, SaveAction};
use crate::library::writing::{Sheet, by_field};
use crate::output::Existing;

/// What a text is saved as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveAs {
    /// Into the library.
    Done,
    /// Beside it, whatever is still wrong with it.
    Draft,
}

/// One save of this process at a time: between the look at what lies there and the new file, nobody else writes.
static SAVING: Mutex<()> = Mutex::const_new(());

impl Writing {
    /// Saves what a text's file is to say, if what lies there is still what its writer was shown.
    ///
    /// # Errors
    /// When someone else was faster, the text has errors and is not a draft, nothing differs, or it can't be written; then nothing was
    /// changed.
    pub async fn save(&self, text: &TextRef, file: &str, save_as: SaveAs, shown: &Lying) -> Result<(), AppError> {
        let _one_at_a_time = SAVING.lock().await;
        self.unchanged(text, shown)?;
        match save_as {
            SaveAs::Draft => self.save_draft(text, file, shown).await,
            SaveAs::Done => {
                self.fit(text, file)?;
                let action = if shown.draft.is_some() { SaveAction::Finish } else { SaveAction::Write };
                self.save_file(text, file, action, shown).await
            }
        }
    }

    /// Gives a text new dates, once someone has read it again.
    ///
    /// # Errors
    /// As for [`Writing::save`].
    pub async fn review(
        &self,
        text: &TextRef,
        review_by: NaiveDate,
        reviewed_by: &str,
        shown: &Lying,
    ) -> Result<(), AppError> {
        let _one_at_a_time = SAVING.lock().await;
        self.unchanged(text, shown)?;
        let before = shown.file.as_deref().ok_or(WritingError::Missing)?;
        let sheet = Sheet::read(text, before).filter(Sheet::has_review).ok_or(WritingError::NotAForm)?;
        let after = sheet.reviewed(self.today(), review_by, reviewed_by).write(text, Some(before));
        let after = after.ok_or(WritingError::NotAForm)?;
        self.fit(text, &after)?;
        self.save_file(text, &after, SaveAction::Review, shown).await
    }

    /// The version before the newest one, if that was a review which someone noted here and which still stands: nothing but its
    /// dates differs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn before_review(&self, text: &TextRef, lying: &Lying) -> Result<Option<u64>, AppError> {
        let (Some(newest), Some(now)) = (self.versions(text).await?.into_iter().next(), &lying.file) else {
            return Ok(None);
        };
        let Some((said, Some(before))) = self.version(text, newest.number).await? else { return Ok(None) };
        let undated = |file: &str| Sheet::read(text, file).filter(Sheet::has_review).map(|sheet| sheet.undated());
        // Taking a review back is a change of dates, too, but it doesn't say that the text was checked on that day.
        let day = self.context.local(newest.at).date_naive().to_string();
        let is_dated = |file: &str| Sheet::read(text, file).is_some_and(|sheet| sheet.reviewed_on() == day);
        let is_review = newest.by.is_some() && said == *now && is_dated(&said) && undated(&said) == undated(&before);
        Ok((is_review && said != before).then(|| newest.number - 1))
    }

    /// Saves what a version said.
    ///
    /// # Errors
    /// As for [`Writing::save`].
    pub async fn take_back(&self, text: &TextRef, number: u64, shown: &Lying) -> Result<(), AppError> {
        let _one_at_a_time = SAVING.lock().await;
        self.unchanged(text, shown)?;
        let said = self.context.store.text_version(&text.file(), number).await?.ok_or(WritingError::Missing)?;
        self.fit(text, &said)?;
        self.save_file(text, &said, SaveAction::TakeBack, &Lying { draft: None, ..shown.clone() }).await
    }

    /// Throws a draft away; what it said stays among the versions of its file.
    ///
    /// # Errors
    /// When there is none, or it can't be removed.
    pub async fn discard(&self, text: &TextRef, shown: &Lying) -> Result<(), AppError> {
        let _one_at_a_time = SAVING.lock().await;
        self.unchanged(text, shown)?;
        let (Some(file), Some(draft)) = (text.draft_file(), &shown.draft) else {
            return Err(WritingError::Missing.into());
        };
        self.keep(&file, draft, None).await?;
        files::remove(&self.folder(), Path::new(&file))?;
        self.keep(&file, draft, Some(SaveAction::Discard)).await
    }

    async fn save_draft(&self, text: &TextRef, file: &str, shown: &Lying) -> Result<(), AppError> {
        let draft = text.draft_file().ok_or(WritingError::NotAForm)?;
        if shown.draft.as_deref() == Some(file) {
            return Err(WritingError::Same.into());
        }
        self.put(&draft, shown.draft.as_deref(), file, SaveAction::Draft).await
    }

    async fn save_file(&self, text: &TextRef, file: &str, action: SaveAction, shown: &Lying) -> Result<(), AppError> {
        let draft = text.draft_file().filter(|_| shown.draft.is_some());
        if shown.file.as_deref() == Some(file) && draft.is_none() {
            return Err(WritingError::Same.into());
        }
        self.put(&text.file(), shown.file.as_deref(), file, action).await?;
        match draft {
            Some(draft) => files::remove(&self.folder(), Path::new(&draft)),
            None => Ok(()),
        }
    }

    /// Writes a file, with the version before kept first: if it can't be written after that, the version only says what is still there.
    async fn put(&self, file: &str, before: Option<&str>, after: &str, action: SaveAction) -> Result<(), AppError> {
        if let Some(before) = before {
            self.keep(file, before, None).await?;
        }
        let existing = if before.is_some() { Existing::Goes } else { Existing::Stays };
        files::write(&self.folder(), Path::new(file), after, existing)?;
        self.keep(file, after, Some(action)).await
    }

    async fn keep(&self, file: &str, text: &str, saved: Option<SaveAction>) -> Result<(), AppError> {
        let kept = KeptText { file: file.to_owned(), text: text.to_owned(), saved };
        Ok(self.context.store.keep_text(&kept, self.context.clock.now()).await?)
    }

    fn unchanged(&self, text: &TextRef, shown: &Lying) -> Result<(), AppError> {
        if self.lying(text)? == *shown { Ok(()) } else { Err(WritingError::Changed.into()) }
    }

    /// Refuses a text with errors.
    fn fit(&self, text: &TextRef, file: &str) -> Result<(), AppError> {
        let (_, mut found) = self.read(text, file);
        found.retain(crate::domain::diagnostic::Diagnostic::is_error);
        if found.is_empty() { Ok(()) } else { Err(WritingError::Unfinished(by_field(text, file, found)).into()) }
    }
}
