//! What is right and wrong with a text, before it is saved.

use super::desk::Writing;
use super::sheet::Edited;
use crate::app::AppError;
use crate::domain::band::BandName;
use crate::domain::writing::TextRef;
use crate::domain::writing::form::FieldFinding;
use crate::editorial;
use crate::library::writing::{ReadText, by_field, read_one};

/// What a look at a text came to.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Errors first, each with its field.
    pub findings: Vec<FieldFinding>,
    /// Whether it may go into the library.
    pub is_fit: bool,
    /// The age at which it reads, in years.
    pub reading_age: Option<f64>,
}

impl Writing {
    /// Checks a text as it would be in its file, and says what an editor would.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check(&self, text: &TextRef, file: &str) -> Result<Checked, AppError> {
        let config = &self.context.config;
        let (read, mut found) = self.read(text, file);
        let is_fit = !found.iter().any(crate::domain::diagnostic::Diagnostic::is_error);
        if let (true, Some(read), Some(content)) = (is_fit, &read, &self.content) {
            let editions = self.context.store.editions().await?;
            let published = editions.iter().filter(|edition| edition.is_published()).map(|edition| edition.number);
            let (base_url, published) = (&config.service.base_url, published.collect());
            let site = editorial::Site { base_url, editions: &published };
            let about = (&config.bands, site, content.library.as_ref());
            found.extend(editorial::lint_text(text, file, bands(read), about));
        }
        let mut findings = by_field(text, file, found);
        findings.sort_by_key(|one| (one.finding.level, one.finding.line, one.finding.column));
        Ok(Checked { findings, is_fit, reading_age: editorial::reading_age(file) })
    }

    /// A text without errors, and everything that was found.
    pub(super) fn read(
        &self,
        text: &TextRef,
        file: &str,
    ) -> (Option<ReadText>, Vec<crate::domain::diagnostic::Diagnostic>) {
        let config = &self.context.config;
        read_one((&self.folder(), text), file, (&config.bands, config.service.nation))
    }

    /// The text to show: as it is, or with examples in the place of what is missing.
    pub(super) fn readable(&self, text: &TextRef, edited: &Edited) -> Option<ReadText> {
        self.read(text, &edited.file).0.or_else(|| self.read(text, &edited.sample).0)
    }
}

/// The bands that an activity is for.
fn bands(read: &ReadText) -> &[BandName] {
    match read {
        ReadText::Activity(activity) => &activity.bands,
        _ => &[],
    }
}
