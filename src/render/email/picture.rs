//! The picture of an activity, on its card.

use serde::Serialize;

use super::html_scan::{Element, scan};
use super::wording::line;
use crate::domain::activity::Activity;
use crate::domain::picture::{PictureName, PictureSubject};
use crate::domain::rendered::Body;
use crate::render::error::RenderError;
use crate::render::issue::{Illustration, Issue};

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
pub(super) fn shown(brought: &[Illustration], html: &Body) -> Result<Vec<PictureName>, RenderError> {
    let mut names = Vec::new();
    let scan = scan(html);
    for address in scan.elements.iter().flat_map(Element::values).flat_map(addresses).chain(addresses(&scan.styles)) {
        match brought.iter().find(|picture| address.starts_with(&picture.src)) {
            Some(picture) if names.contains(&picture.info.name) => {}
            Some(picture) => names.push(picture.info.name.clone()),
            None => return Err(unknown(address)),
        }
    }
    Ok(names)
}

/// Where an attribute or a style names a part of its mail (RFC 2392 §2): at the beginning, or in `url(…)`. In the middle of a
/// word, the same letters mean nothing.
fn addresses(value: &str) -> impl Iterator<Item = &str> {
    let begins = value.split("url(").enumerate().map(|(at, rest)| match at {
        0 => rest.trim_start(),
        _ => rest.trim_start_matches(['"', '\'', ' ']),
    });
    begins.filter(|rest| rest.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("cid:")))
}

fn unknown(rest: &str) -> RenderError {
    let found: String =
        rest.chars().take_while(|c| !matches!(c, '"' | '\'' | '>' | ')') && !c.is_whitespace()).collect();
    let problem = format!(
        "a picture that no such mail brings ({found}): pictures are those of an edition’s activities, with [image], and the logo"
    );
    RenderError::Markup { problem, found }
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn only_an_address_names_a_part_of_the_mail() {
        let found = |value| addresses(value).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found("cid:one.png@fortnightly"), ["cid:one.png@fortnightly"]);
        assert_eq!(found("color: red; background: URL(x) url( 'cid:two.png')"), ["cid:two.png')"]);
        for other in
            ["https://example.org/?acid:7", "Battery acid: never touch it", "url(data:cid:x)", "cid", "ci\u{e9}:"]
        {
            assert!(found(other).is_empty(), "{other}");
        }
    }
}
