//! The recipients' web pages: the templates of `templates/web`, filled in.

mod bulletin;
pub mod index;
pub(super) mod view;

use self::view::{EditionView, EmbedView, Filter, FrontView, Label, MessageView, Shell, feeds};
use super::email::help::{self, HelpView};
use super::email::view::{CardView, DigestView, of_cards};
use super::error::{Part, RenderError};
use super::issue::{Card, Issue, ServiceInfo};
use super::prose::escape;
use super::templates::{Page, Templates, fill_page};
use crate::domain::band::{Band, BandSet, Bands};
use crate::domain::help::Help;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};

pub(super) use bulletin::{BulletinPage, page as bulletin_page};
pub use bulletin::{bulletin, bulletin_item};
pub use view::{Brief, BulletinBrief, COPY_SCRIPT, Choice, EXIT_SCRIPT, EXIT_URL, Feed, Link, Message};

/// An edition as the web shows it.
#[derive(Debug)]
pub struct EditionPage<'a> {
    /// The edition as it was sent.
    pub issue: &'a Issue<'a>,
    /// Every band of the edition, to choose from.
    pub bands: Vec<&'a Band>,
    /// Whether only some of them are shown.
    pub is_filtered: bool,
    /// Bands whose activity was withdrawn.
    pub withdrawn: &'a [Band],
}

/// The front page.
///
/// # Errors
/// A template that does not fit.
pub fn front(
    templates: &Templates,
    service: &ServiceInfo<'_>,
    bulletins: Vec<BulletinBrief>,
    (latest, past): (Option<Brief>, Vec<Brief>),
    block: &Help,
) -> Result<String, RenderError> {
    let base = service.base_url;
    let feeds = feeds(base);
    let shell = Shell {
        feeds: feeds.clone(),
        canonical: format!("{base}/"),
        ..Shell::new(service, service.name, "Online-safety activities to do together in 15 minutes")
    };
    let view = FrontView {
        shell: shell.with_exit(),
        bulletins,
        latest: latest.into_iter().collect(),
        past,
        feeds,
        example: format!("{base}/feed.rss?bands=4-5,5-7"),
        snippet_fixed: snippet(service, "width=\"100%\" height=\"600\" style=\"border:0\""),
        snippet_growing: snippet(service, "style=\"border:0;width:100%;height:clamp(24rem,80vh,60rem)\""),
        help: help::whole(block, Part::Html),
    };
    fill_page(templates, Page::Front, &view)
}

/// What a school copies into a page of its own; `size` is attributes.
fn snippet(service: &ServiceInfo<'_>, size: &str) -> String {
    let (base, title) = (service.base_url, escape::html(service.name));
    format!("<iframe src=\"{base}/embed\" title=\"{title}\" {size} loading=\"lazy\"></iframe>")
}

/// One edition, or some bands of it.
///
/// # Errors
/// A template that does not fit.
pub fn edition(templates: &Templates, page: &EditionPage<'_>, bands: &Bands) -> Result<String, RenderError> {
    let mut view = whole(page.issue, bands);
    view.help = of_issue(page.issue, &page.issue.bands());
    let service = &page.issue.service;
    let base = format!("{}/editions/{}", service.base_url, page.issue.edition);
    let shown = |band: &Band| page.issue.cards.iter().any(|card| card.band.id == band.id);
    let mut filters = vec![Filter { label: "All ages".to_owned(), url: base.clone(), is_current: !page.is_filtered }];
    filters.extend(page.bands.iter().map(|band| Filter {
        label: band.label.clone(),
        url: format!("{base}?bands={}", band.id.in_query()),
        is_current: page.is_filtered && shown(band),
    }));
    let title = format!("{}: {}", view.theme.title, service.name);
    let description = format!("15-minute online-safety activities for {}", view.bands);
    let shell = Shell {
        css_class: "edition",
        canonical: if page.is_filtered { view.web_url.clone() } else { base },
        feeds: feeds(service.base_url),
        ..Shell::new(service, &title, &description)
    };
    let withdrawn = labels(page.withdrawn);
    let filters = if page.bands.len() > 1 { filters } else { Vec::new() };
    fill_page(
        templates,
        Page::Edition,
        &EditionView {
            shell: shell.with_exit(),
            filters,
            withdrawn,
            edition_url: String::new(),
            copy_prose: format!("<script>{COPY_SCRIPT}</script>"),
            view,
        },
    )
}

