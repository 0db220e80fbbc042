//! theme.md → [`Theme`].

use crate::domain::activity::Theme;
use crate::domain::prose::Block;
use crate::toml_form::document::Document;
use crate::toml_form::fields::Fields;
use crate::toml_form::table::{Form, Key, Presence, Table};

use super::front_matter::{At, LINE, line, review_dates, split};
use super::page::Page;
use super::{markdown, sections, words};

/// The strands of *Education for a Connected World* (UKCIS).
pub const STRANDS: [&str; 8] = [
    "self-image",
    "relationships",
    "reputation",
    "bullying",
    "managing information",
    "health and well-being",
    "privacy and security",
    "copyright and ownership",
];

/// The heading of the article.
pub(super) const ARTICLE: &str = "For parents and carers";

static THEME: Table = Table {
    heading: "",
    noun: "a theme",
    about: "",
    keys: &[
        Key::new("title", LINE, Presence::Required, "Keeping things private"),
        Key::new("strand", LINE, Presence::Required, "privacy and security"),
        Key::new("order", Form::Whole { least: -1_000_000, most: 1_000_000 }, Presence::Optional, "10"),
        Key::new("reviewed", Form::Date, Presence::Required, "2026-09-01"),
        Key::new("review_by", Form::Date, Presence::Required, "2028-09-01"),
    ],
};

/// Reads the theme in folder `name`. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: &str) -> Option<Theme> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &THEME);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let strand = read_strand(&fields);
    let order = fields.get("order").and_then(|value| value.whole());
    let review = review_dates(&fields);
    let outline = markdown::read(page, body);
    if outline.opening.plain().is_empty() && !outline.opening_refused {
        let message = format!("there is no opening before “## {ARTICLE}”");
        let help = "write the digest's first paragraph right below the front matter";
        page.error(outline.opening_at, "no-opening", message, help);
    }
    if outline.opening.0.iter().any(|block| matches!(block, Block::Heading(_))) {
        let help =
            format!("the opening is one short text: take its ### headings out, or move them below “## {ARTICLE}”");
        page.error(outline.opening_at, "heading-in-opening", "there is a heading in the opening", help);
    }
    let [for_parents] = sections::take(page, outline.sections, [ARTICLE], page.text().len())?;
    let (reviewed, review_by) = review?;
    Some(Theme {
        name: name.to_owned(),
        title: title?.value,
        strand: strand?,
        order,
        reviewed,
        review_by,
        opening: outline.opening,
        for_parents,
    })
}

fn read_strand(fields: &Fields<'_>) -> Option<String> {
    let page = fields.source();
    let At { offset, value } = line(fields, "strand")?;
    if STRANDS.contains(&value.as_str()) {
        return Some(value);
    }
    let help = words::suggest(&value, STRANDS, &format!("the strands are {}", words::listed(&STRANDS)));
    page.error(offset, "unknown-strand", format!("there is no strand “{}”", words::shown(&value)), help);
    None
}
