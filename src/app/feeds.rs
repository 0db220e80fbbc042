//! What feeds and the calendar say: sent editions in full, and the fortnights ahead without what may still change.

use chrono::{DateTime, Utc};

use super::{AppError, Service};
use crate::domain::band::BandSet;
use crate::domain::calendar::Fortnight;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::render::pages;

/// How many editions a feed has.
const ITEMS: usize = 20;

/// How many fortnights the calendar has: a year.
const FORTNIGHTS: u32 = 26;

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The service's name, and for which ages.
    pub title: String,
    /// What it is.
    pub description: String,
    /// The service's name.
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
    /// Its number.
    pub edition: EditionNumber,
    /// When it goes out, or went out.
    pub at: DateTime<Utc>,
    /// What it is called: its theme is told once it went out, since picks may change until then.
    pub title: String,
    /// Where to read it, or where it will be found.
    pub url: String,
}

impl Service {
    /// The feed for these bands. Editions that are still being sent, or held on the way, are not in it yet.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn feed(&self, wanted: Option<&BandSet>, query: &str) -> Result<Feed, AppError> {
        let service = &self.config.service;
        let mut items = Vec::new();
        for number in self.readable(true).await? {
            if items.len() == ITEMS {
                break;
            }
            let reading = self.reading(number).await?.and_then(|reading| reading.only(wanted));
            let Some(reading) = reading.filter(|reading| !reading.cards.is_empty()) else { continue };
            let material = self.content()?;
            let issue = self.issue(&reading, &material.library.help);
            let (summary, content) = pages::feed_item(&material.templates, &issue, &self.config.bands)?;
            items.push(Item {
                url: format!("{}/editions/{number}{query}", service.base_url),
                title: reading.theme.title.clone(),
                summary,
                content,
                published_at: reading.published_at,
            });
        }
        let began = self.config.schedule.anchor.and_time(chrono::NaiveTime::MIN).and_utc();
        let title = match wanted {
            Some(wanted) => {
                let labels: Vec<&str> =
                    self.config.bands.ordered(wanted).iter().map(|band| band.label.as_str()).collect();
                format!("{}: {}", service.name, labels.join(", "))
            }
            None => service.name.clone(),
        };
        Ok(Feed {
            title,
            description: "Online-safety activities to do together in 15 minutes, every fortnight".to_owned(),
            author: service.name.clone(),
            home: format!("{}/", service.base_url),
            updated: items.first().map_or(began, |item| item.published_at),
            items,
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
            dates.push(
                self.date(number, at, stored.is_some_and(|edition| edition.published_at.is_some()), query).await?,
            );
        }
        Ok(dates)
    }

    async fn date(&self, edition: EditionNumber, at: DateTime<Utc>, out: bool, query: &str) -> Result<Date, AppError> {
        let service = &self.config.service;
        let theme = if out { self.reading(edition).await?.map(|reading| reading.theme.title) } else { None };
        let (title, url) = match theme {
            Some(theme) => {
                (format!("{}: {theme}", service.name), format!("{}/editions/{edition}{query}", service.base_url))
            }
            None => (format!("{}: new activities", service.name), format!("{}/", service.base_url)),
        };
        Ok(Date { edition, at, title, url })
    }
}
