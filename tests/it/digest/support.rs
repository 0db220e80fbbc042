//! An edition to render: invented texts from tests/fixtures/digest, or a real library's theme.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fortnightly::digest::{Card, Issue, ServiceFacts, Templates};
use fortnightly::domain::activity::{Activity, Help, HelpEntry, Notice, Resource, Sensitivity, Theme};
use fortnightly::domain::address::Address;
use fortnightly::domain::band::{BandName, Bands};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::prose::{Block, Inline, Prose};
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::subscriber::{Locale, Sector};
use pulldown_cmark::{Event, Parser, Tag};

/// The folder of the project.
pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped templates.
pub(super) fn templates() -> Templates {
    Templates::load(&root().join("templates")).unwrap_or_else(|errors| panic!("{}", listed(&errors)))
}

/// Findings, one a line, the project's folder left out.
pub(super) fn listed(errors: &[fortnightly::domain::diagnostic::Diagnostic]) -> String {
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    text.join("\n").replace(&format!("{}/", root().display()), "")
}

/// Everything an [`Issue`] borrows.
pub(super) struct Edition {
    pub(super) bands: Bands,
    pub(super) theme: Theme,
    pub(super) activities: Vec<(BandName, Activity, Option<String>)>,
    pub(super) notices: Vec<Notice>,
    pub(super) help: Help,
    pub(super) reply_to: Option<Address>,
    pub(super) service: String,
    pub(super) postal_address: String,
}

impl Edition {
    /// The invented edition: five bands, one of them from another theme.
    pub(super) fn invented() -> Self {
        Self::read(&root().join("tests/fixtures/digest/library"), &["4-5", "5-7", "8-10", "11-14", "14plus"])
    }

    /// The theme in `folder`, with these activities in the order of the shipped bands.
    pub(super) fn read(folder: &Path, names: &[&str]) -> Self {
        let bands = Bands::shipped();
        let activities = bands.iter().zip(names).map(|(band, name)| activity(folder, name, &band.id)).collect();
        Self {
            theme: theme(folder),
            activities,
            notices: vec![Notice {
                name: "photo".to_owned(),
                title: "School photo week".to_owned(),
                from: day(),
                until: day(),
                body: prose("If you share the photo online, **cover the school badge** first."),
            }],
            help: help(),
            reply_to: Some("team@activities.example".parse().unwrap()),
            service: "Online Safety at Home".to_owned(),
            postal_address: "1 High Street, Anytown AB1 2CD".to_owned(),
            bands,
        }
    }

    /// The theme in `folder`, with the first activity of each shipped band that has one.
    pub(super) fn of_theme(folder: &Path) -> Self {
        let mut edition = Self::read(folder, &[]);
        let mut names: Vec<String> = entries(folder)
            .iter()
            .filter_map(|path| path.file_name()?.to_str()?.strip_suffix(".md").map(str::to_owned))
            .filter(|name| name != "theme")
            .collect();
        names.sort();
        for band in edition.bands.iter() {
            let serves = |name: &&String| {
                let (front, _) = front(folder, name);
                front["bands"].as_array().unwrap().iter().any(|other| other.as_str() == Some(band.id.as_str()))
            };
            if let Some(name) = names.iter().find(serves) {
                edition.activities.push(activity(folder, name, &band.id));
            }
        }
        edition
    }

    pub(super) fn issue(&self) -> Issue<'_> {
        Issue {
            service: ServiceFacts {
                name: &self.service,
                postal_address: &self.postal_address,
                base_url: "https://activities.example",
                reply_to: self.reply_to.as_ref(),
            },
            edition: EditionNumber(7),
            date: NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
            theme: &self.theme,
            cards: self
                .activities
                .iter()
                .map(|(name, activity, from)| Card {
                    band: self.bands.get(name).unwrap(),
                    activity,
                    from_theme: from.as_deref(),
                })
                .collect(),
            notices: self.notices.iter().collect(),
            help: &self.help,
        }
    }
}

/// A segment of these bands.
pub(super) fn segment(sector: Sector, names: &[&str]) -> SegmentKey {
    SegmentKey { bands: names.iter().map(|name| name.parse().unwrap()).collect(), sector, locale: Locale::EnGb }
}

/// The folders of `library` that are themes.
pub(super) fn themes(library: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = entries(library).into_iter().filter(|path| path.join("theme.md").exists()).collect();
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 1).unwrap()
}

fn sections(body: &str) -> Vec<(&str, Prose)> {
    let mut parts = body.split("\n## ");
    let mut out = vec![("", prose(parts.next().unwrap().trim_start_matches("## ")))];
    out.extend(parts.map(|part| {
        let (title, text) = part.split_once('\n').unwrap();
        (title.trim(), prose(text))
    }));
    out
}

fn front(folder: &Path, name: &str) -> (toml::Table, String) {
    let text = fs::read_to_string(folder.join(format!("{name}.md"))).unwrap();
    match text.strip_prefix("+++\n").and_then(|text| text.split_once("+++\n")) {
        Some((front, body)) => (front.parse().unwrap(), format!("\n{body}")),
        None => (toml::Table::new(), text),
    }
}

fn theme(folder: &Path) -> Theme {
    let (front, body) = front(folder, "theme");
    let mut parts = sections(&body).into_iter();
    let title = front.get("title").and_then(|t| t.as_str()).unwrap_or("Private information: what to keep to ourselves");
    Theme {
        name: "private-information".to_owned(),
        title: title.to_owned(),
        strand: "privacy and security".to_owned(),
        order: None,
        reviewed: day(),
        review_by: day(),
        opening: parts.next().unwrap().1,
        for_parents: parts.next().unwrap().1,
    }
}

