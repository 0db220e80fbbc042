//! `/library/new`: what a new text is, and what it's called. From there on it's written like any other.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::correction;
use super::place::{SECTION, text_path};
use crate::app::bulletins::error::BulletinError;
use crate::domain::bulletin::MailingName;
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;
use crate::domain::writing::{BULLETINS, NOTICES, THEME, TextKind, TextRef};
use crate::messages::bulletins::people;
use crate::web::console::answer;
use crate::web::console::ask::Choice;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

#[derive(Debug, Serialize)]
struct NewView {
    kinds: Vec<Choice>,
    themes: Vec<Choice>,
    bands: Vec<Choice>,
    /// Those that a correction may be about.
    editions: Vec<Choice>,
    title: String,
    problem: String,
    action: String,
    back_url: String,
}

/// The kind that is a bulletin about an edition.
const CORRECTION: &str = "correction";

/// How many editions can be chosen from.
const EDITIONS: usize = 12;

/// The kinds of text that can be begun here.
const KINDS: [(&str, &str); 5] = [
    ("activity", "An activity"),
    ("theme", "A theme, with its opening and its article"),
    ("notice", "A notice, for the editions of some weeks"),
    ("bulletin", "A bulletin: a mail of its own, for what can't wait"),
    (CORRECTION, "A correction: a bulletin to those who got a certain edition"),
];

pub(super) async fn page(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let asked = |name: &str| parameter(query.as_deref(), name);
    let (title, theme, band) = (asked("title"), asked("theme"), asked("band").replace(' ', "+"));
    let kind = KINDS.iter().map(|(kind, _)| *kind).find(|kind| *kind == asked("kind")).unwrap_or("activity");
    let mut problem = String::new();
    let edition = asked("edition");
    if kind == CORRECTION && !title.is_empty() {
        let corrects = edition.parse().ok().map(EditionNumber);
        match corrects.and_then(|edition| correction::path(&parts.writing(), edition, &title, false)) {
            Some(path) => return answer::go_to(&caller.link(&path)),
            None => "Choose the edition that it corrects, and use a few letters in the title.".clone_into(&mut problem),
        }
    } else if !title.is_empty() {
        match place(&parts, kind, &theme, &title) {
            Ok(text) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("title", &title);
                if kind == "activity" {
                    query.append_pair("band", &band);
                }
                return answer::go_to(&caller.link(&format!("{}/edit?{}", text_path(&text), query.finish())));
            }
            Err(why) => problem = why,
        }
    }
    let editions = match editions(&parts, &edition).await {
        Ok(editions) => editions,
        Err(error) => return answer::refusal(&parts, &caller, StatusCode::CONFLICT, &people::refusal(&error), SECTION),
    };
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: value == chosen,
    };
    let view = NewView {
        kinds: KINDS.iter().map(|(value, label)| choice(value, label, kind)).collect(),
        themes: parts.writing().themes().iter().map(|(name, title)| choice(name, title, &theme)).collect(),
        bands: parts.config().bands.iter().map(|one| choice(one.id.as_str(), &one.label, &band)).collect(),
        editions,
        title,
        problem,
        action: caller.link("/library/new"),
        back_url: caller.link(SECTION),
    };
    answer::page("text-new.html", &Shell::new(&parts, &caller, "A new text", SECTION), &view)
}

async fn editions(parts: &ConsoleParts, chosen: &str) -> Result<Vec<Choice>, BulletinError> {
    let known = parts.bulletins().sent_before(EDITIONS).await?.into_iter();
    let choices = known.filter_map(|sent| {
        let MailingName::Edition(number) = sent.name else { return None };
        let value = number.to_string();
        let label = format!("Edition {value}, {}: {}", dates::day(sent.date), sent.title);
        Some(Choice { chosen: value == chosen, value, label })
    });
    Ok(choices.collect())
}

/// The text that a title makes, where there's none yet.
fn place(parts: &ConsoleParts, kind: &str, theme: &str, title: &str) -> Result<TextRef, String> {
    let writing = parts.writing();
    let unnamed = "Use a few letters or digits in the title: its file is called after it.";
    let slug = writing.slug(title).ok_or(unnamed)?;
    let text = match kind {
        "theme" if [NOTICES, BULLETINS].contains(&slug.as_str()) => None,
        "theme" => TextRef::parse(&slug, THEME),
        "notice" => TextRef::parse(NOTICES, &slug),
        "bulletin" => TextRef::parse(BULLETINS, &slug),
        _ if slug == THEME => None,
        _ => TextRef::parse(theme, &slug).filter(|text| text.kind() == TextKind::Activity),
    };
    let text = text.ok_or("That can't be its title here. Choose a slightly longer one.")?;
    match writing.lying(&text) {
        Ok(lying) if lying.is_nothing() => Ok(text),
        _ => Err("There's a text with such a title already. Choose another title.".to_owned()),
    }
}
