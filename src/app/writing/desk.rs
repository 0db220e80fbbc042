//! The desk on which texts are written: the library's folder as it lies there now, with what the store knows of it.

use std::path::{Path, PathBuf};

use chrono::{Months, NaiveDate};

use super::files;
use crate::app::{AppContext, AppError, Content};
use crate::domain::activity::ActivityId;
use crate::domain::edition::EditionNumber;
use crate::domain::writing::TextRef;
use crate::domain::writing::version::{TextVersion, digest};
use crate::library::{self, Survey};

/// How long a text is good for before it is checked again, unless someone says otherwise.
const REVIEW_MONTHS: Months = Months::new(24);

/// Works on the texts of a library's folder as it lies there now.
#[derive(Clone)]
pub struct Writing {
    pub(super) context: AppContext,
    /// For previews; none while library or templates have errors.
    pub(super) content: Option<Content>,
}

/// What lies in a text's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Its file's content; none while there is no file.
    pub file: Option<String>,
    /// Its draft's.
    pub draft: Option<String>,
}

impl Lying {
    /// What is edited: the draft, where there is one.
    pub fn newest(&self) -> Option<&str> {
        self.draft.as_deref().or(self.file.as_deref())
    }

    /// Stands in a form for what was shown beside it.
    pub fn mark(&self) -> String {
        format!("{}.{}", digest(self.file.as_deref()), digest(self.draft.as_deref()))
    }

    /// Whether there is neither file nor draft.
    pub fn is_nothing(&self) -> bool {
        self.file.is_none() && self.draft.is_none()
    }
}

impl Writing {
    pub fn new(context: &AppContext, content: Option<&Content>) -> Self {
        Self { context: context.clone(), content: content.cloned() }
    }

    /// The library's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.context.config.folder.join("activities")
    }

    /// What lies in the place of this text.
    ///
    /// # Errors
    /// When something is in the way, or cannot be read.
    pub fn lying(&self, text: &TextRef) -> Result<Lying, AppError> {
        let read = |file: &str| files::read(&self.folder(), Path::new(file));
        let draft = text.draft_file().map(|file| read(&file)).transpose()?.flatten();
        Ok(Lying { file: read(&text.file())?, draft })
    }

    /// Whether this text's file could be written; if not, where that is.
    pub fn read_only(&self, text: &TextRef) -> Option<PathBuf> {
        files::read_only(&self.folder(), Path::new(&text.file()))
    }

    /// Today, and the day by which what is checked today is checked again.
    pub fn review_days(&self) -> (NaiveDate, NaiveDate) {
        let today = self.today();
        (today, today.checked_add_months(REVIEW_MONTHS).unwrap_or(NaiveDate::MAX))
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.context.local(self.context.clock.now()).date_naive()
    }

    /// The name of the file that a title makes; none when it has no letter or digit.
    pub fn slug(&self, title: &str) -> Option<String> {
        library::slug(title)
    }

    /// Whether an operator withdrew this activity.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_withdrawn(&self, id: &ActivityId) -> Result<bool, AppError> {
        Ok(self.context.store.withdrawn().await?.contains(id))
    }

    /// The versions of a text, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions(&self, text: &TextRef) -> Result<Vec<TextVersion>, AppError> {
        Ok(self.context.store.text_versions(&text.file()).await?)
    }

    /// What a version said, and what the one before it did.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn version(&self, text: &TextRef, number: u64) -> Result<Option<(String, Option<String>)>, AppError> {
        let (store, file) = (&self.context.store, text.file());
        let Some(said) = store.text_version(&file, number).await? else { return Ok(None) };
        let before = if number > 1 { store.text_version(&file, number - 1).await? } else { None };
        Ok(Some((said, before)))
    }

    /// Who saved the newest version, if the file still says that.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_saved(&self, text: &TextRef, lying: &Lying) -> Result<Option<TextVersion>, AppError> {
        let (store, is_draft) = (&self.context.store, lying.draft.is_some());
        let file = text.draft_file().filter(|_| is_draft).unwrap_or_else(|| text.file());
        let Some(newest) = store.text_versions(&file).await?.into_iter().next() else { return Ok(None) };
        let said = store.text_version(&file, newest.number).await?;
        Ok(Some(newest).filter(|_| said.as_deref() == lying.newest()))
    }

    /// The editions that were approved with this text and are still to go out: a change takes their approval back.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn approved_with(&self, text: &TextRef) -> Result<Vec<EditionNumber>, AppError> {
        let editions = self.context.store.editions().await?;
        let uses = |edition: &&crate::domain::edition::Edition| match text {
            TextRef::Activity(id) => edition.selection.picks.iter().any(|pick| pick.id == *id),
            TextRef::Theme(name) => edition.selection.theme == *name,
            _ => false,
        };
        let approved = editions.iter().filter(|edition| edition.is_open() && edition.approved_at.is_some());
        Ok(approved.filter(uses).map(|edition| edition.number).collect())
    }

    /// The editions that went out with this activity.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn published_with(&self, id: &ActivityId) -> Result<Vec<EditionNumber>, AppError> {
        let editions = self.context.store.editions().await?;
        let used = editions.iter().filter(|edition| edition.is_published());
        let used = used.filter(|edition| edition.selection.picks.iter().any(|pick| pick.id == *id));
        Ok(used.map(|edition| edition.number).collect())
    }

    /// All that lies in the folder now.
    pub(super) fn survey(&self) -> Survey {
        let config = &self.context.config;
        library::survey(&self.folder(), &config.bands, config.service.nation)
    }
}
