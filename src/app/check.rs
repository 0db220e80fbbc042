//! Everything wrong with config, library, templates, help block and the coming fortnights.

mod bands;
mod holidays;
mod occasions;
mod renders;
mod reviews;
mod subscribers;
mod year;

use chrono::NaiveDate;

use super::{AppError, Service, sync};
use crate::domain::diagnostic::Diagnostic;
use crate::editorial;
use crate::library;

/// How far ahead `check` looks.
pub const FORTNIGHTS: u32 = 26;

/// How many names a finding lists before it only counts.
const LISTED: usize = 3;

impl Service {
    /// Looks at everything. `self` must work on a copy of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check(&self) -> Result<Vec<Diagnostic>, AppError> {
        let now = self.clock.now();
        let library = self.library()?;
        let today = self.local(now).date_naive();
        let synced = sync::sync(self.store.as_ref(), &self.config.subscribers, true, now).await?;
        let rows = self.planner()?.plan(now, FORTNIGHTS).await?;
        let readers = self.store.readers().await?;
        let withdrawn = self.store.withdrawn().await?;
        let mut findings = library::overdue(library, today);
        findings.extend(library::unserved(library, &self.config.bands));
        findings.extend(self.lint().await?);
        findings.extend(subscribers::shared(&synced.plan.shared, &self.config_name()));
        findings.extend(bands::gaps(&self.config.bands, &rows, &readers));
        findings.extend(self.without_activity(&rows).await?);
        findings.extend(reviews::due(library, &rows, today));
        findings.extend(occasions::poorly_served(self, library, &rows, &withdrawn, today));
        findings.extend(holidays::end(self, &rows, today));
        findings.extend(year::unreached(self, library, &rows));
        findings.extend(year::silence(self, &rows));
        findings.extend(year::pauses_end(self, today));
        let unusable = self.unusable_dkim_keys();
        if unusable.is_empty() {
            findings.extend(self.renders(&rows));
        }
        findings.extend(unusable);
        Ok(findings)
    }

    /// How the library's texts read, and whether its links to our own pages lead somewhere.
    async fn lint(&self) -> Result<Vec<Diagnostic>, AppError> {
        let editions = self.store.editions().await?;
        let published = editions.iter().filter(|edition| edition.is_published()).map(|edition| edition.number);
        let (base_url, published) = (&self.config.service.base_url, published.collect());
        Ok(editorial::lint(self.library()?, &self.config.bands, editorial::Site { base_url, editions: &published }))
    }

    /// The config file, as the reader named it.
    pub(super) fn config_name(&self) -> String {
        self.config.file.display().to_string()
    }
}

/// `Monday 21 December 2026`.
fn long(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// `a, b, c and 4 more`.
fn some_of(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
