//! Published editions for those who read them on the web and in feeds: what went out, as it went out.
//!
//! What an operator withdrew since is left out and said to be; a help block is always today's, because numbers change.

use chrono::{DateTime, NaiveDate, Utc};

use super::{AppError, Service};
use crate::domain::activity::{Activity, ActivityId, Notice, Theme};
use crate::domain::band::{Band, BandSet};
use crate::domain::edition::{EditionNumber, EditionState};

/// A published edition.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Its number.
    pub edition: EditionNumber,
    /// The local date on which it went out.
    pub date: NaiveDate,
    /// The instant at which it was published.
    pub published_at: DateTime<Utc>,
    /// Its theme.
    pub theme: Theme,
    /// Its activities by band, in the bands' order.
    pub cards: Vec<ReadingCard>,
    /// Bands whose activity was withdrawn since.
    pub withdrawn: Vec<Band>,
    /// The notices that went out with it.
    pub notices: Vec<Notice>,
}

/// One band's activity.
#[derive(Debug, Clone)]
pub struct ReadingCard {
    /// The band.
    pub band: Band,
    /// The activity as it went out.
    pub activity: Activity,
    /// The title of the theme that it is from, when it is not the edition's.
    pub from_theme: Option<String>,
}

/// One activity as it went out last.
#[derive(Debug, Clone)]
pub enum ActivityReading {
    /// It can be read.
    Shown {
        /// The activity.
        activity: Box<Activity>,
        /// Its theme's title, where the library still knows it.
        theme: Option<String>,
        /// The edition that it came with last.
        edition: EditionNumber,
        /// Its bands, in the service's order.
        bands: Vec<Band>,
    },
    /// An operator withdrew it.
    Withdrawn,
}

impl Reading {
    /// The bands that have something to read here.
    pub fn bands(&self) -> BandSet {
        self.cards.iter().map(|card| card.band.id.clone()).collect()
    }

    /// The part for these bands; all of it for `None`. `None` when nothing is left.
    #[must_use]
    pub fn only(mut self, wanted: Option<&BandSet>) -> Option<Self> {
        if let Some(wanted) = wanted {
            self.cards.retain(|card| wanted.contains(&card.band.id));
            self.withdrawn.retain(|band| wanted.contains(&band.id));
        }
        (!self.cards.is_empty() || !self.withdrawn.is_empty()).then_some(self)
    }
}

impl Service {
    /// A published edition, sent or being sent; `None` when there is none of this number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn reading(&self, number: EditionNumber) -> Result<Option<Reading>, AppError> {
        let Some(published) = self.store.published_view(number).await? else { return Ok(None) };
        let Some(published_at) = published.edition.published_at else { return Ok(None) };
        let gone = self.store.withdrawn().await?;
        let (mut cards, mut withdrawn) = (Vec::new(), Vec::new());
        let picks = &published.edition.selection.picks;
        for (band, pick) in self.in_order(picks.iter().map(|pick| (&pick.band, pick))) {
            let text = published.texts.iter().find(|text| text.activity == pick.id);
            match text.filter(|_| !gone.contains(&pick.id)) {
                Some(text) => cards.push(ReadingCard {
                    band,
                    from_theme: self.other_theme(&pick.id, &published.theme),
                    activity: text.content.clone(),
                }),
                None => withdrawn.push(band),
            }
        }
        let (date, theme, notices) = (published.edition.date, published.theme, published.notices);
        Ok(Some(Reading { edition: number, date, published_at, theme, cards, withdrawn, notices }))
    }

    /// The numbers of published editions, newest first; with `sent`, only of those whose sending is over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn readable(&self, sent: bool) -> Result<Vec<EditionNumber>, AppError> {
        let is_sent = |state: EditionState, finished: bool| state == EditionState::Sent || finished;
        let editions = self.store.editions().await?.into_iter().rev();
        let published = editions.filter(|edition| edition.published_at.is_some());
        let shown = published.filter(|edition| !sent || is_sent(edition.state, edition.finished_at.is_some()));
        Ok(shown.map(|edition| edition.number).collect())
    }

    /// An activity that was published; `None` when it never was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn activity_reading(&self, id: &ActivityId) -> Result<Option<ActivityReading>, AppError> {
        let Some((edition, activity)) = self.store.published_activity(id).await? else { return Ok(None) };
        if self.store.withdrawn().await?.contains(id) {
            return Ok(Some(ActivityReading::Withdrawn));
        }
        let bands = self.in_order(activity.bands.iter().map(|band| (band, ()))).into_iter().map(|(band, ())| band);
        let (bands, theme) = (bands.collect(), self.theme_title(id.theme()));
        Ok(Some(ActivityReading::Shown { activity: Box::new(activity), theme, edition, bands }))
    }

    /// Bands with what belongs to them, in the service's order; those that the service no longer has come last.
    fn in_order<'a, T>(&self, of: impl Iterator<Item = (&'a crate::domain::band::BandName, T)>) -> Vec<(Band, T)> {
        let known: Vec<&Band> = self.config.bands.iter().collect();
        let place = |band: &Band| known.iter().position(|other| other.id == band.id).unwrap_or(known.len());
        let former = |name: &crate::domain::band::BandName| Band {
            id: name.clone(),
            label: format!("Ages {name}"),
            min: 0,
            max: None,
        };
        let mut all: Vec<(Band, T)> = of
            .map(|(name, value)| (self.config.bands.get(name).cloned().unwrap_or_else(|| former(name)), value))
            .collect();
        all.sort_by_key(|(band, _)| place(band));
        all
    }

    fn other_theme(&self, id: &ActivityId, theme: &Theme) -> Option<String> {
        if id.theme() == theme.name { None } else { self.theme_title(id.theme()) }
    }

    fn theme_title(&self, name: &str) -> Option<String> {
        let library = &self.material.as_ref()?.library;
        library.theme(name).map(|theme| theme.title.clone())
    }
}
