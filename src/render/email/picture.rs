//! The picture of an activity, on its card.

use serde::Serialize;

use super::wording::line;
use crate::domain::activity::Activity;
use crate::domain::picture::{PictureName, PictureSubject};
use crate::domain::rendered::{Body, Piece};
use crate::render::error::RenderError;
use crate::render::issue::Issue;

/// How wide a picture is shown at most, in CSS pixels: as the text of a card.
const COLUMN: u32 = 544;

#[derive(Debug, Serialize)]
pub(crate) struct PictureView {
    /// Where it is: in the mail itself (`cid:…`), or its address on the web.
    pub(crate) src: String,
    /// What it shows, for those who don't see it.
    pub(crate) alt: String,
    pub(crate) credit: String,
    /// How large it is shown, in CSS pixels.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `A padlock. Drawing: A. Painter.`: what stands in its place in plain text.
    pub(crate) in_words: String,
}

/// The picture of `activity`, if it was drawn for `issue`.
pub(super) fn view(activity: &Activity, issue: &Issue<'_>) -> Option<PictureView> {
    let image = activity.image.as_ref()?;
    let drawn = issue.picture(&PictureSubject::Activity(activity.id.clone()))?;
    let (alt, credit) = (line(&image.alt), line(&image.credit));
    let (width, height) = (drawn.info.width.max(1), drawn.info.height);
    let shown = width.min(COLUMN);
    Some(PictureView {
        src: drawn.src.clone(),
        in_words: format!("{} {}", stopped(&alt), stopped(&credit)),
        alt,
        credit,
        width: shown,
        height: (height * shown).div_ceil(width),
    })
}

/// The address of the square picture for whoever passes the edition on; empty where there is none.
pub(super) fn to_share(issue: &Issue<'_>) -> String {
    issue.picture(&PictureSubject::Share).map(|picture| picture.src.clone()).unwrap_or_default()
}

fn stopped(text: &str) -> String {
    if text.ends_with(['.', '?', '!', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// The pictures that a mail's HTML shows: templates of an organisation's own may leave them out, and then nobody gets them.
///
/// # Errors
/// When it names a picture that the mail does not bring.
pub(super) fn shown(issue: &Issue<'_>, html: &Body) -> Result<Vec<PictureName>, RenderError> {
    let mut names = Vec::new();
    let literals = html.0.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    for rest in literals.flat_map(|text| text.match_indices("cid:").map(|(at, _)| &text[at..])) {
        match issue.pictures.iter().find(|picture| rest.starts_with(&picture.src)) {
            Some(picture) if names.contains(&picture.info.name) => {}
            Some(picture) => names.push(picture.info.name.clone()),
            None => return Err(unknown(rest)),
        }
    }
    Ok(names)
}

fn unknown(rest: &str) -> RenderError {
    let found: String = rest.chars().take_while(|c| !matches!(c, '"' | '\'' | '>') && !c.is_whitespace()).collect();
    let problem =
        format!("a picture that no mail brings ({found}): pictures are those of the activities, with [image]");
    RenderError::Markup { problem, found }
}
