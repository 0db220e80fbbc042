//! The page of one text: how it reads, what was found in it, when it's used, and its versions.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::checked;
use super::correction;
use super::findings::FindingsView;
use super::frames::{self, FrameView};
use super::overview::{short, used};
use super::place::{NO_TEXT, SECTION, text_path, words, write_link};
use super::versions;
use crate::app::AppError;
use crate::app::writing::{Beginning, Edited, Lying, Writing};
use crate::domain::activity::ActivityId;
use crate::domain::user::Permission;
use crate::domain::writing::{HelpPart, TextKind, TextRef};
use crate::messages;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::decide::{reinstate_path, withdraw_path};
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

#[derive(Debug, Serialize)]
struct TextView {
    title: String,
    /// “An activity”.
    kind: String,
    file: String,
    has_file: bool,
    has_draft: bool,
    facts: Vec<Fact>,
    edit_url: String,
    /// Where it's noted that it was checked, and where that is taken back; and where another day is chosen.
    check_url: String,
    uncheck_url: String,
    review_url: String,
    /// Stands for what lies there.
    seen: String,
    discard_url: String,
    withdraw_url: String,
    reinstate_url: String,
    back_url: String,
    findings: FindingsView,
    frames: Vec<FrameView>,
    /// The parts of the help block.
    parts: Vec<PartView>,
    new_entry_url: String,
    new_worry_url: String,
    versions: Vec<versions::VersionView>,
    /// The editions that went out with it, each with its page.
    went_out: Vec<WentOut>,
    /// Where a bulletin is approved and sent; empty for other texts.
    send_url: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
struct PartView {
    title: String,
    url: String,
}

/// An edition that went out with the text.
#[derive(Debug, Serialize)]
struct WentOut {
    label: String,
    url: String,
    /// Where a correction of it is begun; empty for those who may not write.
    correct_url: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Path((folder, name)): Path<(String, String)>,
) -> Response {
    let parts = console.parts();
    let Some(text) = TextRef::parse(&folder, &name) else { return answer::missing(&parts, &caller, NO_TEXT) };
    match view(&parts, &caller, &text).await {
        Ok(Some(view)) => {
            let shell = Shell::new(&parts, &caller, &view.title, SECTION).saying(console.said().take(&caller));
            answer::page("text.html", &shell, &view)
        }
        Ok(None) => answer::missing(&parts, &caller, NO_TEXT),
        Err(error) => answer::failed(&parts, &caller, &error, SECTION),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, text: &TextRef) -> Result<Option<TextView>, AppError> {
    let writing = parts.writing();
    let lying = writing.lying(text)?;
    if lying.is_nothing() || matches!(text, TextRef::Help(part) if part.is_new()) {
        return Ok(None);
    }
    let edited = writing.opened(text, &lying, &Beginning::default(), &words(parts));
    if matches!(text, TextRef::Help(_)) && edited.form.is_none() && *text != TextRef::Help(HelpPart::Top) {
        return Ok(None);
    }
    let looked = writing.check(text, &edited.file).await?;
    let decides = |is_shown: bool, path: fn(&ActivityId) -> String| match text {
        TextRef::Activity(id) if is_shown && caller.may(Permission::Decide) => caller.link(&path(id)),
        _ => String::new(),
    };
    let is_withdrawn = match text {
        TextRef::Activity(id) => writing.is_withdrawn(id).await?,
        _ => false,
    };
    let is_help = *text == TextRef::Help(HelpPart::Top);
    let new = |part| if is_help { write_link(caller, &TextRef::Help(part), "edit") } else { String::new() };
    let has_review = edited.has("review_by") && lying.file.is_some() && lying.draft.is_none();
    let title = title(text, &edited);
    Ok(Some(TextView {
        kind: messages::sentence::sentence(messages::writing::kind(text.kind())).trim_end_matches('.').to_owned(),
        file: text.file(),
        has_file: lying.file.is_some(),
        has_draft: lying.draft.is_some(),
        facts: facts(&writing, text, &lying, &edited).await?,
        edit_url: write_link(caller, text, "edit"),
        check_url: if has_review { write_link(caller, text, "checked") } else { String::new() },
        uncheck_url: if has_review && writing.before_review(text, &lying).await?.is_some() {
            write_link(caller, text, "unchecked")
        } else {
            String::new()
        },
        seen: checked::seen(&lying).value().to_owned(),
        review_url: if has_review { write_link(caller, text, "review") } else { String::new() },
        discard_url: if lying.draft.is_some() { write_link(caller, text, "discard") } else { String::new() },
        withdraw_url: decides(!is_withdrawn && lying.file.is_some(), withdraw_path),
        reinstate_url: decides(is_withdrawn, reinstate_path),
        back_url: caller.link(SECTION),
        findings: FindingsView::new(&looked, edited.form.as_ref()),
        frames: frames::views(caller, text, ""),
        parts: if is_help { help_parts(&writing, caller, &lying) } else { Vec::new() },
        new_entry_url: new(HelpPart::Entry(0)),
        new_worry_url: new(HelpPart::Worry(0)),
        versions: versions::list(parts, caller, text, &lying).await?,
        went_out: went_out(parts, caller, text, &title).await?,
        send_url: match text {
            TextRef::Bulletin(name) if lying.file.is_some() => caller.link(&format!("/bulletins/{name}")),
            _ => String::new(),
        },
        title,
    }))
}

/// What people call it: its title, or its name where it has none yet.
pub(super) fn title(text: &TextRef, edited: &Edited) -> String {
    if !edited.title.is_empty() {
        return edited.title.clone();
    }
    match text.kind() {
        TextKind::Worry => {
            messages::sentence::sentence(messages::writing::kind(TextKind::Worry)).trim_end_matches('.').to_owned()
        }
        _ => text.to_string(),
    }
}

async fn facts(writing: &Writing, text: &TextRef, lying: &Lying, edited: &Edited) -> Result<Vec<Fact>, AppError> {
    let mut facts = Vec::new();
    if matches!(text.kind(), TextKind::Activity | TextKind::Theme) {
        let (last, next) = writing.uses_of(text).await?;
        let never = |one: String, word: &str| if one.is_empty() { word.to_owned() } else { one };
        facts.push(Fact { name: "Last used", value: never(used(last), "never") });
        facts.push(Fact { name: "Next used", value: never(used(next), "not planned within a year") });
    }
    let day = |name| edited.value(name).and_then(|value| value.parse().ok()).map(short);
    let words = [
        ("Last checked", day("reviewed")),
        ("Check again by", day("review_by")),
        ("Checked by", edited.value("reviewed_by")),
    ];
    facts.extend(
        words
            .into_iter()
            .filter_map(|(name, value)| Some(Fact { name, value: value.filter(|value| !value.is_empty())? })),
    );
    if lying.draft.is_some() {
        facts.push(Fact { name: "Draft", value: text.draft_file().unwrap_or_default() });
    }
    Ok(facts)
}

fn help_parts(writing: &Writing, caller: &Caller, lying: &Lying) -> Vec<PartView> {
    let parts = writing.help_parts(lying).into_iter();
    parts.map(|(part, title)| PartView { title, url: caller.link(&text_path(&TextRef::Help(part))) }).collect()
}

async fn went_out(
    parts: &ConsoleParts,
    caller: &Caller,
    text: &TextRef,
    title: &str,
) -> Result<Vec<WentOut>, AppError> {
    let TextRef::Activity(id) = text else { return Ok(Vec::new()) };
    let editions = parts.writing().published_with(id).await?;
    let edition = |number| WentOut {
        label: format!("edition {number}"),
        url: caller.link(&format!("/editions/{number}")),
        correct_url: correction::link(parts, caller, number, title, true),
    };
    Ok(editions.into_iter().map(edition).collect())
}
