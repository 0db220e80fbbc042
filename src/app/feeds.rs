//! What feeds and the calendar say: sent editions and bulletins in full, and the fortnights ahead without what may still change.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::json;

use super::bulletins::SentBulletin;
use super::public_bulletins::PublicBulletins;
use super::published_view::{PublishedView, PublishedViews, Readable};
use super::{AppContext, AppError, Content};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::band::BandSet;
use crate::domain::calendar::Fortnight;
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::lasting::{self, Revision};
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
    /// Names it for ever.
    pub id: String,
    /// The service's name, and for which ages.
    pub title: String,
    pub description: String,
    pub author: String,
    /// The web's front page.
    pub home: String,
    /// Sent editions and bulletins, newest first.
    pub items: Vec<Item>,
    /// When something of it changed last, or the service began: never *now*, or no copy would ever be the same.
    pub updated: DateTime<Utc>,
}

/// An edition or a bulletin in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Names it for ever, with these ages.
    pub id: String,
    /// Its address on the web for these ages.
    pub url: String,
    /// `Ask for help`.
    pub title: String,
    /// One line.
    pub summary: String,
    /// All of it, HTML.
    pub content: String,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// When it was published, or something of it was taken back, came back, or where to turn changed.
    pub updated: DateTime<Utc>,
}

/// A fortnight in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    /// Names it for ever (RFC 5545 §3.8.4.7).
    pub uid: String,
    /// When it goes out, or went out.
    pub at: DateTime<Utc>,
    /// What it is called: its theme is told once it went out, since picks may change until then.
    pub title: String,
    /// Where to read it, or where it will be found.
    pub url: String,
    /// How often it was revised, and when last.
    pub revision: (u32, DateTime<Utc>),
}

/// A fortnight in the calendar, as the config and the store say at this moment.
struct Planned {
    number: EditionNumber,
    at: DateTime<Utc>,
    /// The theme of one that went out.
    theme: Option<String>,
}

/// The subject of the help block among what may be revised.
const HELP: &str = "help";

/// Makes feeds and the calendar.
#[derive(Clone)]
pub struct Feeds {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    clock: Clock,
    content: Content,
    views: PublishedViews,
    bulletins: PublicBulletins,
}

