//! What feeds and the calendar say: sent editions in full, and the fortnights ahead without what may still change.

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};

use super::published_view::{PublishedView, PublishedViews, Readable};
use super::{AppContext, AppError, Content};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::band::BandSet;
use crate::domain::calendar::Fortnight;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::text::lists::commas;
use crate::render::pages;
use crate::store::Store;

/// How many editions a feed has.
const ITEMS: usize = 20;

/// How many fortnights the calendar has: a year.
const FORTNIGHTS: u32 = 26;

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The service's name, and for which ages.
    pub title: String,
    pub description: String,
    pub author: String,
    /// The web's front page.
    pub home: String,
    /// Sent editions, newest first.
    pub items: Vec<Item>,
    /// When the newest was published, or the service began: never *now*, or no copy would ever be the same.
    pub updated: DateTime<Utc>,
}

/// An edition in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its address on the web for these ages: it names the item for ever.
    pub url: String,
    /// `Ask for help`.
    pub title: String,
    /// One line.
    pub summary: String,
    /// All of it, HTML.
    pub content: String,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// A fortnight in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    pub edition: EditionNumber,
    /// When it goes out, or went out.
    pub at: DateTime<Utc>,
    /// What it is called: its theme is told once it went out, since picks may change until then.
    pub title: String,
    /// Where to read it, or where it will be found.
    pub url: String,
}

/// Makes feeds and the calendar.
#[derive(Clone)]
pub struct Feeds {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    clock: Clock,
    content: Content,
    views: PublishedViews,
}

impl Feeds {
    /// Feeds of what the store of `context` says was published.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        let AppContext { config, store, clock, .. } = context.clone();
        Self { config, store, clock, content: content.clone(), views: PublishedViews::new(context, content) }
    }

    /// The feed for these bands. Editions that are still being sent, or held on the way, are not in it yet.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn feed(&self, wanted: Option<&BandSet>, query: &str) -> Result<Feed, AppError> {
        let service = &self.config.service;
        let mut items = Vec::new();
        for view in self.views.newest(Readable::Sent, wanted, ITEMS).await? {
            items.push(self.item(&view, query)?);
        }
        let began = self.config.schedule.anchor.and_time(NaiveTime::MIN).and_utc();
        Ok(Feed {
            title: self.title(wanted),
            description: "Online-safety activities to do together in 15 minutes, every fortnight".to_owned(),
            author: service.name.clone(),
            home: format!("{}/", service.base_url),
            updated: items.first().map_or(began, |item| item.published_at),
            items,
        })
    }

    fn title(&self, wanted: Option<&BandSet>) -> String {
        let name = &self.config.service.name;
        let labels = |wanted| commas(self.config.bands.ordered(wanted).iter().map(|band| &band.label));
        wanted.map_or_else(|| name.clone(), |wanted| format!("{name}: {}", labels(wanted)))
    }

    fn item(&self, view: &PublishedView, query: &str) -> Result<Item, AppError> {
        let Content { library, templates, .. } = &self.content;
        let issue = view.issue(&self.config, &library.help);
        let (summary, content) = pages::feed_item(templates, &issue, &self.config.bands)?;
        Ok(Item {
            url: format!("{}/editions/{}{query}", self.config.service.base_url, view.edition),
            title: view.theme.title.clone(),
            summary,
            content,
            published_at: view.published_at,
        })
    }

    /// The fortnights from the present one on, a year of them; those that are skipped are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dates(&self, query: &str) -> Result<Vec<Date>, AppError> {
        let schedule = &self.config.schedule;
        let editions = self.store.editions().await?;
        let first = schedule.fortnight_at(self.clock.now()).max(EditionNumber(1)).0;
        let mut dates = Vec::new();
        for number in (first..first + FORTNIGHTS).map(EditionNumber) {
            let stored = editions.iter().find(|edition| edition.number == number);
            let at = match (stored, schedule.fortnight(number)) {
                (Some(edition), _) if matches!(edition.state, EditionState::Withdrawn | EditionState::Missed) => {
                    continue;
                }
                (Some(edition), _) => edition.due_at,
                (None, Fortnight::Sends { due_at, .. }) => due_at.to_utc(),
                (None, _) => continue,
            };
            let is_out = stored.is_some_and(|edition| edition.published_at.is_some());
            dates.push(self.date(number, at, is_out, query).await?);
        }
        Ok(dates)
    }

    async fn date(
        &self,
        edition: EditionNumber,
        at: DateTime<Utc>,
        is_out: bool,
        query: &str,
    ) -> Result<Date, AppError> {
        let service = &self.config.service;
        let theme = if is_out { self.views.view(edition).await?.map(|view| view.theme.title) } else { None };
        let (title, url) = match theme {
            Some(theme) => {
                (format!("{}: {theme}", service.name), format!("{}/editions/{edition}{query}", service.base_url))
            }
            None => (format!("{}: new activities", service.name), format!("{}/", service.base_url)),
        };
        Ok(Date { edition, at, title, url })
    }
}
