//! The recipients' web pages, made from what was published and from today's help lines.

use super::bootstrap::Content;
use super::preview::long_date;
use super::reading::{ActivityReading, Reading};
use super::{AppError, Service};
use crate::domain::activity::{ActivityId, Help};
use crate::domain::band::{Band, BandSet};
use crate::domain::edition::EditionNumber;
use crate::render::pages::{self, Brief, EditionPage};
use crate::render::{Card, Issue, RenderError, ServiceFacts};

pub use crate::render::pages::{Choice, EXIT_SCRIPT, Link, Message};

/// How many earlier editions the front page names.
const PAST: usize = 12;

/// What there is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// This page.
    Page(String),
    /// It was taken back.
    Withdrawn,
    /// Nothing.
    Missing,
}

impl Service {
    /// The front page.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn front_page(&self) -> Result<String, AppError> {
        let Content { templates, library, .. } = self.content()?;
        let mut briefs = self.briefs(PAST + 1, None).await?.into_iter();
        let latest = briefs.next();
        pages::front(templates, &self.facts(), latest, briefs.collect(), &library.help).map_err(|error| failed(&error))
    }

    /// One published edition, or some bands of it.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn edition_page(&self, number: EditionNumber, wanted: Option<&BandSet>) -> Result<Shown, AppError> {
        let Some(whole) = self.reading(number).await? else { return Ok(Shown::Missing) };
        let bands: Vec<Band> = whole.cards.iter().map(|card| card.band.clone()).collect();
        let Some(reading) = whole.only(wanted) else { return Ok(Shown::Missing) };
        if reading.cards.is_empty() {
            return Ok(Shown::Withdrawn);
        }
        let Content { templates, library, .. } = self.content()?;
        let page = EditionPage {
            issue: &self.issue(&reading, &library.help),
            is_filtered: wanted.is_some() && reading.cards.len() < bands.len(),
            bands: bands.iter().collect(),
            withdrawn: reading.withdrawn.iter().collect(),
        };
        pages::edition(templates, &page, &self.config.bands).map(Shown::Page).map_err(|error| failed(&error))
    }

    /// One published activity.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn activity_page(&self, id: &ActivityId) -> Result<Shown, AppError> {
        let (activity, edition, bands) = match self.activity_reading(id).await? {
            None => return Ok(Shown::Missing),
            Some(ActivityReading::Withdrawn) => return Ok(Shown::Withdrawn),
            Some(ActivityReading::Shown { activity, edition, bands, .. }) => (activity, edition, bands),
        };
        let Some(mut reading) = self.reading(edition).await? else { return Ok(Shown::Missing) };
        reading.cards.retain(|card| card.activity.id == activity.id);
        reading.cards.truncate(1);
        let Content { templates, library, .. } = self.content()?;
        let labels: Vec<&str> = bands.iter().map(|band| band.label.as_str()).collect();
        let issue = self.issue(&reading, &library.help);
        if issue.cards.is_empty() {
            return Ok(Shown::Missing);
        }
        let page = pages::activity(templates, &issue, &labels.join(", "), &self.config.bands);
        page.map(Shown::Page).map_err(|error| failed(&error))
    }

    /// The newest editions for a school's own page.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn embed_page(&self, wanted: Option<&BandSet>, items: usize) -> Result<String, AppError> {
        let briefs = self.briefs(items, wanted).await?;
        pages::embed(&self.content()?.templates, &self.facts(), briefs, &[]).map_err(|error| failed(&error))
    }

    /// A page that says one thing.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn message_page(&self, message: &Message) -> Result<String, AppError> {
        pages::message(&self.content()?.templates, &self.facts(), message).map_err(|error| failed(&error))
    }

    /// What a school's own page shows where there are no editions to show.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn embed_message(&self, message: &Message) -> Result<String, AppError> {
        let made = pages::embed(&self.content()?.templates, &self.facts(), Vec::new(), &message.paragraphs);
        made.map_err(|error| failed(&error))
    }

    /// The newest editions that have something for these bands.
    async fn briefs(&self, most: usize, wanted: Option<&BandSet>) -> Result<Vec<Brief>, AppError> {
        let mut briefs = Vec::new();
        for number in self.readable(false).await? {
            if briefs.len() == most {
                break;
            }
            let reading = self.reading(number).await?.and_then(|reading| reading.only(wanted));
            briefs
                .extend(reading.filter(|reading| !reading.cards.is_empty()).map(|r| self.brief(&r, wanted.is_some())));
        }
        Ok(briefs)
    }

    fn brief(&self, reading: &Reading, is_filtered: bool) -> Brief {
        let base = &self.config.service.base_url;
        let names: Vec<String> = reading.cards.iter().map(|card| card.band.id.as_str().replace('+', "%2B")).collect();
        let query = if is_filtered { format!("?bands={}", names.join(",")) } else { String::new() };
        let link = |card: &super::reading::ReadingCard| Link {
            age: card.band.label.clone(),
            title: card.activity.title.clone(),
            url: format!("{base}/activities/{}", card.activity.id),
        };
        Brief {
            number: reading.edition.0,
            title: reading.theme.title.clone(),
            date: long_date(reading.date),
            url: format!("{base}/editions/{}{query}", reading.edition),
            cards: reading.cards.iter().map(link).collect(),
        }
    }

    /// What went out, as the digest's own parts take it.
    pub(super) fn issue<'a>(&'a self, reading: &'a Reading, help: &'a Help) -> Issue<'a> {
        let cards = reading.cards.iter().map(|card| Card {
            band: &card.band,
            activity: &card.activity,
            from_theme: card.from_theme.as_deref(),
        });
        Issue {
            service: self.facts(),
            edition: reading.edition,
            date: reading.date,
            theme: &reading.theme,
            cards: cards.collect(),
            notices: reading.notices.iter().collect(),
            help,
        }
    }

    /// What every page and mail says about the service.
    pub(super) fn facts(&self) -> ServiceFacts<'_> {
        super::transactional::service_facts(&self.config)
    }
}

pub(super) fn failed(error: &RenderError) -> AppError {
    AppError::Refused(format!("a page cannot be made: {error}"))
}
