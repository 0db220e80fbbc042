//! A bulletin's page, and its item in a feed.

use chrono::NaiveDate;
use serde::Serialize;

use super::view::{Shell, feeds};
use crate::domain::band::Bands;
use crate::domain::bulletin::MailingName;
use crate::domain::text::dates;
use crate::render::email::bulletin::{BulletinView, for_everyone};
use crate::render::error::RenderError;
use crate::render::issue::BulletinIssue;
use crate::render::prose::escape;
use crate::render::templates::{Page, Templates, checked_fields, fill_page};

#[derive(Debug, Serialize)]
pub(crate) struct BulletinPage {
    pub(crate) shell: Shell,
    /// The page of the mail that it is about; empty where it isn't about one.
    pub(crate) about_url: String,
    /// That it was withdrawn, and when, in a sentence; empty for every other bulletin.
    pub(crate) withdrawn: String,
    /// For whom it was, where that wasn't everyone: `for ages 8 to 10`.
    pub(crate) for_whom: String,
    #[serde(flatten)]
    pub(crate) view: BulletinView,
}

/// The page of a bulletin.
///
/// # Errors
/// A template that does not fit.
pub fn bulletin(templates: &Templates, issue: &BulletinIssue<'_>, bands: &Bands) -> Result<String, RenderError> {
    fill_page(templates.of_bulletin_pages(), Page::Bulletin, &page(issue, bands))
}

/// What its template sees.
pub(crate) fn page(issue: &BulletinIssue<'_>, bands: &Bands) -> BulletinPage {
    let (service, view) = (&issue.service, for_everyone(issue, bands));
    let withdrawn = issue.withdrawn.map(withdrawn).unwrap_or_default();
    let summary = if withdrawn.is_empty() { &view.summary } else { &withdrawn };
    let shell = Shell {
        css_class: "bulletin",
        canonical: view.web_url.clone(),
        feeds: feeds(service.base_url),
        ..Shell::new(service, &format!("{}: {}", view.subject, service.name), summary)
    };
    let about_url = issue.about.map(|earlier| url_of(service.base_url, earlier.name)).unwrap_or_default();
    let for_whom = if issue.bulletin.bands.is_empty() { String::new() } else { format!("for {}", view.bands) };
    BulletinPage { shell: shell.with_exit(), about_url, withdrawn, for_whom, view }
}

fn url_of(base_url: &str, mailing: &MailingName) -> String {
    match mailing {
        MailingName::Edition(number) => format!("{base_url}/editions/{number}"),
        MailingName::Bulletin(name) => format!("{base_url}/bulletins/{name}"),
    }
}

fn withdrawn(on: NaiveDate) -> String {
    format!("We withdrew this bulletin on {}. Please don’t rely on it, and don’t hand it on.", dates::day(on))
}

/// A bulletin in a feed: its title, its summary in one line, and its content without a page around it.
///
/// # Errors
/// A text with a character that no page shows.
pub fn bulletin_item(issue: &BulletinIssue<'_>, bands: &Bands) -> Result<(String, String, String), RenderError> {
    let view = for_everyone(issue, bands);
    checked_fields(&view)?;
    let mut content = format!("<p>{}</p>", escape::html(&view.summary));
    if !view.about.is_empty() {
        content += &format!("<p><strong>{}</strong></p>", escape::html(&view.about));
    }
    if !view.wrong_prose.is_empty() {
        content += &format!("<h2>What was wrong</h2>{}<h2>What is right</h2>{}", view.wrong_prose, view.right_prose);
    }
    content += &view.body_prose;
    content += &format!("<h2>{}</h2><p>{}</p>", escape::html(&view.help.title), escape::html(&view.help.intro));
    for entry in &view.help.entries {
        let (when, who, phone) = (escape::html(&entry.when), escape::html(&entry.who), escape::html(&entry.phone));
        let phone =
            if phone.is_empty() { phone } else { format!(" · <a href=\"tel:{}\">{phone}</a>", entry.phone_digits) };
        let url = escape::html(&entry.url);
        let link =
            if url.is_empty() { url } else { format!(" · <a href=\"{url}\">{}</a>", escape::html(&entry.link_text)) };
        content += &format!("<p>{when}: <strong>{who}</strong>{phone}{link}</p>");
    }
    Ok((view.subject, view.summary, content))
}
