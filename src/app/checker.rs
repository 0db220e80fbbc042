//! Everything wrong with config, library, templates, help block and the coming fortnights.

mod bulletins;
mod coming;
mod occasions;
mod operators;
mod parts;
mod pictures;
mod placeholders;
mod proxies;
mod renders;
mod replication;
mod reviews;
mod sign_on;
mod subscribers;
mod year;

use super::planner::Planner;
use super::sender::transport;
use super::{AppContext, AppError, Content, sync};
use crate::domain::activity::Activity;
use crate::domain::diagnostic::Diagnostic;
use crate::editorial;
use crate::library;
use coming::FORTNIGHTS;
use renders::Renders;

/// Looks at everything before anything is sent. It must work on a copy of the store.
pub struct Checker {
    context: AppContext,
    content: Content,
}

impl Checker {
    /// Checks the store of `context`, which is a copy.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        Self { context: context.clone(), content: content.clone() }
    }

    /// Looks at everything.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check(&self) -> Result<Vec<Diagnostic>, AppError> {
        let AppContext { config, store, clock, .. } = &self.context;
        let library = &self.content.library;
        let now = clock.now();
        let today = self.context.local(now).date_naive();
        let synced = sync::sync(&self.context, true).await?;
        let rows = Planner::new(&self.context, &self.content).plan(now, FORTNIGHTS).await?;
        let readers = store.readers().await?;
        let withdrawn = store.withdrawn().await?;
        let mut findings = library::overdue(library, today);
        findings.extend(library::unserved(library, &config.bands));
        findings.extend(parts::lacking(library, &config.bands));
        findings.extend(pictures::broken(&self.content, config));
        findings.extend(self.lint().await?);
        findings.extend(subscribers::shared(config, &synced.plan.shared));
        findings.extend(subscribers::dry_bands(&config.bands, &rows, &readers));
        findings.extend(subscribers::without_activity(config, store.as_ref(), &rows).await?);
        findings.extend(placeholders::placeholders(config, store.as_ref(), now).await?);
        findings.extend(reviews::due(library, &rows, today));
        findings.extend(occasions::poorly_served(config, library, &rows, &withdrawn, today));
        findings.extend(replication::may_lose(&self.context).await?);
        findings.extend(operators::missing(config));
        findings.extend(proxies::untrusted(config));
        findings.extend(self.content.templates.lacking(&self.content.service_info(config).face));
        let has_picture = |activity: &Activity| activity.image.as_ref().is_some_and(|image| !image.digest.is_empty());
        if library.activities.iter().any(has_picture) {
            findings.extend(self.content.templates.lacking_pictures());
        }
        findings.extend(sign_on::left_behind(config, store.as_ref()).await?);
        findings.extend(year::holidays_end(config, &rows, today));
        findings.extend(year::unreached(config, library, &rows));
        findings.extend(year::silence(config, &rows));
        findings.extend(year::pauses_end(config, today));
        let unusable = transport::unusable_keys(config);
        if unusable.is_empty() {
            findings.extend(Renders::new(&self.context, &self.content).findings(&rows));
            findings.extend(bulletins::failures(&self.context, &self.content));
        }
        findings.extend(unusable);
        Ok(findings)
    }

    /// How the library's texts read, and whether its links to our own pages lead somewhere.
    async fn lint(&self) -> Result<Vec<Diagnostic>, AppError> {
        let AppContext { config, store, .. } = &self.context;
        let editions = store.editions().await?;
        let published = editions.iter().filter(|edition| edition.is_published()).map(|edition| edition.number);
        let (base_url, published) = (&config.service.base_url, published.collect());
        let site = editorial::Site { base_url, editions: &published };
        Ok(editorial::lint(&self.content.library, &config.bands, site))
    }
}