/// One activity: the only card of `issue`, for the ages that `labels` names.
///
/// # Errors
/// A template that does not fit.
pub fn activity(templates: &Templates, issue: &Issue<'_>, labels: &str, bands: &Bands) -> Result<String, RenderError> {
    let mut view = whole(issue, bands);
    let service = &issue.service;
    let alone = |(view, card): (CardView, &Card<'_>)| {
        let view = view.alone(card.activity, issue.help);
        CardView { age: labels.to_owned(), ..view }
    };
    view.cards = view.cards.into_iter().zip(&issue.cards).map(alone).collect();
    let readers: BandSet = issue.cards.iter().flat_map(|card| card.activity.bands.iter().cloned()).collect();
    view.help = of_issue(issue, &readers);
    let card = view.cards.first();
    let title = format!("{}: {}", card.map_or("", |card| card.title.as_str()), service.name);
    let shell = Shell {
        css_class: "activity",
        canonical: card.map(|card| card.url.clone()).unwrap_or_default(),
        ..Shell::new(service, &title, card.map_or("", |card| card.summary.as_str()))
    };
    let edition_url = format!("{}/editions/{}", service.base_url, issue.edition);
    let (shell, copy_prose) = (shell.with_exit(), String::new());
    let view = EditionView { shell, filters: Vec::new(), withdrawn: Vec::new(), edition_url, copy_prose, view };
    fill_page(templates, Page::Activity, &view)
}

/// An edition in a feed: its summary in one line, and its content without a page around it.
///
/// # Errors
/// A template that does not fit.
pub fn feed_item(
    templates: &Templates,
    issue: &Issue<'_>,
    withdrawn: &[Band],
    bands: &Bands,
) -> Result<(String, String), RenderError> {
    let view = whole(issue, bands);
    let summary =
        if view.cards.is_empty() { format!("{}: taken back", view.theme.title) } else { view.subject.clone() };
    let shell = Shell::new(&issue.service, "", "");
    let withdrawn = labels(withdrawn);
    let (edition_url, copy_prose) = (String::new(), String::new());
    let view = EditionView { shell, filters: Vec::new(), withdrawn, edition_url, copy_prose, view };
    Ok((summary, fill_page(templates, Page::Feed, &view)?.trim().to_owned()))
}

/// The page that a school shows inside its own: the editions, or a message instead.
///
/// # Errors
/// A template that does not fit.
pub fn embed(
    templates: &Templates,
    service: &ServiceInfo<'_>,
    items: Vec<Brief>,
    paragraphs: &[String],
) -> Result<String, RenderError> {
    let shell =
        Shell { css_class: "embed", is_private: true, ..Shell::new(service, service.name, "Online-safety activities") };
    fill_page(templates, Page::Embed, &EmbedView { shell, items, paragraphs })
}

/// A page with one message, and perhaps one question.
///
/// # Errors
/// A template that does not fit.
pub fn message(templates: &Templates, service: &ServiceInfo<'_>, message: &Message) -> Result<String, RenderError> {
    let shell = Shell { is_private: true, ..Shell::new(service, &message.title, &message.title) };
    let shell = if message.has_exit { shell.with_exit() } else { shell };
    fill_page(templates, Page::Message, &MessageView { shell, message })
}

/// The view of all cards of an issue, in the wording for everyone.
pub(super) fn whole(issue: &Issue<'_>, bands: &Bands) -> DigestView {
    let segment = SegmentKey { bands: issue.bands(), sector: Sector::Other, locale: Locale::EnGb };
    of_cards(issue, &issue.cards, &segment, bands, Part::Html)
}

/// The help block for readers of these bands.
fn of_issue(issue: &Issue<'_>, bands: &BandSet) -> HelpView {
    help::view(&issue.help.for_bands(bands), issue.help, &issue.service, Part::Html)
}

fn labels(bands: &[Band]) -> Vec<Label> {
    bands.iter().map(|band| Label { label: band.label.clone() }).collect()
}
