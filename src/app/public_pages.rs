//! The recipients' web pages, made from what was published and from today's help lines.

use std::sync::Arc;

use chrono::TimeDelta;

use super::public_bulletins::PublicBulletins;
use super::published_view::{PublishedActivity, PublishedView, PublishedViews, Readable, ViewCard};
use super::{AppContext, AppError, Content};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::activity::ActivityId;
use crate::domain::band::{Band, BandSet, Bands};
use crate::domain::bulletin::BulletinName;
use crate::domain::edition::EditionNumber;
use crate::domain::picture::{Picture, PictureName};
use crate::domain::text::dates;
use crate::domain::text::lists::commas;
use crate::render::pages::{self, Brief, Choice, EditionPage, Link, Message};

/// The one script of all pages: the quick exit.
pub const EXIT_SCRIPT: &str = pages::EXIT_SCRIPT;

/// The script of an edition's page alone: buttons that copy its texts.
pub const COPY_SCRIPT: &str = pages::COPY_SCRIPT;

/// How many earlier editions the front page names.
const PAST: usize = 12;

/// How long a bulletin is news.
const NEWS: TimeDelta = TimeDelta::weeks(4);

/// What there is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    Page(String),
    /// It was taken back.
    Withdrawn,
    /// Nothing.
    Missing,
}

/// Where a page is shown that says one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// By itself, behind a link in an email.
    #[default]
    Alone,
    /// Among the pages of the web view: it has their quick exit, and a link to the front page.
    WebView,
    /// In a frame on another site: no exit, and links open beside that site.
    Frame,
}

/// A page that says one thing, and may ask one question.
#[derive(Debug, Clone, Default)]
pub struct PlainPage {
    pub title: &'static str,
    pub paragraphs: Vec<String>,
    /// Age groups to choose from, and whether each is ticked already.
    pub bands: Vec<(Band, bool)>,
    /// The words on the button, which posts to the page's own address.
    pub button: Option<&'static str>,
    /// Whether it says that something was not done, and why.
    pub is_refusal: bool,
    /// Where it is shown.
    pub place: Place,
}

/// Makes the pages.
#[derive(Clone)]
pub struct PublicPages {
    config: Arc<Config>,
    content: Content,
    views: PublishedViews,
    bulletins: PublicBulletins,
    clock: Clock,
}