fn activity(folder: &Path, name: &str, band: &BandName) -> (BandName, Activity, Option<String>) {
    let (front, body) = front(folder, name);
    let text = |key: &str| front.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let mut parts = sections(&body).into_iter().skip(1).map(|(_, prose)| prose);
    let activity = Activity {
        id: format!("private-information/{name}").parse().unwrap(),
        title: text("title").unwrap(),
        bands: vec![band.clone()],
        minutes: front.get("minutes").and_then(toml::Value::as_integer).map_or(15, |m| u8::try_from(m).unwrap()),
        summary: text("summary").unwrap(),
        needs: front["needs"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect(),
        screen: front.get("screen").and_then(toml::Value::as_bool).unwrap_or(false),
        sensitivity: match text("sensitivity").as_deref() {
            Some("care") => Sensitivity::Care,
            Some("high") => Sensitivity::High,
            _ => Sensitivity::None,
        },
        reviewed: day(),
        review_by: day(),
        not_before: None,
        not_after: None,
        occasions: Vec::new(),
        resources: vec![Resource {
            title: "Your rights over your personal data".to_owned(),
            url: "https://ico.org.uk/for-the-public/".to_owned(),
            publisher: "Information Commissioner’s Office".to_owned(),
        }],
        image: None,
        get_ready: parts.next().unwrap(),
        do_it_together: parts.next().unwrap(),
        talk_about_it: parts.next().unwrap(),
        if_something_worries_you: parts.next().unwrap(),
        fingerprint: String::new(),
    };
    (band.clone(), activity, text("from"))
}

fn help() -> Help {
    let entry = |when: &str, who: &str, what: &str, phone: &str, email: &str, url: &str, link: &str| {
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        HelpEntry {
            when: when.to_owned(),
            who: who.to_owned(),
            what: what.to_owned(),
            phone: optional(phone),
            email: optional(email),
            url: optional(url),
            link_text: optional(link),
        }
    };
    Help {
        title: "Where to turn".to_owned(),
        intro:
            "Whatever has happened, it is never the child’s fault. Stay calm, listen, and thank them for telling you."
                .to_owned(),
        entries: vec![
            entry("A child is in danger now", "The police", "If it is not an emergency, call 101.", "999", "", "", ""),
            entry(
                "Online sexual abuse or grooming",
                "CEOP Safety Centre",
                "It does not deal with bullying, fake accounts or hacking.",
                "",
                "",
                "https://www.ceop.police.uk/safety-centre/",
                "Make a report to the CEOP Safety Centre",
            ),
            entry(
                "You are worried about a child",
                "NSPCC Helpline",
                "Talk to a trained person, or write to them.",
                "0808 800 5000",
                "help@nspcc.org.uk",
                "",
                "",
            ),
            entry("A child wants to talk", "Childline", "", "0800 1111", "", "https://www.childline.org.uk/", ""),
            entry(
                "You would like your school to help",
                "Your child’s school",
                "Ask for the safeguarding lead.",
                "",
                "",
                "",
                "",
            ),
        ],
    }
}

/// Markdown as the library would read it; enough of it for these texts.
pub(super) fn prose(markdown: &str) -> Prose {
    Prose(blocks(&mut Parser::new(markdown)))
}

fn blocks(events: &mut Parser<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut loose: Vec<Inline> = Vec::new();
    while let Some(event) = events.next() {
        let block = match event {
            Event::Start(Tag::Paragraph) => Block::Paragraph(inlines(events)),
            Event::Start(Tag::Heading { .. }) => Block::Heading(inlines(events)),
            Event::Start(Tag::List(start)) => Block::List { start, items: items(events) },
            Event::Start(Tag::BlockQuote(_)) => Block::Quote(Prose(blocks(events))),
            Event::End(_) => break,
            // An item of a tight list has no paragraph of its own.
            other => {
                loose.push(one_inline(other, events));
                continue;
            }
        };
        if !loose.is_empty() {
            out.push(Block::Paragraph(std::mem::take(&mut loose)));
        }
        out.push(block);
    }
    if !loose.is_empty() {
        out.push(Block::Paragraph(loose));
    }
    out
}

fn items(events: &mut Parser<'_>) -> Vec<Prose> {
    let mut out = Vec::new();
    while let Some(Event::Start(Tag::Item)) = events.next() {
        out.push(Prose(blocks(events)));
    }
    out
}

fn inlines(events: &mut Parser<'_>) -> Vec<Inline> {
    let mut out = Vec::new();
    while let Some(event) = events.next() {
        if matches!(event, Event::End(_)) {
            break;
        }
        out.push(one_inline(event, events));
    }
    out
}

fn one_inline(event: Event<'_>, events: &mut Parser<'_>) -> Inline {
    match event {
        Event::Text(text) => Inline::Text(text.to_string()),
        Event::SoftBreak => Inline::Text(" ".to_owned()),
        Event::HardBreak => Inline::Break,
        Event::Start(Tag::Emphasis) => Inline::Emphasis(inlines(events)),
        Event::Start(Tag::Strong) => Inline::Strong(inlines(events)),
        Event::Start(Tag::Link { dest_url, .. }) => {
            Inline::Link { href: dest_url.to_string(), content: inlines(events) }
        }
        other => panic!("not in these texts: {other:?}"),
    }
}
