//! Published editions for those who read them on the web and in feeds: what went out, as it went out.
//!
//! What an operator withdrew since is left out and said to be; where a slip was mended since, that is what is shown, with its date; a help block is always today's, because numbers change.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::context::service_info;
use super::{AppContext, AppError, Content};
use crate::config::Config;
use crate::domain::activity::{Activity, ActivityId, Notice, Printable, Theme};
use crate::domain::band::{Band, BandName, BandSet};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::picture::{Picture, PictureInfo, PictureName, PictureSubject};
use crate::domain::revised::RevisedText;
use crate::library::Library;
use crate::render::{Card, Illustration, Issue};
use crate::store::Store;

/// A published edition.
#[derive(Debug, Clone)]
pub struct PublishedView {
    pub edition: EditionNumber,
    /// The local date on which it went out.
    pub date: NaiveDate,
    /// The instant at which it was published.
    pub published_at: DateTime<Utc>,
    pub theme: Theme,
    /// When a slip in the theme's own texts was mended; that is how they read here.
    pub theme_corrected_at: Option<DateTime<Utc>>,
    /// Its activities by band, in the bands' order.
    pub cards: Vec<ViewCard>,
    /// Bands whose activity was withdrawn since.
    pub withdrawn: Vec<Band>,
    /// When a band's activity was withdrawn, or came back since.
    pub recalled_at: BTreeMap<BandName, DateTime<Utc>>,
    /// The notices that went out with it.
    pub notices: Vec<Notice>,
    pub pictures: Vec<(PictureSubject, PictureInfo)>,
}

/// One band's activity.
#[derive(Debug, Clone)]
pub struct ViewCard {
    pub band: Band,
    /// The activity as it went out, or as it reads since a slip in it was mended.
    pub activity: Activity,
    /// When that was.
    pub corrected_at: Option<DateTime<Utc>>,
    /// The title of the theme that it is from, when it is not the edition's.
    pub from_theme: Option<String>,
}

/// One activity as it went out last.
#[derive(Debug, Clone)]
pub enum PublishedActivity {
    /// It can be read.
    Shown {
        activity: Box<Activity>,
        /// The edition that it came with last.
        edition: EditionNumber,
        /// Its bands, in the service's order.
        bands: Vec<Band>,
    },
    /// An operator withdrew it.
    Withdrawn,
}

impl PublishedView {
    /// The part for these bands; all of it for `None`. `None` when nothing is left.
    #[must_use]
    pub fn only(mut self, wanted: Option<&BandSet>) -> Option<Self> {
        if let Some(wanted) = wanted {
            self.cards.retain(|card| wanted.contains(&card.band.id));
            self.withdrawn.retain(|band| wanted.contains(&band.id));
            self.recalled_at.retain(|band, _| wanted.contains(band));
        }
        (!self.cards.is_empty() || !self.withdrawn.is_empty()).then_some(self)
    }

    /// When it was published, or something of it was taken back, came back or was corrected.
    pub(super) fn changed_at(&self) -> DateTime<Utc> {
        let corrected = self.cards.iter().filter_map(|card| card.corrected_at).chain(self.theme_corrected_at);
        self.recalled_at.values().copied().chain(corrected).fold(self.published_at, DateTime::max)
    }

    /// What went out, as the digest's own parts take it.
    pub(super) fn issue<'a>(&'a self, config: &'a Config, content: &'a Content) -> Issue<'a> {
        let on = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&config.schedule.timezone).date_naive());
        let cards = self.cards.iter().map(|card| Card {
            band: &card.band,
            activity: &card.activity,
            from_theme: card.from_theme.as_deref(),
            corrected: on(card.corrected_at),
        });
        Issue {
            service: content.service_info(config),
            edition: self.edition,
            date: self.date,
            theme: &self.theme,
            theme_corrected: on(self.theme_corrected_at),
            cards: cards.collect(),
            notices: self.notices.iter().collect(),
            help: &content.library.help,
            pictures: self.illustrations(config),
        }
    }

    /// Where our own pages have the square picture with its title.
    pub fn square(&self, config: &Config) -> Option<String> {
        let square = self.illustrations(config).into_iter().find(|one| one.subject == PictureSubject::Share);
        square.map(|square| square.src)
    }

    /// Its pictures, where our own pages have them.
    fn illustrations(&self, config: &Config) -> Vec<Illustration> {
        let service = service_info(config);
        let base = service.path();
        let on_the_web = |(subject, info): &(PictureSubject, PictureInfo)| Illustration {
            subject: subject.clone(),
            info: info.clone(),
            src: format!("{base}/pictures/{}", info.name),
        };
        self.pictures.iter().map(on_the_web).collect()
    }
}

/// Which published editions a reader is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    /// Also those that are still being sent.
    Published,
    /// Only those whose sending is over.
    Sent,
}

/// Reads what was published.
#[derive(Clone)]
pub(super) struct PublishedViews {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    library: Arc<Library>,
}

impl PublishedViews {
    pub(super) fn new(context: &AppContext, content: &Content) -> Self {
        let AppContext { config, store, .. } = context.clone();
        Self { config, store, library: Arc::clone(&content.library) }
    }

