//! theme.md → [`Theme`].

use crate::domain::activity::Theme;
use crate::domain::prose::Block;

use super::fields::{At, Fields, Kind};
use super::page::Page;
use super::{front_matter, markdown, review, sections, words};

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

static THEME: Kind = Kind {
    what: "a theme",
    keys: &[
        ("title", "title = \"Keeping things private\""),
        ("strand", "strand = \"privacy and security\""),
        ("order", "order = 10"),
        ("reviewed", "reviewed = 2026-09-01"),
        ("review_by", "review_by = 2028-09-01"),
    ],
    outer: None,
};

/// Reads the theme in folder `name`. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: &str) -> Option<Theme> {
    let (front, body) = front_matter::split(page)?;
    let mut fields = front_matter::parse(page, front, &THEME);
    let title = fields.line("title");
    let strand = read_strand(&mut fields);
    let order = fields.optional_number("order", -1_000_000..=1_000_000);
    let review = review::read(&mut fields);
    fields.finish();
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
        title: title?,
        strand: strand?,
        order,
        reviewed,
        review_by,
        opening: outline.opening,
        for_parents,
    })
}

fn read_strand(fields: &mut Fields<'_>) -> Option<String> {
    let page = fields.page();
    let At { offset, value } = fields.required_line("strand")?;
    if STRANDS.contains(&value.as_str()) {
        return Some(value);
    }
    let help = words::suggest(&value, STRANDS, &format!("the strands are {}", words::listed(&STRANDS)));
    page.error(offset, "unknown-strand", format!("there is no strand “{}”", words::shown(&value)), help);
    None
}
