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

pub(super) static THEME: Table = Table {
    heading: "",
    noun: "a theme",
    about: "",
    keys: &[
        Key::required("title", LINE, "Keeping things private")
            .asked("Title", "What families see in the subject line of the mail."),
        Key::required("strand", LINE, "privacy and security")
            .asked("Part of the curriculum", "The strand of “Education for a Connected World” that it serves."),
        Key::optional("order", Form::Whole { least: -1_000_000, most: 1_000_000 }, "10").asked(
            "Order",
            "Of themes that were never used, the one with the lowest number comes first. You can leave it empty.",
        ),
        Key::required("reviewed", Form::Date, "2026-09-01")
            .asked("Last checked on", "The day on which someone last read it and tried its links."),
        Key::required("review_by", Form::Date, "2028-09-01").asked("Check again by", "We remind you before that day."),
        Key::optional("author", LINE, "A. Writer, Anyshire County Council")
            .asked("Who wrote it", "Families see this below the article."),
        Key::optional("reviewed_by", LINE, "B. Reader, safeguarding lead")
            .asked("Who checked it", "Families see this below the article."),
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

pub(super) static NOTICE: Table = Table {
    heading: "",
    noun: "a notice",
    about: "",
    keys: &[
        Key::required("title", LINE, "Safer Internet Day").asked("Title", "It's the heading of the notice."),
        Key::required("from", Form::Date, "2027-01-25")
            .asked("First day", "Editions that go out on this day or later carry it."),
        Key::required("until", Form::Date, "2027-02-14").asked("Last day", "Editions after that day don't carry it."),
        Key::optional("reviewed", Form::Date, "2026-09-01")
            .asked("Last checked on", "The day on which someone last read it and tried its links."),
        Key::optional("review_by", Form::Date, "2028-09-01").asked("Check again by", ""),
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
