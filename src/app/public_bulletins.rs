//! Bulletins that went out, for those who read them on the web and in feeds: as they went out, with today's help lines.

use chrono::{DateTime, Utc};

use super::bulletins::earlier::earlier;
use super::bulletins::{SentBulletin, sent, sent_one};
use super::{AppContext, AppError, Content};
use crate::domain::band::BandSet;
use crate::domain::bulletin::{Bulletin, BulletinName};
use crate::domain::edition::EditionState;
use crate::domain::text::dates;
use crate::render::BulletinIssue;
use crate::render::pages::{self, BulletinBrief};

/// Reads bulletins that went out.
#[derive(Clone)]
pub(super) struct PublicBulletins {
    context: AppContext,
    content: Content,
}

impl PublicBulletins {
    pub(super) fn new(context: &AppContext, content: &Content) -> Self {
        Self { context: context.clone(), content: content.clone() }
    }

    /// The page of one that went out, or is being sent.
    pub(super) async fn page(&self, name: &BulletinName) -> Result<Option<String>, AppError> {
        let Some(sent) = sent_one(&self.context, name).await? else { return Ok(None) };
        let (templates, bands) = (&self.content.templates, &self.context.config.bands);
        self.with_issue(&sent, |issue| pages::bulletin(templates, issue, bands))
            .await?
            .map(Some)
            .map_err(AppError::from)
    }

    /// Those that were sent since then and are for one of these bands, newest first. One that was stopped on its way is left
    /// out until it goes on: perhaps something is wrong with it. One that was withdrawn is no news any more.
    pub(super) async fn newest(
        &self,
        wanted: Option<&BandSet>,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<SentBulletin>, AppError> {
        let is_for = |sent: &SentBulletin| match (wanted, &sent.audience.bands) {
            (Some(wanted), Some(bands)) => bands.iter().any(|band| wanted.contains(band)),
            _ => true,
        };
        let mut all = sent(&self.context).await?;
        all.retain(|sent| {
            !matches!(sent.state, EditionState::Held | EditionState::Withdrawn)
                && is_for(sent)
                && since.is_none_or(|since| sent.sent_at >= since)
        });
        Ok(all)
    }

    /// One in a few lines.
    pub(super) fn brief(&self, sent: &SentBulletin) -> BulletinBrief {
        BulletinBrief {
            title: sent.text.title.clone(),
            summary: sent.text.summary.clone(),
            kind: if sent.text.correction.is_some() { "Correction" } else { "Bulletin" },
            date: dates::day(self.context.local(sent.sent_at).date_naive()),
            url: format!("{}/bulletins/{}", self.context.config.service.base_url, sent.text.name),
        }
    }

    /// One in a feed: its title, its summary, and all of it as HTML.
    pub(super) async fn item(&self, sent: &SentBulletin) -> Result<(String, String, String), AppError> {
        let bands = &self.context.config.bands;
        Ok(self.with_issue(sent, |issue| pages::bulletin_item(issue, bands)).await??)
    }

    /// Makes something of what its page is made of.
    async fn with_issue<T>(
        &self,
        sent: &SentBulletin,
        make: impl FnOnce(&BulletinIssue<'_>) -> T,
    ) -> Result<T, AppError> {
        let about = earlier(&self.context, &sent.audience).await?;
        // Whoever sent it may have meant fewer than its file names.
        let went_to =
            |bands: &BandSet| self.context.config.bands.ordered(bands).iter().map(|band| band.id.clone()).collect();
        let bands = sent.audience.bands.as_ref().map(went_to).unwrap_or_default();
        let issue = BulletinIssue {
            service: self.content.service_info(&self.context.config),
            bulletin: &Bulletin { bands, ..sent.text.clone() },
            date: self.context.local(sent.sent_at).date_naive(),
            about: about.as_ref().map(|earlier| earlier.as_shown()),
            withdrawn: sent.withdrawn_at.map(|at| self.context.local(at).date_naive()),
            help: &self.content.library.help,
            // The page has the logo at an address of its own.
            pictures: Vec::new(),
        };
        Ok(make(&issue))
    }
}
