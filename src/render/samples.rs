//! An invented edition and bulletin that templates are tried out with: one with every field filled, one with every optional field empty.

use chrono::NaiveDate;
use handlebars::Handlebars;
use serde_json::{Value, json};

use super::email::{self, view};
use super::error::{MailKind, Part, RenderError};
use super::issue::{BulletinIssue, Card, EarlierMail, Face, Illustration, Issue, ServiceInfo};
use super::pages::view::{Brief, BulletinBrief, Choice, EditionView, Filter, Label, Link, Message, Shell, feeds};
use super::pages::{self, EditionPage, whole};
use super::templates::{Page, Templates, checked_fields, file_of};
use crate::domain::activity::{Activity, Image, NextStep, Notice, Printable, Resource, Sensitivity, Theme};
use crate::domain::address::Address;
use crate::domain::band::{Band, Bands};
use crate::domain::bulletin::{Bulletin, Correction, MailingName};
use crate::domain::colour::{BrandColour, Colour};
use crate::domain::edition::EditionNumber;
use crate::domain::help::{Help, HelpEntry, MAIL_ENTRIES, Worry};
use crate::domain::picture::{PictureInfo, PictureName, PictureSubject};
use crate::domain::prose::{Block, Inline, Prose};
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};

const BASE_URL: &str = "https://fortnightly.example";

/// Renders every mail and page, full and sparse. The error comes with the mail that it is about, or the one whose look a page
/// has.
pub(super) fn render_all(templates: &Templates) -> Result<(), (MailKind, RenderError)> {
    for sample in [true, false].map(Sample::new) {
        let digest = email::render(templates, &sample.issue(), &sample.segment(), &sample.bands);
        digest.map_err(|error| (MailKind::Digest, error))?;
        render_bulletins(templates, &sample).map_err(|error| (MailKind::Bulletin, error))?;
    }
    for sample in [true, false].map(Sample::new) {
        render_pages(templates, &sample).map_err(|error| (MailKind::Digest, error))?;
    }
    Ok(())
}

/// As far as there are templates for them.
fn render_bulletins(templates: &Templates, sample: &Sample) -> Result<(), RenderError> {
    let (issue, bands) = (sample.bulletin_issue(), &sample.bands);
    let is_there = |engine: &Handlebars<'_>, name: &str| engine.has_template(name);
    let kind = MailKind::Bulletin;
    if is_there(&templates.html, kind.name(Part::Html)) && is_there(&templates.text, kind.name(Part::Text)) {
        email::bulletin::render_bulletin(templates, &issue, &sample.segment(), bands)?;
    }
    if is_there(&templates.web, Page::Bulletin.name()) {
        fetches_nothing(Page::Bulletin, &pages::bulletin(templates, &issue, bands)?)?;
        let withdrawn = BulletinIssue { withdrawn: Some(day()), ..issue };
        fetches_nothing(Page::Bulletin, &pages::bulletin(templates, &withdrawn, bands)?)?;
    }
    Ok(())
}

fn render_pages(templates: &Templates, sample: &Sample) -> Result<(), RenderError> {
    let (issue, bands, full) = (sample.issue(), &sample.bands, sample.full);
    let bulletins = if full { vec![bulletin_brief()] } else { Vec::new() };
    let some = |brief: Brief| if full { vec![brief] } else { Vec::new() };
    let front = pages::front(templates, &issue.service, bulletins, (full.then(brief), some(brief())), issue.help)?;
    fetches_nothing(Page::Front, &front)?;
    let shown = issue.cards.iter().map(|card| card.band).collect();
    let withdrawn: Vec<Band> = if full { bands.iter().cloned().collect() } else { Vec::new() };
    let page = EditionPage { issue: &issue, bands: shown, is_filtered: full, withdrawn: &withdrawn };
    fetches_nothing(Page::Edition, &pages::edition(templates, &page, bands)?)?;
    fetches_nothing(Page::Activity, &pages::activity(templates, &issue, "Ages 4 to 5", bands)?)?;
    fetches_nothing(Page::Feed, &pages::feed_item(templates, &issue, &withdrawn, bands)?.1)?;
    fetches_nothing(Page::Embed, &pages::embed(templates, &issue.service, some(brief()), &[])?)?;
    fetches_nothing(Page::Embed, &pages::embed(templates, &issue.service, Vec::new(), &[words()])?)?;
    let message = if full { question() } else { Message { title: words(), ..Message::default() } };
    fetches_nothing(Page::Message, &pages::message(templates, &issue.service, &message)?)
}

