//! The help block as templates see it.

use serde::Serialize;

use super::wording::{line, on_paper};
use crate::domain::help::{Help, HelpEntry};
use crate::render::error::Part;
use crate::render::issue::ServiceInfo;
use crate::render::prose::phone_numbers;

#[derive(Debug, Serialize)]
pub(crate) struct HelpView {
    pub(crate) title: String,
    pub(crate) intro: String,
    pub(crate) entries: Vec<HelpEntryView>,
    /// Where the entries stand that are left out here; empty when there are none.
    pub(crate) more_url: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct HelpEntryView {
    pub(crate) when: String,
    pub(crate) who: String,
    /// One line, its numbers linked in HTML; empty when there is none.
    pub(crate) what_prose: String,
    /// As written; empty when there is none.
    pub(crate) phone: String,
    /// The digits for a `tel:` link.
    pub(crate) phone_digits: String,
    pub(crate) email: String,
    pub(crate) url: String,
    /// The same as it is written on paper: `childline.org.uk`.
    pub(crate) address: String,
    pub(crate) link_text: String,
}

/// What `shown` holds of the help block `all`.
pub(crate) fn view(shown: &Help, all: &Help, service: &ServiceInfo<'_>, part: Part) -> HelpView {
    let is_whole = shown.entries.len() == all.entries.len();
    // The front page lasts: an edition may be taken back.
    let more_url = if is_whole { String::new() } else { format!("{}/#help", service.base_url) };
    HelpView { more_url, ..whole(shown, part) }
}

/// A help block of which nothing is left out.
pub(crate) fn whole(help: &Help, part: Part) -> HelpView {
    HelpView {
        title: line(&help.title),
        intro: line(&help.intro),
        entries: entries(help, part),
        more_url: String::new(),
    }
}

pub(crate) fn entries(help: &Help, part: Part) -> Vec<HelpEntryView> {
    help.entries.iter().map(|one| entry(one, part)).collect()
}

fn entry(entry: &HelpEntry, part: Part) -> HelpEntryView {
    let optional = |value: &Option<String>| value.as_deref().map(line).unwrap_or_default();
    let url = optional(&entry.url);
    let link_text = optional(&entry.link_text);
    HelpEntryView {
        when: line(&entry.when),
        who: line(&entry.who),
        what_prose: phone_numbers::of_line(&line(&entry.what), part),
        phone_digits: phone_numbers::digits(&optional(&entry.phone)),
        phone: match part {
            Part::Html => optional(&entry.phone),
            Part::Text => optional(&entry.phone).replace(' ', "\u{a0}"),
        },
        email: optional(&entry.email),
        link_text: if link_text.is_empty() { format!("Go to the {} website", line(&entry.who)) } else { link_text },
        address: on_paper(&url),
        url,
    }
}
