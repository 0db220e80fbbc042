//! What the templates see, and how it is made from an issue: plain typed fields, none of them ever missing.
//!
//! A missing text is empty and a missing list has no items, so that `{{#if}}` works in strict mode.
//! Fields ending in `_prose` are ready-made: HTML in `digest.mjml.hbs` (write them `{{{…}}}`), wrapped lines in
//! `digest.txt.hbs`. Everything else is escaped by `{{…}}`.

use chrono::NaiveDate;
use serde::Serialize;

use super::help::{self, HelpEntryView, HelpView};
use super::picture::{self, PictureView};
use super::share::{self, ShareView};
use super::wording::{self, Wording, line, on_paper};
use crate::domain::activity::{Activity, NextStep, Notice, Theme};
use crate::domain::band::{Band, BandSet, Bands};
use crate::domain::help::Help;
use crate::domain::prose::Prose;
use crate::domain::segment::SegmentKey;
use crate::domain::text::dates;
use crate::render::error::{Part, RenderError};
use crate::render::issue::{Card, Issue, ServiceInfo};
use crate::render::logo::{self, LogoView};
use crate::render::palette::{self, Accent, Look};
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
    /// The organisation's logo, one or none; the service's name is its description.
    pub(crate) logo: Vec<LogoView>,
    pub(crate) service: ServiceView,
    pub(crate) theme: ThemeView,
    pub(crate) cards: Vec<CardView>,
    /// Whether one of the cards has a picture.
    pub(crate) has_pictures: bool,
    pub(crate) notices: Vec<NoticeView>,
    pub(crate) share: ShareView,
    pub(crate) help: HelpView,
    /// The first lines of the help block, for a sheet of paper.
    pub(crate) where_to_turn: Vec<HelpEntryView>,
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
    /// One line at the foot; empty for none.
    pub(crate) footer: String,
    /// The organisation's privacy notice; empty for none.
    pub(crate) privacy_url: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct ThemeView {
    pub(crate) title: String,
    pub(crate) strand: String,
    pub(crate) opening_prose: String,
    /// Headings inside are of level 3.
    pub(crate) article_prose: String,
    /// `Written by A. Writer. Checked by B. Reader.`; empty when nobody says.
    pub(crate) byline: String,
    /// `Corrected on Monday 30 November 2026.`: on the web alone, where a slip was mended after it had gone out; else empty.
    pub(crate) corrected: String,
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
    /// Completes “Your child practises …”, without a stop at its end; empty when the activity does not say.
    pub(crate) skill: String,
    /// What there is to see; empty when the activity has no picture, or it is not drawn.
    pub(crate) picture: Vec<PictureView>,
    /// As the theme's.
    pub(crate) corrected: String,
    /// A note for the adult; empty when none is needed.
    pub(crate) care: String,
    /// The title of the activity's theme when it is another than the edition's; else empty.
    pub(crate) from_theme: String,
    /// Headings inside the four parts are of level 4.
    pub(crate) get_ready_prose: String,
    pub(crate) do_it_prose: String,
    pub(crate) talk_prose: String,
    /// With what every family of this band should know.
    pub(crate) worries_prose: String,
    /// What is said together at the end, without quotation marks; empty for nothing.
    pub(crate) say: String,
    /// One step on a real device, its numbers linked in HTML; all three are empty when there is none.
    pub(crate) next_prose: String,
    pub(crate) next_url: String,
    pub(crate) next_publisher: String,
    /// The sheet to print; empty when there is none.
    pub(crate) sheet_url: String,
    /// The same as it is written on paper.
    pub(crate) sheet_address: String,
    /// The first lines of the help block for this band, for a sheet of paper.
    pub(crate) where_to_turn: Vec<HelpEntryView>,
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
    let theme = theme(issue, part);
    let in_mail = issue.help.in_mail(&readers(&shown, bands));
    let cards_shown: Vec<CardView> = cards.iter().map(|one| card(one, issue, bands, part)).collect();
    DigestView {
        lang: segment.locale.as_str(),
        subject: format!("{}: 15-minute activities for {phrase}", theme.title),
        preheader: preheader(cards),
        edition: issue.edition.0,
        date: dates::day(issue.date),
        logo: logo::in_mail(&issue.pictures, &line(issue.service.name)),
        service: service(&issue.service),
        share: share::share(&theme.title, &shown, &web_url, picture::to_share(issue)),
        theme,
        has_pictures: cards_shown.iter().any(|card| !card.picture.is_empty()),
        cards: cards_shown,
        notices: issue.notices.iter().map(|one| notice(one, part)).collect(),
        help: help::view(&in_mail, issue.help, &issue.service, part),
        where_to_turn: help::entries(&in_mail, part),
        words: wording::wording(segment.sector, shown.len() == 1, &phrase),
        look: palette::look(issue.service.face.colour),
        bands: phrase,
        web_url,
    }
}

