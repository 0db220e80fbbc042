//! How a text would read: as a card in the mail, as plain text, and as a web page.

use super::desk::Writing;
use super::sheet::Edited;
use crate::app::bulletin_content::BulletinMaker;
use crate::app::edition_content::{DigestMaker, Illustrated};
use crate::app::pictures::with_pictures;
use crate::app::{AppError, Content};
use crate::domain::activity::{Activity, Notice, Theme};
use crate::domain::band::{Band, BandSet};
use crate::domain::bulletin::{Bulletin, MailingName};
use crate::domain::edition::EditionNumber;
use crate::domain::help::Help;
use crate::domain::prose::Prose;
use crate::domain::rendered::{Rendered, Slot};
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};
use crate::domain::text::lists::commas;
use crate::domain::writing::TextRef;
use crate::library::writing::ReadText;
use crate::render::pages::{self, EditionPage};
use crate::render::{Card, EarlierMail, Issue, render};

/// A text in each of the ways in which families see it.
#[derive(Debug, Clone)]
pub struct Preview {
    pub mail: String,
    pub text: String,
    pub web: String,
}

/// What stands around the text that is shown.
struct Around {
    theme: Theme,
    /// A card for each of these bands.
    cards: Vec<(Band, Activity)>,
    notices: Vec<Notice>,
    help: Help,
    /// Whether the page of one activity is shown, and not that of an edition.
    is_activity: bool,
    /// The title of the text that it's all about; empty where that stands first.
    title: String,
}

/// The place in a document at which the text begins.
pub const PLACE: &str = "the-text";

