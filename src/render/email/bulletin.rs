//! A bulletin as one segment reads it: what its templates see, and the finished mail.

use serde::Serialize;

use super::help::{self, HelpEntryView, HelpView};
use super::share::{self, ShareView};
use super::view::{ServiceView, service};
use super::wording::{self, Wording, line};
use super::{check, filled, picture};
use crate::domain::band::{Band, BandSet, Bands};
use crate::domain::bulletin::{Correction, MailingName};
use crate::domain::prose::Prose;
use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};
use crate::domain::text::dates;
use crate::render::error::{MailKind, Part, RenderError};
use crate::render::issue::BulletinIssue;
use crate::render::logo::{self, LogoView};
use crate::render::palette::{self, Look};
use crate::render::prose::prose;
use crate::render::templates::Templates;

#[derive(Debug, Serialize)]
pub(crate) struct BulletinView {
    /// Language tag (RFC 5646).
    pub(crate) lang: &'static str,
    pub(crate) subject: String,
    /// The line that mail programs show beside the subject.
    pub(crate) preheader: String,
    /// `Bulletin` or `Correction`.
    pub(crate) kind: &'static str,
    /// `Monday 30 November 2026`.
    pub(crate) date: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    /// Which mail it is about, in a sentence; empty where it isn't about one.
    pub(crate) about: String,
    /// Empty in a bulletin that is no correction, as is what is right. Headings inside all three texts are of level 3.
    pub(crate) wrong_prose: String,
    pub(crate) right_prose: String,
    /// Empty in a correction.
    pub(crate) body_prose: String,
    /// The readers' bands: `ages 4 to 10`.
    pub(crate) bands: String,
    /// Its page on the web; no token.
    pub(crate) web_url: String,
    /// The organisation's logo, one or none; the service's name is its description.
    pub(crate) logo: Vec<LogoView>,
    pub(crate) service: ServiceView,
    pub(crate) share: ShareView,
    pub(crate) help: HelpView,
    /// The first lines of the help block, for a sheet of paper.
    pub(crate) where_to_turn: Vec<HelpEntryView>,
    pub(crate) words: Wording,
    pub(crate) look: Look,
}

/// Renders the mail of one segment. Same inputs, same bytes.
///
/// # Errors
/// A segment without bands, a text with a character that may not be mailed, a template that does not fit, or a mail that
/// must not be sent ([`check::check`]).
pub fn render_bulletin(
    templates: &Templates,
    issue: &BulletinIssue<'_>,
    segment: &SegmentKey,
    bands: &Bands,
) -> Result<Rendered, RenderError> {
    if segment.bands.is_empty() {
        return Err(RenderError::NoBand);
    }
    let view = |part| of_segment(issue, segment, bands, part);
    let (html, text) = (view(Part::Html), view(Part::Text));
    let mut rendered = filled(templates.of_bulletin_mails(), MailKind::Bulletin, (&html, &text), &html.subject)?;
    rendered.pictures = picture::shown(&issue.pictures, &rendered.html)?;
    check::check(&rendered, &issue.service, &issue.help.in_mail(&segment.bands))?;
    Ok(rendered)
}

/// The view for one segment, with prose as `part` wants it.
pub(crate) fn of_segment(issue: &BulletinIssue<'_>, segment: &SegmentKey, bands: &Bands, part: Part) -> BulletinView {
    let readers: Vec<&Band> = bands.iter().filter(|band| segment.bands.contains(&band.id)).collect();
    let bulletin = issue.bulletin;
    let (title, summary) = (line(&bulletin.title), line(&bulletin.summary));
    let web_url = format!("{}/bulletins/{}", issue.service.base_url, bulletin.name);
    let is_correction = bulletin.correction.is_some();
    let of = |text: &Prose| prose(text, part, 3);
    let of_correction =
        |text: fn(&Correction) -> &Prose| bulletin.correction.as_ref().map(|it| of(text(it))).unwrap_or_default();
    let in_mail = issue.help.in_mail(&segment.bands);
    BulletinView {
        lang: segment.locale.as_str(),
        subject: if is_correction { format!("Correction: {title}") } else { title.clone() },
        preheader: summary.clone(),
        kind: if is_correction { "Correction" } else { "Bulletin" },
        date: dates::day(issue.date),
        about: about(issue),
        wrong_prose: of_correction(|correction| &correction.wrong),
        right_prose: of_correction(|correction| &correction.right),
        body_prose: of(&bulletin.body),
        bands: wording::bands_phrase(&readers),
        logo: logo::in_mail(&issue.pictures, &line(issue.service.name)),
        service: service(&issue.service),
        share: share::of_bulletin(&title, &summary, is_correction, &web_url),
        help: help::view(&in_mail, issue.help, &issue.service, part),
        where_to_turn: help::entries(&in_mail, part),
        words: wording::of_bulletin(segment.sector, is_correction),
        look: palette::look(issue.service.face.colour),
        title,
        summary,
        web_url,
    }
}

/// The view for its page, in the wording for everyone: readers of the bands that it is for.
pub(crate) fn for_everyone(issue: &BulletinIssue<'_>, bands: &Bands) -> BulletinView {
    let readers: BandSet =
        if issue.bulletin.bands.is_empty() { bands.names() } else { issue.bulletin.bands.iter().cloned().collect() };
    let segment = SegmentKey { bands: readers, sector: Sector::Other, locale: Locale::EnGb };
    let view = of_segment(issue, &segment, bands, Part::Html);
    let whole = issue.help.for_bands(&segment.bands);
    BulletinView { help: help::view(&whole, issue.help, &issue.service, Part::Html), ..view }
}

/// `This corrects our email of Monday 7 September 2026 (edition 3, “Ask for help”).` One that is no correction `is about` it.
fn about(issue: &BulletinIssue<'_>) -> String {
    let Some(earlier) = &issue.about else { return String::new() };
    let (date, title) = (dates::day(earlier.date), line(earlier.title));
    let which = match earlier.name {
        MailingName::Edition(number) => format!("edition {number}, “{title}”"),
        MailingName::Bulletin(_) => format!("“{title}”"),
    };
    if issue.bulletin.correction.is_some() {
        return format!("This corrects our email of {date} ({which}).");
    }
    format!("This is about the email that we sent on {date} ({which}).")
}