/// A page’s own policy would block it, and a reader of feeds would tell its owner who reads.
fn fetches_nothing(page: Page, html: &str) -> Result<(), RenderError> {
    // Our own pictures are fetched from nobody else.
    let html =
        html.replace(&format!("src=\"{BASE_URL}/pictures/"), "src=\"cid:").replace("src=\"/pictures/", "src=\"cid:");
    email::remote::of_page(&html).map_or(Ok(()), |reason| {
        Err(RenderError::Template { file: file_of(page.name()), line: None, column: None, reason })
    })
}

/// The fields that a body's template may name: all of them, filled.
pub(super) fn mail_fields(kind: MailKind, part: Part) -> Value {
    let sample = Sample::new(true);
    let (segment, bands) = (sample.segment(), &sample.bands);
    let fields = match kind {
        MailKind::Digest => view::digest(&sample.issue(), &segment, bands, part).and_then(|view| checked_fields(&view)),
        MailKind::Bulletin => {
            checked_fields(&email::bulletin::of_segment(&sample.bulletin_issue(), &segment, bands, part))
        }
    };
    fields.expect("the sample has an activity for every band and plain words")
}

/// The fields that a page's template may name.
pub(super) fn page_fields(page: Page) -> Value {
    let sample = Sample::new(true);
    let issue = sample.issue();
    let shell = || {
        let some = Shell::new(&issue.service, "Sample", "Sample").with_exit();
        let (canonical, feeds) = (issue.service.base_url.to_owned(), feeds(issue.service.base_url));
        Shell { canonical, feeds, css_class: "edition", is_private: true, ..some }
    };
    match page {
        Page::Front => json!({
            "shell": shell(), "bulletins": [bulletin_brief()], "latest": [brief()], "past": [brief()], "feeds": feeds("x"), "example": "x",
            "snippet_fixed": "x", "snippet_growing": "x",
            "help": whole(&issue, &sample.bands).help,
        }),
        Page::Edition | Page::Activity | Page::Feed => {
            let view = whole(&issue, &sample.bands);
            let filter = Filter { label: "Ages".to_owned(), url: "x".to_owned(), is_current: true };
            let withdrawn = vec![Label { label: "Ages".to_owned() }];
            let (edition_url, copy_prose) = ("x".to_owned(), "x".to_owned());
            json!(EditionView { shell: shell(), filters: vec![filter], withdrawn, edition_url, copy_prose, view })
        }
        Page::Bulletin => {
            let issue = BulletinIssue { withdrawn: Some(day()), ..sample.bulletin_issue() };
            let page = pages::bulletin_page(&issue, &sample.bands);
            json!(pages::BulletinPage { shell: shell(), ..page })
        }
        Page::Embed => json!({ "shell": shell(), "items": [brief()], "paragraphs": ["x"] }),
        Page::Message => {
            let mut fields = json!(question());
            fields["shell"] = json!(shell());
            fields
        }
    }
}

struct Sample {
    bulletin: Bulletin,
    earlier: MailingName,
    bands: Bands,
    theme: Theme,
    activity: Activity,
    notice: Notice,
    help: Help,
    reply_to: Option<Address>,
    logo: PictureInfo,
    full: bool,
}

impl Sample {
    fn new(full: bool) -> Self {
        Self {
            bulletin: bulletin(full),
            earlier: MailingName::Edition(EditionNumber(1)),
            bands: Bands::shipped(),
            theme: theme(full),
            activity: activity(full),
            notice: Notice { name: "sample".to_owned(), title: words(), from: day(), until: day(), body: prose() },
            help: help(full),
            reply_to: full.then(|| "team@fortnightly.example".parse().expect("a valid address")),
            logo: logo(),
            full,
        }
    }