impl PublicPages {
    /// Pages about what the store of `context` says was published.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        let views = PublishedViews::new(context, content);
        let (bulletins, clock) = (PublicBulletins::new(context, content), context.clock);
        Self { config: Arc::clone(&context.config), content: content.clone(), views, bulletins, clock }
    }

    /// The front page.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn front(&self) -> Result<String, AppError> {
        let Content { templates, library, .. } = &self.content;
        let mut briefs = self.briefs(PAST + 1, None).await?.into_iter();
        let editions = (briefs.next(), briefs.collect());
        let sent = self.bulletins.newest(None, Some(self.clock.now() - NEWS)).await?;
        let bulletins = sent.iter().map(|sent| self.bulletins.brief(sent)).collect();
        Ok(pages::front(templates, &self.content.service_info(&self.config), bulletins, editions, &library.help)?)
    }

    /// One bulletin that went out.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn bulletin(&self, name: &BulletinName) -> Result<Shown, AppError> {
        Ok(self.bulletins.page(name).await?.map_or(Shown::Missing, Shown::Page))
    }

    /// One published edition, or some bands of it.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn edition(&self, number: EditionNumber, wanted: Option<&BandSet>) -> Result<Shown, AppError> {
        let Some(whole) = self.views.view(number).await? else { return Ok(Shown::Missing) };
        let bands: Vec<Band> = whole.cards.iter().map(|card| card.band.clone()).collect();
        let Some(view) = whole.only(wanted) else { return Ok(Shown::Missing) };
        if view.cards.is_empty() {
            return Ok(Shown::Withdrawn);
        }
        let Content { templates, .. } = &self.content;
        let page = EditionPage {
            issue: &view.issue(&self.config, &self.content),
            is_filtered: wanted.is_some() && view.cards.len() < bands.len(),
            bands: bands.iter().collect(),
            withdrawn: &view.withdrawn,
        };
        Ok(Shown::Page(pages::edition(templates, &page, &self.config.bands)?))
    }

    /// One published activity.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn activity(&self, id: &ActivityId) -> Result<Shown, AppError> {
        let (activity, edition, bands) = match self.views.activity(id).await? {
            None => return Ok(Shown::Missing),
            Some(PublishedActivity::Withdrawn) => return Ok(Shown::Withdrawn),
            Some(PublishedActivity::Shown { activity, edition, bands }) => (activity, edition, bands),
        };
        let Some(mut view) = self.views.view(edition).await? else { return Ok(Shown::Missing) };
        view.cards.retain(|card| card.activity.id == activity.id);
        view.cards.truncate(1);
        if view.cards.is_empty() {
            return Ok(Shown::Missing);
        }
        let Content { templates, .. } = &self.content;
        let issue = view.issue(&self.config, &self.content);
        let labels = commas(bands.iter().map(|band| &band.label));
        Ok(Shown::Page(pages::activity(templates, &issue, &labels, &self.config.bands)?))
    }

    /// The sheet of this name that came with a published activity, whichever edition that was: mails of all link to theirs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sheet(&self, id: &ActivityId, file: &str) -> Result<Shown, AppError> {
        Ok(match self.views.activity(id).await? {
            None => Shown::Missing,
            Some(PublishedActivity::Withdrawn) => Shown::Withdrawn,
            Some(PublishedActivity::Shown { .. }) => {
                let printable = self.views.printable(id, file).await?;
                printable.map_or(Shown::Missing, |printable| Shown::Page(printable.svg))
            }
        })
    }

    /// The picture of this name, if a page or a published edition shows it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn picture(&self, name: &PictureName) -> Result<Option<Picture>, AppError> {
        match self.content.pictures.logo() {
            Some(logo) if logo.info.name == *name => Ok(Some(logo.clone())),
            _ => self.views.picture(name).await,
        }
    }

    /// The newest editions for a school's own page.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn embed(&self, wanted: Option<&BandSet>, items: usize) -> Result<String, AppError> {
        let briefs = self.briefs(items, wanted).await?;
        Ok(pages::embed(&self.content.templates, &self.content.service_info(&self.config), briefs, &[])?)
    }

    /// A page that says one thing.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn plain(&self, page: PlainPage) -> Result<String, AppError> {
        let (templates, info) = (&self.content.templates, self.content.service_info(&self.config));
        if page.place == Place::Frame {
            return Ok(pages::embed(templates, &info, Vec::new(), &page.paragraphs)?);
        }
        let is_public = page.place == Place::WebView;
        let front = || Link {
            age: String::new(),
            title: "Go to the front page".to_owned(),
            url: format!("{}/", self.config.service.base_url),
        };
        let choice =
            |(band, is_ticked): (Band, bool)| Choice { value: band.id.to_string(), label: band.label, is_ticked };
        let question = if page.bands.is_empty() { "" } else { "Send activities for" };
        let message = Message {
            title: page.title.to_owned(),
            paragraphs: page.paragraphs,
            question: question.to_owned(),
            choices: page.bands.into_iter().map(choice).collect(),
            button: page.button.unwrap_or_default().to_owned(),
            is_refusal: page.is_refusal,
            links: is_public.then(front).into_iter().collect(),
            has_exit: is_public,
        };
        Ok(pages::message(templates, &info, &message)?)
    }

    /// The newest editions that have something for these bands.
    async fn briefs(&self, most: usize, wanted: Option<&BandSet>) -> Result<Vec<Brief>, AppError> {
        let views = self.views.newest(Readable::Published, wanted, most).await?;
        Ok(views.iter().map(|view| self.brief(view, wanted.is_some())).collect())
    }

    fn brief(&self, view: &PublishedView, is_filtered: bool) -> Brief {
        let base = &self.config.service.base_url;
        let bands: BandSet = view.cards.iter().map(|card| card.band.id.clone()).collect();
        let query = bands_query(is_filtered.then_some(&bands), &self.config.bands);
        let link = |card: &ViewCard| Link {
            age: card.band.label.clone(),
            title: card.activity.title.clone(),
            url: format!("{base}/activities/{}", card.activity.id),
        };
        Brief {
            number: view.edition.0,
            title: view.theme.title.clone(),
            date: dates::day(view.date),
            url: format!("{base}/editions/{}{query}", view.edition),
            picture_url: view.square(&self.config).unwrap_or_default(),
            cards: view.cards.iter().map(link).collect(),
        }
    }
}

/// The parameter that asks for these bands, ready for a link: `?bands=11-14,14%2B`; empty for all.
pub fn bands_query(wanted: Option<&BandSet>, bands: &Bands) -> String {
    let Some(wanted) = wanted else { return String::new() };
    // In a query a plus sign would stand for a space.
    let names: Vec<_> = bands.ordered(wanted).iter().map(|band| band.id.in_query()).collect();
    format!("?bands={}", names.join(","))
}
