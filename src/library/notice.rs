//! notices/NAME.md → [`Notice`].

use crate::domain::activity::Notice;
use crate::toml_form::document::Document;
use crate::toml_form::fields::Fields;
use crate::toml_form::table::{Form, Key, Presence, Table};

use super::front_matter::{LINE, date_range, line, split};
use super::markdown;
use super::page::Page;

static NOTICE: Table = Table {
    heading: "",
    noun: "a notice",
    about: "",
    keys: &[
        Key::new("title", LINE, Presence::Required, "Safer Internet Day"),
        Key::new("from", Form::Date, Presence::Required, "2027-01-25"),
        Key::new("until", Form::Date, Presence::Required, "2027-02-14"),
        Key::new("reviewed", Form::Date, Presence::Optional, "2026-09-01"),
        Key::new("review_by", Form::Date, Presence::Optional, "2028-09-01"),
    ],
};

/// Reads the notice of this name. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: &str) -> Option<Notice> {
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
