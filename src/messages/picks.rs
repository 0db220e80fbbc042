//! Why a theme or an activity was picked, in words.

use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::{Edit, Ineligibility, LastUse, Pick, PickReason, Repicked, Selection, ThemeReason};
use crate::domain::fingerprint::TextPart;

/// Why this activity was picked for its band.
pub fn pick(pick: &Pick) -> String {
    reason(&pick.reason, &pick.band, &str::to_owned)
}

/// As [`pick`], with campaigns named as `title` says.
pub fn pick_titled(pick: &Pick, title: &dyn Fn(&str) -> String) -> String {
    reason(&pick.reason, &pick.band, title)
}

/// Why this theme was picked.
pub fn theme(selection: &Selection) -> String {
    theme_reason(&selection.theme_reason, &str::to_owned)
}

/// As [`theme`], for reading on: `for Safer Internet Day`.
pub fn theme_titled(selection: &Selection, title: &dyn Fn(&str) -> String) -> String {
    let told = theme_reason(&selection.theme_reason, title);
    match &selection.theme_reason {
        ThemeReason::Occasion { name } => format!("for {}", title(name)),
        _ => told,
    }
}

/// What keeps an activity from being picked; completes “… is replaced: …”.
pub fn ineligibility(because: &Ineligibility) -> String {
    match because {
        Ineligibility::Gone => "it is no longer in the library".to_owned(),
        Ineligibility::Withdrawn => "it was withdrawn".to_owned(),
        Ineligibility::Overdue(date) => format!("its review fell due on {date}"),
        Ineligibility::TooEarly(date) => format!("it may not go out before {date}"),
        Ineligibility::TooLate(date) => format!("it may not go out after {date}"),
        Ineligibility::OtherBand(band) => format!("it is no longer for {band}"),
    }
}

/// `“Strong passwords” (passwords/strong): title, links`, and so on.
pub fn edits(edits: &[Edit]) -> String {
    edits.iter().map(edit).collect::<Vec<_>>().join("; ")
}

/// `“Strong passwords” (passwords/strong): title, links`.
pub fn edit(edit: &Edit) -> String {
    let parts: Vec<&str> = edit.parts.iter().map(|part| text_part(*part)).collect();
    format!("“{}” ({}): {}", edit.title, edit.id, parts.join(", "))
}

/// A part of a text, for reading on.
pub fn text_part(part: TextPart) -> &'static str {
    match part {
        TextPart::Title => "title",
        TextPart::Summary => "summary",
        TextPart::Facts => "minutes, needs, screen or care",
        TextPart::Links => "links",
        TextPart::Picture => "picture",
        TextPart::GetReady => "“Get ready”",
        TextPart::DoItTogether => "“Do it together”",
        TextPart::TalkAboutIt => "“Talk about it”",
        TextPart::IfSomethingWorriesYou => "“If something worries you”",
        TextPart::Skill => "what the child practises",
        TextPart::Say => "“Say together”",
        TextPart::Next => "“Next time, on the real thing”",
        TextPart::Printable => "sheet to print",
        TextPart::Opening => "opening paragraph",
        TextPart::ForParents => "“For parents and carers”",
        TextPart::Byline => "author or reviewer",
        TextPart::Body => "text",
        TextPart::Audience => "whom it is for",
    }
}

/// `4-5: passwords/old → passwords/new (never used)`, and so on.
pub fn repicked(repicked: &[Repicked]) -> String {
    let id = |id: &Option<ActivityId>| id.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let told: Vec<String> = repicked
        .iter()
        .map(|one| {
            let why = one.reason.as_ref().map(|why| format!(" ({})", reason(why, &one.band, &str::to_owned)));
            format!("{}: {} → {}{}", one.band, id(&one.before), id(&one.after), why.unwrap_or_default())
        })
        .collect();
    if told.is_empty() { "the texts as they are now".to_owned() } else { told.join("; ") }
}

fn reason(reason: &PickReason, band: &BandName, title: &dyn Fn(&str) -> String) -> String {
    match reason {
        PickReason::OnlyOne => "the theme's only activity for this age group".to_owned(),
        PickReason::Rotation(used) => last_use(*used),
        PickReason::Borrowed { lacking, used } => {
            format!("from another theme: “{lacking}” has none for {band}; {}", last_use(*used))
        }
        PickReason::Occasion { name, lacking: None, used } => {
            format!("for the occasion {}: {}", title(name), last_use(*used))
        }
        PickReason::Occasion { name, lacking: Some(theme), used } => format!(
            "for the occasion {}, from another theme: “{theme}” has none for it and {band}; {}",
            title(name),
            last_use(*used)
        ),
        PickReason::Replaces { id, because, choice } => {
            format!("replaces {id}: {}; {}", ineligibility(because), self::reason(choice, band, title))
        }
        PickReason::Operator { instead, last, next } => {
            let instead = instead.as_ref().map(|id| format!(" instead of {id}")).unwrap_or_default();
            let used = match (last, next) {
                (None, None) => "never used before".to_owned(),
                (Some(last), None) => format!("last in edition {last}"),
                (None, Some(next)) => format!("planned for edition {next} too"),
                (Some(last), Some(next)) => format!("last in edition {last}, planned for edition {next} too"),
            };
            format!("chosen by an operator{instead}; {used}")
        }
        PickReason::Told { occasion, text } => told(occasion.as_deref(), text, title),
    }
}

fn theme_reason(reason: &ThemeReason, title: &dyn Fn(&str) -> String) -> String {
    match reason {
        ThemeReason::Occasion { name } => format!("occasion {}", title(name)),
        ThemeReason::NeverUsed => "never used before".to_owned(),
        ThemeReason::LongestAgo { last, themes } => {
            format!("not used since edition {last} (longest ago of {themes} themes)")
        }
        ThemeReason::ServesMost { last, serves, bands } => {
            format!("used in edition {last}, but no other theme can serve {serves} of the {bands} age groups")
        }
        ThemeReason::PlannedFor { edition } => {
            format!("planned for edition {edition} too, as every theme that could serve as many age groups is soon")
        }
        ThemeReason::Replaces { theme, choice } => {
            format!("replaces “{theme}”, which can no longer be used; {}", theme_reason(choice, title))
        }
        ThemeReason::NothingEligible => "no activity of the library may be sent on this day".to_owned(),
        ThemeReason::Told { occasion, text } => told(occasion.as_deref(), text, title),
    }
}

fn last_use(used: LastUse) -> String {
    match used {
        LastUse::Never => "never used".to_owned(),
        LastUse::In(edition) => format!("least recently used (edition {edition})"),
        LastUse::PlannedFor(edition) => format!("planned for edition {edition} too"),
    }
}

fn told(occasion: Option<&str>, text: &str, title: &dyn Fn(&str) -> String) -> String {
    match occasion {
        Some(name) => text.replace(&format!("occasion {name}"), &format!("occasion {}", title(name))),
        None => text.to_owned(),
    }
}