    /// A published edition, sent or being sent; `None` when there is none of this number.
    pub(super) async fn view(&self, number: EditionNumber) -> Result<Option<PublishedView>, AppError> {
        let Some(published) = self.store.published_view(number).await? else { return Ok(None) };
        let Some(published_at) = published.edition.published_at else { return Ok(None) };
        let (mut cards, mut withdrawn, mut recalled_at) = (Vec::new(), Vec::new(), BTreeMap::new());
        let picks = &published.edition.selection.picks;
        for (band, pick) in self.in_order(picks.iter().map(|pick| (&pick.band, pick))) {
            let text = published.texts.iter().find(|text| text.activity == pick.id);
            let recall = published.recalls.get(&pick.id);
            recalled_at.extend(recall.map(|recall| (band.id.clone(), recall.at)));
            match text.filter(|_| recall.is_none_or(|recall| !recall.stands)) {
                Some(text) => {
                    let mended = published.revised.iter().find_map(|revision| match &revision.text {
                        RevisedText::Activity(activity) if activity.id == pick.id => {
                            Some((activity.as_ref().clone(), revision.at))
                        }
                        _ => None,
                    });
                    let corrected_at = mended.as_ref().map(|(_, at)| *at);
                    cards.push(ViewCard {
                        band,
                        from_theme: self.other_theme(&pick.id, &published.theme),
                        activity: mended.map_or_else(|| text.content.clone(), |(activity, _)| activity),
                        corrected_at,
                    });
                }
                None => withdrawn.push(band),
            }
        }
        let (date, notices, pictures) = (published.edition.date, published.notices, published.pictures);
        let mended = published.revised.into_iter().find_map(|revision| match revision.text {
            RevisedText::Theme(theme) => Some((*theme, Some(revision.at))),
            RevisedText::Activity(_) => None,
        });
        let (theme, theme_corrected_at) = mended.unwrap_or((published.theme, None));
        Ok(Some(PublishedView {
            edition: number,
            date,
            published_at,
            theme,
            theme_corrected_at,
            cards,
            withdrawn,
            recalled_at,
            notices,
            pictures,
        }))
    }

    /// At most `most` published editions that have something for these bands, newest first. Sent ones of which all was
    /// taken back are among them: who read them should hear of it.
    pub(super) async fn newest(
        &self,
        which: Readable,
        wanted: Option<&BandSet>,
        most: usize,
    ) -> Result<Vec<PublishedView>, AppError> {
        let mut views = Vec::new();
        for edition in self.store.editions().await?.into_iter().rev() {
            if views.len() == most {
                break;
            }
            let is_sent = edition.state == EditionState::Sent || edition.finished_at.is_some();
            if edition.published_at.is_none() || (which == Readable::Sent && !is_sent) {
                continue;
            }
            let view = self.view(edition.number).await?.and_then(|view| view.only(wanted));
            views.extend(view.filter(|view| which == Readable::Sent || !view.cards.is_empty()));
        }
        Ok(views)
    }

    /// An activity that was published; `None` when it never was.
    pub(super) async fn activity(&self, id: &ActivityId) -> Result<Option<PublishedActivity>, AppError> {
        let Some((edition, activity)) = self.store.published_activity(id).await? else { return Ok(None) };
        if self.store.withdrawn().await?.contains(id) {
            return Ok(Some(PublishedActivity::Withdrawn));
        }
        let bands = self.in_order(activity.bands.iter().map(|band| (band, ()))).into_iter().map(|(band, ())| band);
        let bands = bands.collect();
        Ok(Some(PublishedActivity::Shown { activity: Box::new(activity), edition, bands }))
    }

    /// The printable of this file name that went out with an activity last, or that was mended since.
    pub(super) async fn printable(&self, id: &ActivityId, file: &str) -> Result<Option<Printable>, AppError> {
        if let Some((edition, _)) = self.store.published_activity(id).await?
            && let Some(view) = self.view(edition).await?
            && let Some(card) =
                view.cards.into_iter().find(|card| card.activity.id == *id && card.corrected_at.is_some())
            && let Some(printable) = card.activity.printable.filter(|printable| printable.file == file)
        {
            return Ok(Some(printable));
        }
        Ok(self.store.published_printable(id, file).await?)
    }

    /// The picture of this name that went out with an edition.
    pub(super) async fn picture(&self, name: &PictureName) -> Result<Option<Picture>, AppError> {
        Ok(self.store.published_picture(name).await?)
    }

    /// Bands with what belongs to them, in the service's order; those that the service no longer has come last.
    fn in_order<'a, T>(&self, of: impl Iterator<Item = (&'a BandName, T)>) -> Vec<(Band, T)> {
        let known: Vec<&Band> = self.config.bands.iter().collect();
        let place = |band: &Band| known.iter().position(|other| other.id == band.id).unwrap_or(known.len());
        let former = |name: &BandName| Band { id: name.clone(), label: format!("Ages {name}"), min: 0, max: None };
        let mut all: Vec<(Band, T)> = of
            .map(|(name, value)| (self.config.bands.get(name).cloned().unwrap_or_else(|| former(name)), value))
            .collect();
        all.sort_by_key(|(band, _)| place(band));
        all
    }

    /// The title of the theme that an activity is from, when it is not the edition's and the library still knows it.
    fn other_theme(&self, id: &ActivityId, theme: &Theme) -> Option<String> {
        if id.theme() == theme.name {
            return None;
        }
        self.library.theme(id.theme()).map(|theme| theme.title.clone())
    }
}
