//! theme.md → [`Theme`], and notices/NAME.md → [`Notice`].

use crate::domain::activity::{Notice, Theme};
use crate::domain::prose::Block;
use crate::toml_form::{Document, Fields, Form, Key, Table, Value};

use super::front_matter::{LINE, date_range, line, review_dates, split, unknown};
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
        Key::required("title", LINE, "Keeping things private"),
        Key::required("strand", LINE, "privacy and security"),
        Key::optional("order", Form::Whole { least: -1_000_000, most: 1_000_000 }, "10"),
        Key::required("reviewed", Form::Date, "2026-09-01"),
        Key::required("review_by", Form::Date, "2028-09-01"),
        Key::optional("author", LINE, "A. Writer, Anyshire County Council"),
        Key::optional("reviewed_by", LINE, "B. Reader, safeguarding lead"),
    ],
};

/// Reads the theme in folder `name`. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: &str) -> Option<Theme> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &THEME);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let strand = read_strand(&fields);
    let order = fields.read("order", Value::whole);
    let review = review_dates(&fields);
    let (author, reviewed_by) = (line(&fields, "author"), line(&fields, "reviewed_by"));
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
        author: author.map(|author| author.value),
        reviewed_by: reviewed_by.map(|reviewer| reviewer.value),
        opening: outline.opening,
        for_parents,
    })
}

fn read_strand(fields: &Fields<'_>) -> Option<String> {
    let found = line(fields, "strand")?;
    if STRANDS.contains(&found.value.as_str()) {
        return Some(found.value);
    }
    let rest = format!("the strands are {}", words::listed(&STRANDS));
    unknown(fields.source(), &found, ("unknown-strand", "strand"), STRANDS, &rest);
    None
}

static NOTICE: Table = Table {
    heading: "",
    noun: "a notice",
    about: "",
    keys: &[
        Key::required("title", LINE, "Safer Internet Day"),
        Key::required("from", Form::Date, "2027-01-25"),
        Key::required("until", Form::Date, "2027-02-14"),
        Key::optional("reviewed", Form::Date, "2026-09-01"),
        Key::optional("review_by", Form::Date, "2028-09-01"),
    ],
};

/// Reads the notice of this name, notices/NAME.md. `None` when anything is wrong; all of it is noted.
pub(super) fn read_notice(page: &Page, name: &str) -> Option<Notice> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &NOTICE);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let (from, until) = date_range(&fields, "from", "until");
    date_range(&fields, "reviewed", "review_by");
    let outline = markdown::read(page, body);
    for section in &outline.sections {
        let help = "take it out, or write it with ### (the notice's title is its heading)";
        page.error(section.at, "unknown-heading", "a notice has no headings of level 1 or 2", help);
    }
    if outline.opening.plain().is_empty() && outline.sections.is_empty() && !outline.opening_refused {
        page.error(outline.opening_at, "empty-body", "the notice has no text", "write it below the front matter");
    }
    Some(Notice { name: name.to_owned(), title: title?.value, from: from?, until: until?, body: outline.opening })
}