pub(super) fn service(service: &ServiceInfo<'_>) -> ServiceView {
    ServiceView {
        name: line(service.name),
        postal_address: line(service.postal_address),
        base_url: service.base_url.to_owned(),
        reply_to: service.reply_to.map(ToString::to_string).unwrap_or_default(),
        footer: line(service.face.footer),
        privacy_url: service.face.privacy_url.to_owned(),
    }
}

fn corrected(on: Option<NaiveDate>) -> String {
    on.map(|date| format!("Corrected on {}.", dates::day(date))).unwrap_or_default()
}

fn theme(issue: &Issue<'_>, part: Part) -> ThemeView {
    let theme = issue.theme;
    ThemeView {
        corrected: corrected(issue.theme_corrected),
        title: line(&theme.title),
        strand: line(&theme.strand),
        opening_prose: prose(&theme.opening, part, 2),
        article_prose: prose(&theme.for_parents, part, 3),
        byline: byline(theme),
    }
}

/// Marks that a text may bring along and the template sets.
const QUOTES: [char; 3] = ['“', '”', '"'];

fn byline(theme: &Theme) -> String {
    let said = |what: &str, who: &Option<String>| {
        let who = line(who.as_deref()?);
        Some(format!("{what} by {}.", without_stop(&who)))
    };
    let parts = [said("Written", &theme.author), said("Checked", &theme.reviewed_by)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A sentence of the template goes on behind it.
fn without_stop(text: &str) -> &str {
    text.trim_end_matches('.')
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

/// The bands of the cards shown; all bands when everything was taken back.
fn readers(shown: &[&Band], bands: &Bands) -> BandSet {
    if shown.is_empty() { bands.names() } else { shown.iter().map(|band| band.id.clone()).collect() }
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
    let sheet_url = activity.printable.as_ref().map(|sheet| format!("{url}/{}", sheet.file)).unwrap_or_default();
    let of = |text: &Prose| prose(text, part, 4);
    let optional = |text: &Option<String>| text.as_deref().map(line).unwrap_or_default();
    let next = |of: fn(&NextStep) -> &String| activity.next.as_ref().map(|next| line(of(next))).unwrap_or_default();
    let in_mail = issue.help.in_mail(&BandSet::from([card.band.id.clone()]));
    CardView {
        age: line(&card.band.label),
        title: line(&activity.title),
        time: minutes(activity.minutes),
        screen: if activity.screen { "uses a screen" } else { "no screen needed" }.to_owned(),
        needs: separated(&needs),
        summary: line(&activity.summary),
        skill: without_stop(&optional(&activity.skill)).to_owned(),
        picture: picture::view(activity, issue).into_iter().collect(),
        corrected: corrected(card.corrected),
        care: wording::care(activity.sensitivity, &line(&issue.help.title)),
        from_theme: card.from_theme.map(line).unwrap_or_default(),
        get_ready_prose: of(&activity.get_ready),
        do_it_prose: of(&activity.do_it_together),
        talk_prose: of(&activity.talk_about_it),
        worries_prose: of(&worries(activity, &in_mail)),
        say: optional(&activity.say).trim_matches(QUOTES).to_owned(),
        next_prose: phone_numbers::of_line(&next(|next| &next.text), part),
        next_url: next(|next| &next.url),
        next_publisher: next(|next| &next.publisher),
        sheet_address: on_paper(&sheet_url),
        sheet_url,
        where_to_turn: help::entries(&in_mail, part),
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
    /// On a page of its own, for all of its bands; the headings inside its four parts are of level 3.
    pub(crate) fn alone(self, activity: &Activity, help: &Help) -> Self {
        let of = |text: &Prose| prose(text, Part::Html, 3);
        let in_mail = help.in_mail(&activity.bands.iter().cloned().collect());
        Self {
            get_ready_prose: of(&activity.get_ready),
            do_it_prose: of(&activity.do_it_together),
            talk_prose: of(&activity.talk_about_it),
            worries_prose: of(&worries(activity, &in_mail)),
            where_to_turn: help::entries(&in_mail, Part::Html),
            ..self
        }
    }
}

/// What the activity may stir up, and what every family of these bands should know. It is one text, so that templates of
/// an organisation's own show all of it.
fn worries(activity: &Activity, help: &Help) -> Prose {
    let blocks = help.worries.iter().flat_map(|worry| &worry.text.0);
    Prose(activity.if_something_worries_you.0.iter().chain(blocks).cloned().collect())
}

/// `paper, pencils`; with semicolons where an item has a comma of its own.
fn separated(items: &[String]) -> String {
    items.join(if items.iter().any(|item| item.contains(',')) { "; " } else { ", " })
}