    fn service(&self) -> ServiceInfo<'_> {
        ServiceInfo {
            name: "Sample service",
            postal_address: "1 Sample Street, Anytown AB1 2CD",
            base_url: BASE_URL,
            reply_to: self.reply_to.as_ref(),
            face: if self.full { face(&self.logo) } else { Face::default() },
        }
    }

    /// The full one is a correction and has a body as well, which no bulletin has.
    fn bulletin_issue(&self) -> BulletinIssue<'_> {
        let earlier = EarlierMail { name: &self.earlier, date: day(), title: &self.theme.title };
        BulletinIssue {
            service: self.service(),
            bulletin: &self.bulletin,
            date: day(),
            about: self.full.then_some(earlier),
            withdrawn: None,
            help: &self.help,
            pictures: if self.full { vec![logo_in_mail(&self.logo)] } else { Vec::new() },
        }
    }

    fn issue(&self) -> Issue<'_> {
        let from_theme = self.full.then_some("Another theme");
        let count = if self.full { 5 } else { 1 };
        Issue {
            service: self.service(),
            edition: EditionNumber(1),
            date: day(),
            theme: &self.theme,
            theme_corrected: self.full.then(day),
            cards: self
                .bands
                .iter()
                .take(count)
                .map(|band| Card { band, activity: &self.activity, from_theme, corrected: self.full.then(day) })
                .collect(),
            notices: if self.full { vec![&self.notice] } else { Vec::new() },
            help: &self.help,
            pictures: if self.full { self.pictures() } else { Vec::new() },
        }
    }

    fn pictures(&self) -> Vec<Illustration> {
        vec![picture(&self.activity), logo_in_mail(&self.logo), square()]
    }

    fn segment(&self) -> SegmentKey {
        SegmentKey { bands: self.issue().bands(), sector: Sector::School, locale: Locale::EnGb }
    }
}

fn face(logo: &PictureInfo) -> Face<'_> {
    let colour = BrandColour::new(Colour::of("#14504d")).ok();
    Face { logo: Some(logo), colour, footer: "Sample organisation", privacy_url: "https://fortnightly.example/privacy" }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 7).expect("a day of the calendar")
}

fn words() -> String {
    "Sample words".to_owned()
}

fn prose() -> Prose {
    Prose(vec![Block::Paragraph(vec![Inline::Text(words())])])
}

fn theme(full: bool) -> Theme {
    Theme {
        name: "sample".to_owned(),
        title: words(),
        strand: "privacy and security".to_owned(),
        order: None,
        reviewed: day(),
        review_by: day(),
        author: full.then(words),
        reviewed_by: full.then(words),
        opening: prose(),
        for_parents: prose(),
    }
}

fn activity(full: bool) -> Activity {
    let resource = Resource { title: words(), url: "https://fortnightly.example/".to_owned(), publisher: words() };
    let next = NextStep { text: words(), url: "https://fortnightly.example/".to_owned(), publisher: words() };
    Activity {
        id: "sample/sample".parse().expect("a valid id"),
        title: words(),
        bands: Vec::new(),
        minutes: 15,
        summary: words(),
        needs: if full { vec!["paper".to_owned()] } else { Vec::new() },
        screen: full,
        sensitivity: if full { Sensitivity::High } else { Sensitivity::None },
        reviewed: day(),
        review_by: day(),
        not_before: None,
        not_after: None,
        occasions: Vec::new(),
        resources: if full { vec![resource] } else { Vec::new() },
        image: full.then(|| Image {
            file: "sample.png".to_owned(),
            alt: words(),
            credit: words(),
            digest: String::new(),
        }),
        skill: full.then(words),
        say: full.then(words),
        next: full.then_some(next),
        printable: full.then(|| Printable { file: "sample.svg".to_owned(), svg: String::new() }),
        get_ready: prose(),
        do_it_together: prose(),
        talk_about_it: prose(),
        if_something_worries_you: prose(),
    }
}

