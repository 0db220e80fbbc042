//! notices/NAME.md → [`Notice`].

use crate::domain::activity::Notice;

use super::fields::Kind;
use super::page::Page;
use super::{front_matter, markdown, review};

static NOTICE: Kind = Kind {
    what: "a notice",
    keys: &[
        ("title", "title = \"Safer Internet Day\""),
        ("from", "from = 2027-01-25"),
        ("until", "until = 2027-02-14"),
        ("reviewed", "reviewed = 2026-09-01"),
        ("review_by", "review_by = 2028-09-01"),
    ],
    outer: None,
};

/// Reads the notice of this name. `None` when anything is wrong; all of it is noted.
pub(super) fn read(page: &Page, name: &str) -> Option<Notice> {
    let (front, body) = front_matter::split(page)?;
    let mut fields = front_matter::parse(page, front, &NOTICE);
    let title = fields.line("title");
    let (from, until) = (fields.date("from"), fields.date("until"));
    review::check_order(page, ("from", from.as_ref()), ("until", until.as_ref()));
    review::ordered(&mut fields, "reviewed", "review_by");
    fields.finish();
    let outline = markdown::read(page, body);
    for section in &outline.sections {
        let help = "take it out, or write it with ### (the notice's title is its heading)";
        page.error(section.at, "unknown-heading", "a notice has no headings of level 1 or 2", help);
    }
    if outline.opening.plain().is_empty() && outline.sections.is_empty() && !outline.opening_refused {
        page.error(outline.opening_at, "empty-body", "the notice has no text", "write it below the front matter");
    }
    Some(Notice { name: name.to_owned(), title: title?, from: from?.value, until: until?.value, body: outline.opening })
}
