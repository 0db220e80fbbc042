//! What the templates see, and how it is made from an issue: plain typed fields, none of them ever missing.
//!
//! A missing text is empty and a missing list has no items, so that `{{#if}}` works in strict mode.
//! Fields ending in `_prose` are ready-made: HTML in `digest.mjml.hbs` (write them `{{{…}}}`), wrapped lines in
//! `digest.txt.hbs`. Everything else is escaped by `{{…}}`.

use serde::Serialize;

use super::share::{self, ShareView};
use super::wording::{self, Wording};
use crate::domain::activity::{Activity, Notice, Theme};
use crate::domain::band::{Band, Bands};
use crate::domain::help::{Help, HelpEntry};
use crate::domain::prose::Prose;
use crate::domain::segment::SegmentKey;
use crate::domain::text::{dates, one_line};
use crate::render::error::{Part, RenderError};
use crate::render::issue::{Card, Issue, ServiceInfo};
use crate::render::palette::{self, Accent, LOOK, Look};
use crate::render::prose::{phone_numbers, prose};

#[derive(Debug, Serialize)]
pub(crate) struct DigestView {
    /// Language tag (RFC 5646).
    pub(crate) lang: &'static str,
    pub(crate) subject: String,
    /// The line that mail programs show beside the subject.
    pub(crate) preheader: String,
    pub(crate) edition: u32,
    /// `Monday 30 November 2026`.
    pub(crate) date: String,
    /// `ages 4 to 10`.
    pub(crate) bands: String,
    /// The web view of this edition for these bands; no token.
    pub(crate) web_url: String,
    pub(crate) service: ServiceView,
    pub(crate) theme: ThemeView,
    pub(crate) cards: Vec<CardView>,
    pub(crate) notices: Vec<NoticeView>,
    pub(crate) share: ShareView,
    pub(crate) help: HelpView,
    pub(crate) words: Wording,
    pub(crate) look: Look,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServiceView {
    pub(crate) name: String,
    pub(crate) postal_address: String,
    pub(crate) base_url: String,
    /// Empty when replies are not read.
    pub(crate) reply_to: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ThemeView {
    pub(crate) title: String,
    pub(crate) strand: String,
    pub(crate) opening_prose: String,
    /// Headings inside are of level 3.
    pub(crate) article_prose: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct CardView {
    /// `Ages 4 to 5`.
    pub(crate) age: String,
    pub(crate) title: String,
    /// `15 minutes`.
    pub(crate) time: String,
    /// `no screen needed` or `uses a screen`.
    pub(crate) screen: String,
    /// `paper, pencils`; empty when nothing is needed.
    pub(crate) needs: String,
    pub(crate) summary: String,
    /// A note for the adult; empty when none is needed.
    pub(crate) care: String,
    /// The title of the activity's theme when it is another than the edition's; else empty.
    pub(crate) from_theme: String,
    /// Headings inside the four parts are of level 4.
    pub(crate) get_ready_prose: String,
    pub(crate) do_it_prose: String,
    pub(crate) talk_prose: String,
    pub(crate) worries_prose: String,
    pub(crate) resources: Vec<ResourceView>,
    /// The web view of this activity.
    pub(crate) url: String,
    /// The same as it is written on paper.
    pub(crate) address: String,
    pub(crate) accent: Accent,
}

#[derive(Debug, Serialize)]
pub(crate) struct ResourceView {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) publisher: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct NoticeView {
    pub(crate) title: String,
    /// Headings inside are of level 4.
    pub(crate) body_prose: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct HelpView {
    pub(crate) title: String,
    pub(crate) intro: String,
    pub(crate) entries: Vec<HelpEntryView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HelpEntryView {
    pub(crate) when: String,
    pub(crate) who: String,
    /// One line, its numbers linked in HTML; empty when there is none.
    pub(crate) what_prose: String,
    /// As written; empty when there is none.
    pub(crate) phone: String,
    /// The digits for a `tel:` link.
    pub(crate) phone_digits: String,
    pub(crate) email: String,
    pub(crate) url: String,
    /// The same as it is written on paper: `childline.org.uk`.
    pub(crate) address: String,
    pub(crate) link_text: String,
}

/// The view of `issue` for `segment`, with prose as `part` wants it.
///
/// # Errors
/// [`RenderError::NoBand`] and [`RenderError::NoCard`]: a segment gets exactly the bands it reads, or nothing.
pub(crate) fn digest(
    issue: &Issue<'_>,
    segment: &SegmentKey,
    bands: &Bands,
    part: Part,
) -> Result<DigestView, RenderError> {
    Ok(of_cards(issue, &chosen(issue, segment)?, segment, bands, part))
}

/// The view of just these cards; there may be none on the web.
pub(crate) fn of_cards(
    issue: &Issue<'_>,
    cards: &[Card<'_>],
    segment: &SegmentKey,
    bands: &Bands,
    part: Part,
) -> DigestView {
    let shown: Vec<&Band> = cards.iter().map(|card| card.band).collect();
    let phrase = wording::bands_phrase(&shown);
    let web_url = web_url(issue, &shown);
    let theme = theme(issue.theme, part);
    DigestView {
        lang: segment.locale.as_str(),
        subject: format!("{}: 15-minute activities for {phrase}", theme.title),
        preheader: preheader(cards),
        edition: issue.edition.0,
        date: dates::day(issue.date),
        service: service(&issue.service),
        share: share::share(&theme.title, &shown, &web_url),
        theme,
        cards: cards.iter().map(|one| card(one, issue, bands, part)).collect(),
        notices: issue.notices.iter().map(|one| notice(one, part)).collect(),
        help: help(issue.help, part),
        words: wording::wording(segment.sector, shown.len() == 1),
        look: LOOK,
        bands: phrase,
        web_url,
    }
}

fn service(service: &ServiceInfo<'_>) -> ServiceView {
    ServiceView {
        name: line(service.name),
        postal_address: line(service.postal_address),
        base_url: service.base_url.to_owned(),
        reply_to: service.reply_to.map(ToString::to_string).unwrap_or_default(),
    }
}

fn theme(theme: &Theme, part: Part) -> ThemeView {
    ThemeView {
        title: line(&theme.title),
        strand: line(&theme.strand),
        opening_prose: prose(&theme.opening, part, 2),
        article_prose: prose(&theme.for_parents, part, 3),
    }
}

fn notice(notice: &Notice, part: Part) -> NoticeView {
    NoticeView { title: line(&notice.title), body_prose: prose(&notice.body, part, 4) }
}

fn chosen<'a>(issue: &Issue<'a>, segment: &SegmentKey) -> Result<Vec<Card<'a>>, RenderError> {
    if segment.bands.is_empty() {
        return Err(RenderError::NoBand);
    }
    let lacking = segment.bands.iter().find(|band| !issue.cards.iter().any(|card| card.band.id == **band));
    if let Some(band) = lacking {
        return Err(RenderError::NoCard(band.clone()));
    }
    Ok(issue.cards.iter().copied().filter(|card| segment.bands.contains(&card.band.id)).collect())
}

/// The web view of these bands: the same for the whole segment, without a token.
fn web_url(issue: &Issue<'_>, shown: &[&Band]) -> String {
    let names: Vec<String> = shown.iter().map(|band| band.id.in_query()).collect();
    format!("{}/editions/{}?bands={}", issue.service.base_url, issue.edition, names.join(","))
}

/// `The bear who asks first · The profile detectives. Each takes 15 minutes.`
fn preheader(cards: &[Card<'_>]) -> String {
    let titles: Vec<String> = cards.iter().map(|card| line(&card.activity.title)).collect();
    let titles = titles.join(" · ");
    let stop = if titles.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    let longest = cards.iter().map(|card| card.activity.minutes).max().unwrap_or_default();
    let which = match cards {
        [_] => "It takes",
        _ if cards.iter().all(|card| card.activity.minutes == longest) => "Each takes",
        _ => "Each takes at most",
    };
    format!("{titles}{stop} {which} {}.", minutes(longest))
}

fn minutes(count: u8) -> String {
    if count == 1 { "1 minute".to_owned() } else { format!("{count} minutes") }
}

fn card(card: &Card<'_>, issue: &Issue<'_>, bands: &Bands, part: Part) -> CardView {
    let activity = card.activity;
    let place = bands.iter().position(|band| band.id == card.band.id).unwrap_or_default();
    let needs: Vec<String> = activity.needs.iter().map(|need| line(need)).collect();
    let url = format!("{}/activities/{}", issue.service.base_url, activity.id);
    let of = |text: &Prose| prose(text, part, 4);
    CardView {
        age: line(&card.band.label),
        title: line(&activity.title),
        time: minutes(activity.minutes),
        screen: if activity.screen { "uses a screen" } else { "no screen needed" }.to_owned(),
        needs: separated(&needs),
        summary: line(&activity.summary),
        care: wording::care(activity.sensitivity, &line(&issue.help.title)),
        from_theme: card.from_theme.map(line).unwrap_or_default(),
        get_ready_prose: of(&activity.get_ready),
        do_it_prose: of(&activity.do_it_together),
        talk_prose: of(&activity.talk_about_it),
        worries_prose: of(&activity.if_something_worries_you),
        resources: activity
            .resources
            .iter()
            .map(|r| ResourceView { title: line(&r.title), url: r.url.clone(), publisher: line(&r.publisher) })
            .collect(),
        address: on_paper(&url),
        url,
        accent: palette::accent_at(place),
    }
}

impl CardView {
    /// On a page of its own, where the headings inside its four parts are of level 3.
    pub(crate) fn alone(self, activity: &Activity) -> Self {
        let of = |text: &Prose| prose(text, Part::Html, 3);
        Self {
            get_ready_prose: of(&activity.get_ready),
            do_it_prose: of(&activity.do_it_together),
            talk_prose: of(&activity.talk_about_it),
            worries_prose: of(&activity.if_something_worries_you),
            ..self
        }
    }
}

/// `paper, pencils`; with semicolons where an item has a comma of its own.
fn separated(items: &[String]) -> String {
    items.join(if items.iter().any(|item| item.contains(',')) { "; " } else { ", " })
}

pub(crate) fn help(help: &Help, part: Part) -> HelpView {
    HelpView {
        title: line(&help.title),
        intro: line(&help.intro),
        entries: help.entries.iter().map(|entry| help_entry(entry, part)).collect(),
    }
}

fn help_entry(entry: &HelpEntry, part: Part) -> HelpEntryView {
    let optional = |value: &Option<String>| value.as_deref().map(line).unwrap_or_default();
    let url = optional(&entry.url);
    let link_text = optional(&entry.link_text);
    HelpEntryView {
        when: line(&entry.when),
        who: line(&entry.who),
        what_prose: match part {
            Part::Html => phone_numbers::linked_html(&line(&entry.what)),
            Part::Text => phone_numbers::unbroken(&line(&entry.what)),
        },
        phone_digits: phone_numbers::digits(&optional(&entry.phone)),
        phone: match part {
            Part::Html => optional(&entry.phone),
            Part::Text => optional(&entry.phone).replace(' ', "\u{a0}"),
        },
        email: optional(&entry.email),
        link_text: if link_text.is_empty() { format!("Go to the {} website", line(&entry.who)) } else { link_text },
        address: on_paper(&url),
        url,
    }
}

/// An address as people write it and type it.
fn on_paper(url: &str) -> String {
    let plain = url.strip_prefix("https://").unwrap_or(url);
    plain.strip_prefix("www.").unwrap_or(plain).trim_end_matches('/').to_owned()
}

fn line(text: &str) -> String {
    one_line(text).trim().to_owned()
}