fn bulletin(full: bool) -> Bulletin {
    Bulletin {
        name: "sample".parse().expect("a valid name"),
        title: words(),
        summary: words(),
        bands: if full { vec!["4-5".parse().expect("a band")] } else { Vec::new() },
        sectors: Vec::new(),
        corrects: None,
        correction: full.then(|| Correction { wrong: prose(), right: prose() }),
        body: prose(),
    }
}

fn logo() -> PictureInfo {
    let name: PictureName = format!("{}.png", "1".repeat(32)).parse().expect("a name of the right form");
    PictureInfo { name, width: 480, height: 120 }
}

fn logo_in_mail(info: &PictureInfo) -> Illustration {
    Illustration { subject: PictureSubject::Logo, src: info.name.in_mail(), info: info.clone() }
}

fn square() -> Illustration {
    let name: PictureName = format!("{}.png", "2".repeat(32)).parse().expect("a name of the right form");
    let src = format!("https://fortnightly.example/pictures/{name}");
    Illustration { subject: PictureSubject::Share, src, info: PictureInfo { name, width: 1080, height: 1080 } }
}

fn picture(activity: &Activity) -> Illustration {
    let name: PictureName = format!("{}.png", "0".repeat(32)).parse().expect("a name of the right form");
    let (subject, src) = (PictureSubject::Activity(activity.id.clone()), name.in_mail());
    Illustration { subject, src, info: PictureInfo { name, width: 1120, height: 630 } }
}

fn help(full: bool) -> Help {
    let entry = HelpEntry {
        when: words(),
        who: "Sample helpline".to_owned(),
        what: if full { words() } else { String::new() },
        phone: Some("0123 456 789".to_owned()),
        email: full.then(|| "help@fortnightly.example".to_owned()),
        url: full.then(|| "https://help.fortnightly.example/".to_owned()),
        link_text: full.then(words),
        bands: Vec::new(),
    };
    let worry = Worry { bands: vec!["4-5".parse().expect("a band")], text: prose() };
    let worries = if full { vec![worry] } else { Vec::new() };
    Help {
        title: "Where to turn (sample)".to_owned(),
        intro: words(),
        entries: vec![entry; if full { MAIL_ENTRIES + 1 } else { 1 }],
        worries,
    }
}

fn bulletin_brief() -> BulletinBrief {
    let url = "https://fortnightly.example".to_owned();
    BulletinBrief { title: words(), summary: words(), kind: "Bulletin", date: words(), url }
}

fn brief() -> Brief {
    let link =
        Link { age: "Ages".to_owned(), title: "Sample".to_owned(), url: "https://fortnightly.example".to_owned() };
    let picture_url = square().src;
    Brief { number: 1, title: words(), date: words(), url: link.url.clone(), picture_url, cards: vec![link] }
}

fn question() -> Message {
    Message {
        title: words(),
        paragraphs: vec![words()],
        is_refusal: true,
        question: words(),
        choices: vec![Choice { value: words(), label: words(), is_ticked: true }],
        button: words(),
        links: brief().cards,
        has_exit: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that is empty in the full sample would hide its own fields from the lint.
    #[test]
    fn the_full_sample_fills_every_field() {
        fn check(path: &str, value: &Value) {
            match value {
                // There's no square picture of a bulletin, in which nothing lies.
                Value::String(text) => {
                    assert!(!text.is_empty() || path == "bulletin.share.picture_url", "{path} is empty");
                }
                Value::Array(items) => {
                    assert!(!items.is_empty(), "{path} has no items");
                    for item in items {
                        check(path, item);
                    }
                }
                Value::Object(object) => {
                    for (key, item) in object {
                        check(&format!("{path}.{key}"), item);
                    }
                }
                Value::Null => panic!("{path} is null"),
                Value::Bool(_) | Value::Number(_) => {}
            }
        }
        for (kind, part) in MailKind::ALL.into_iter().flat_map(|kind| Part::ALL.map(|part| (kind, part))) {
            let path = if kind == MailKind::Bulletin { "bulletin" } else { "" };
            check(path, &mail_fields(kind, part));
        }
    }
}