impl Writing {
    /// How a text that someone is writing would read. `None` while it has errors that keep it from being shown, or the service's
    /// templates do.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn preview(&self, text: &TextRef, edited: &Edited) -> Result<Option<Preview>, AppError> {
        let (Some(content), Some(read)) = (&self.content, self.readable(text, edited)) else { return Ok(None) };
        if let ReadText::Bulletin(bulletin) = read {
            return self.bulletin(content, &bulletin).map(Some);
        }
        let Some(around) = self.around(content, text, read) else { return Ok(None) };
        self.render(content, &around).map(Some)
    }

    fn around(&self, content: &Content, text: &TextRef, read: ReadText) -> Option<Around> {
        let library = &content.library;
        let help = || library.help.clone();
        let whole = |theme: Theme, notices: Vec<Notice>, help: Help| {
            let cards = self.cards(content, &theme.name);
            let title = notices.first().map(|notice| notice.title.clone()).unwrap_or_default();
            Some(Around { theme, cards, notices, help, is_activity: false, title })
                .filter(|around| !around.cards.is_empty())
        };
        match read {
            ReadText::Activity(activity) => {
                let known = library.theme(activity.id.theme()).cloned();
                let theme = known.unwrap_or_else(|| sample_theme(activity.id.theme(), activity.reviewed));
                let set: BandSet = activity.bands.iter().cloned().collect();
                let band = self.context.config.bands.ordered(&set).first().map(|band| (*band).clone())?;
                let (title, cards) = (activity.title.clone(), vec![(band, *activity)]);
                Some(Around { theme, cards, notices: Vec::new(), help: help(), is_activity: true, title })
            }
            ReadText::Bulletin(_) => None,
            ReadText::Theme(theme) => whole(*theme, Vec::new(), help()),
            ReadText::Notice(notice) => whole(library.themes.first()?.clone(), vec![*notice], help()),
            ReadText::Help(block) => {
                debug_assert!(matches!(text, TextRef::Help(_)));
                let title = block.title.clone();
                whole(library.themes.first()?.clone(), Vec::new(), *block).map(|around| Around { title, ..around })
            }
        }
    }

    /// An activity for each band: the theme's own where it has one.
    fn cards(&self, content: &Content, theme: &str) -> Vec<(Band, Activity)> {
        let all = &content.library.activities;
        let card = |band: &Band| {
            let mut fits = all.iter().filter(|activity| activity.bands.contains(&band.id));
            let own = fits.clone().find(|activity| activity.id.theme() == theme);
            own.or_else(|| fits.next()).map(|activity| (band.clone(), activity.clone()))
        };
        self.context.config.bands.iter().filter_map(card).collect()
    }

    fn render(&self, content: &Content, around: &Around) -> Result<Preview, AppError> {
        let config = &self.context.config;
        let edition = config.schedule.fortnight_at(self.context.clock.now()).max(EditionNumber(1));
        let card = |(band, activity)| Card { band, activity, from_theme: None, corrected: None };
        let issue = Issue {
            service: content.service_info(config),
            edition,
            date: self.today(),
            theme: &around.theme,
            theme_corrected: None,
            cards: around.cards.iter().map(|(band, activity)| card((band, activity))).collect(),
            notices: around.notices.iter().collect(),
            help: &around.help,
            pictures: Vec::new(),
        };
        let Illustrated { issue, drawn } = DigestMaker::new(&self.context, content).illustrated(issue);
        let key = SegmentKey { bands: issue.bands(), sector: Sector::School, locale: Locale::EnGb };
        let made = |source| AppError::Digest { edition, segment: key.id(&config.bands), source };
        let rendered = render(&content.templates, &issue, &key, &config.bands).map_err(made)?;
        let web = if around.is_activity {
            let bands: Vec<&Band> = config.bands.iter().filter(|band| is_for(around, band)).collect();
            pages::activity(&content.templates, &issue, &commas(bands.iter().map(|band| &band.label)), &config.bands)?
        } else {
            let bands = around.cards.iter().map(|(band, _)| band).collect();
            let page = EditionPage { issue: &issue, bands, is_filtered: false, withdrawn: &[] };
            pages::edition(&content.templates, &page, &config.bands)?
        };
        let shown = self.shown(content, &rendered, web, &around.title)?;
        let (mail, web) = (with_pictures(&shown.mail, &drawn.pictures), with_pictures(&shown.web, &drawn.pictures));
        Ok(Preview { mail, web, ..shown })
    }

    fn bulletin(&self, content: &Content, bulletin: &Bulletin) -> Result<Preview, AppError> {
        let bands = &self.context.config.bands;
        let maker = BulletinMaker::new(&self.context, content);
        // Where the file doesn't say which edition it is about, that is said when it's sent.
        let edition = MailingName::Edition(bulletin.corrects.unwrap_or(EditionNumber(1)));
        let earlier = EarlierMail { name: &edition, date: self.today(), title: "the theme’s title" };
        let issue = maker.issue(bulletin, self.today(), bulletin.correction.as_ref().map(|_| earlier));
        let named: BandSet = bulletin.bands.iter().cloned().collect();
        let readers = if named.is_empty() { bands.names() } else { named };
        let sector = bulletin.sectors.first().copied().unwrap_or(Sector::School);
        let key = SegmentKey { bands: readers, sector, locale: Locale::EnGb };
        let rendered = maker.segment(&issue, &key)?.rendered;
        let web = pages::bulletin(&content.templates, &issue, bands)?;
        let shown = self.shown(content, &rendered, web, "")?;
        Ok(Preview { mail: with_pictures(&shown.mail, maker.pictures()), ..shown })
    }

    /// With what a preview shows in the place of a reader's own links.
    fn shown(&self, content: &Content, rendered: &Rendered, web: String, title: &str) -> Result<Preview, AppError> {
        let links = DigestMaker::new(&self.context, content).sample_links(EditionNumber(1))?;
        let greeting = crate::render::greeting("Example Organisation");
        let slot = |slot: Slot| match slot {
            Slot::Greeting => greeting.clone(),
            Slot::UnsubscribeUrl => links.unsubscribe_url.clone(),
            Slot::PreferencesUrl => links.preferences_url.clone(),
            Slot::ConfirmUrl => String::new(),
        };
        let mail = rendered.html.fill(|one| crate::render::escape(&slot(one)));
        Ok(Preview { mail: with_place(mail, title), text: rendered.text.fill(slot), web: with_place(web, title) })
    }
}

/// With a place to begin at: where the text stands of which this is the title.
fn with_place(html: String, title: &str) -> String {
    let heading = format!(">{}<", crate::render::escape(title));
    // Before the body, a title is no more than a name for the window.
    let body = html.find("<body").unwrap_or(0);
    let is_heading = |at: &usize| {
        let before = &html[..body + at];
        before.rfind('<').is_some_and(|tag| before[tag..].starts_with("<h"))
    };
    let all = || html[body..].match_indices(&heading).map(|(at, _)| at);
    match all().find(is_heading).or_else(|| all().next()).filter(|_| !title.is_empty()) {
        Some(at) => format!("{}<span id=\"{PLACE}\"></span>{}", &html[..=body + at], &html[body + at + 1..]),
        None => html,
    }
}

fn is_for(around: &Around, band: &Band) -> bool {
    around.cards.iter().any(|(_, activity)| activity.bands.contains(&band.id))
}

/// What stands above an activity whose theme is still to be written.
fn sample_theme(name: &str, day: chrono::NaiveDate) -> Theme {
    Theme {
        name: name.to_owned(),
        title: "The theme’s title".to_owned(),
        strand: String::new(),
        order: None,
        reviewed: day,
        review_by: day,
        author: None,
        reviewed_by: None,
        opening: Prose::default(),
        for_parents: Prose::default(),
    }
}