impl Feeds {
    /// Feeds of what the store of `context` says was published.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        let AppContext { config, store, clock, .. } = context.clone();
        let (views, bulletins) = (PublishedViews::new(context, content), PublicBulletins::new(context, content));
        Self { config, store, clock, content: content.clone(), views, bulletins }
    }

    /// The feed for these bands. Editions that are still being sent, or held on the way, are not in it yet. `kind` is its
    /// file, `query` what an address adds for these bands.
    ///
    /// # Errors
    /// When the store cannot be read, or a template does not fit.
    pub async fn feed(&self, kind: &str, wanted: Option<&BandSet>, query: &str) -> Result<Feed, AppError> {
        let service = &self.config.service;
        let name = self.store.public_name().await?;
        // A help block that is as it was first is no change.
        let help = self.store.revisions().await?.remove(HELP).filter(|help| help.number > 0);
        let mut items = Vec::new();
        for view in self.views.newest(Readable::Sent, wanted, ITEMS).await? {
            let mut item = self.item(&view, query)?;
            item.id = name.id(&format!("editions/{}", view.edition), wanted);
            item.updated = help.iter().map(|help| help.at).fold(view.changed_at(), DateTime::max);
            items.push(item);
        }
        for sent in self.bulletins.newest(wanted, None).await?.iter().take(ITEMS) {
            let mut item = self.bulletin(sent).await?;
            // It reads the same for all ages.
            item.id = name.id(&format!("bulletins/{}", sent.text.name), None);
            item.updated = help.iter().map(|help| help.at).fold(sent.sent_at, DateTime::max);
            items.push(item);
        }
        items.sort_by_key(|item| Reverse(item.published_at));
        items.truncate(ITEMS);
        let began = self.began();
        Ok(Feed {
            id: name.id(kind, wanted),
            title: self.title(wanted),
            description: "Online-safety activities to do together in 15 minutes, every fortnight".to_owned(),
            author: service.name.clone(),
            home: format!("{}/", service.base_url),
            updated: items.iter().map(|item| item.updated).max().unwrap_or(began),
            items,
        })
    }

    fn began(&self) -> DateTime<Utc> {
        self.config.schedule.anchor.and_time(NaiveTime::MIN).and_utc()
    }

    fn title(&self, wanted: Option<&BandSet>) -> String {
        let name = &self.config.service.name;
        let labels = |wanted| commas(self.config.bands.ordered(wanted).iter().map(|band| &band.label));
        wanted.map_or_else(|| name.clone(), |wanted| format!("{name}: {}", labels(wanted)))
    }

    fn item(&self, view: &PublishedView, query: &str) -> Result<Item, AppError> {
        let Content { templates, .. } = &self.content;
        let mut issue = view.issue(&self.config, &self.content);
        issue.show_pictures_anywhere();
        let (summary, content) = pages::feed_item(templates, &issue, &view.withdrawn, &self.config.bands)?;
        Ok(Item {
            id: String::new(),
            url: format!("{}/editions/{}{query}", self.config.service.base_url, view.edition),
            title: view.theme.title.clone(),
            summary,
            content,
            published_at: view.published_at,
            updated: view.published_at,
        })
    }

    async fn bulletin(&self, sent: &SentBulletin) -> Result<Item, AppError> {
        let (title, summary, content) = self.bulletins.item(sent).await?;
        Ok(Item {
            id: String::new(),
            url: self.bulletins.brief(sent).url,
            title,
            summary,
            content,
            published_at: sent.sent_at,
            updated: sent.sent_at,
        })
    }

    /// The fortnights from the present one on, a year of them; those that are skipped are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dates(&self, query: &str) -> Result<Vec<Date>, AppError> {
        let (name, revisions) = (self.store.public_name().await?, self.store.revisions().await?);
        let dates = self.planned().await?.into_iter().map(|planned| {
            let revision = revisions.get(&planned.subject()).map(|known| (known.number, known.at));
            let (title, url) = self.told(&planned, query);
            Date {
                uid: name.uid(planned.number),
                at: planned.at,
                title,
                url,
                revision: revision.unwrap_or((0, self.began())),
            }
        });
        Ok(dates.collect())
    }

    /// Notes what changed since it was noted last, for those who ask when: the help block, and each date of the calendar.
    /// A page is only read, so whoever serves pages calls this now and then.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn note_revisions(&self) -> Result<(), AppError> {
        let mut seen = BTreeMap::from([(HELP.to_owned(), json!(self.content.library.help).to_string())]);
        for planned in self.planned().await? {
            seen.insert(planned.subject(), json!((planned.at, self.told(&planned, ""))).to_string());
        }
        let known: BTreeMap<String, Revision> = self.store.revisions().await?;
        let revised = lasting::revised(&known, &seen, self.clock.now());
        if !revised.is_empty() {
            self.store.write_revisions(&revised).await?;
        }
        Ok(())
    }

    async fn planned(&self) -> Result<Vec<Planned>, AppError> {
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
            let is_out = stored.is_some_and(Edition::is_published);
            let view = if is_out { self.views.view(number).await? } else { None };
            dates.push(Planned { number, at, theme: view.map(|view| view.theme.title) });
        }
        Ok(dates)
    }

    /// What a date is called, and where to read it.
    fn told(&self, planned: &Planned, query: &str) -> (String, String) {
        let service = &self.config.service;
        let (name, base, number) = (&service.name, &service.base_url, planned.number);
        match &planned.theme {
            Some(theme) => (format!("{name}: {theme}"), format!("{base}/editions/{number}{query}")),
            None => (format!("{name}: new activities"), format!("{base}/")),
        }
    }
}

impl Planned {
    /// Among what may be revised.
    fn subject(&self) -> String {
        format!("edition {}", self.number)
    }
}
