//! The versions of a text: who saved each and when, what differs word by word, and the way back.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::place::{NO_TEXT, SECTION, named, text_path, write_link};
use crate::app::AppError;
use crate::app::writing::{Lying, WritingError};
use crate::domain::edit_marks::{Mark, Piece};
use crate::domain::text::dates;
use crate::domain::writing::TextRef;
use crate::domain::writing::version::{TextVersion, difference};
use crate::messages;
use crate::web::console::answer;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

/// A line of the list.
#[derive(Debug, Serialize)]
pub(super) struct VersionView {
    when: String,
    who: String,
    url: String,
    /// Whether the file says that now.
    is_current: bool,
}

#[derive(Debug, Serialize)]
struct OneView {
    title: String,
    when: String,
    who: String,
    is_first: bool,
    pieces: Vec<PieceView>,
    /// All of it, as its file had it.
    said: String,
    take_back_url: String,
    back_url: String,
}

/// A run of words.
#[derive(Debug, Serialize)]
pub(super) struct PieceView {
    pub(super) removed: bool,
    pub(super) added: bool,
    pub(super) text: String,
}

impl PieceView {
    pub(super) fn of(piece: &Piece) -> Self {
        Self { removed: piece.mark == Mark::Removed, added: piece.mark == Mark::Added, text: piece.text.clone() }
    }
}

/// Who saved it.
pub(super) fn who(version: &TextVersion) -> String {
    version.by.clone().unwrap_or_else(|| "Someone, in the file itself".to_owned())
}

fn when(parts: &ConsoleParts, version: &TextVersion) -> String {
    dates::local_moment(&parts.context.local(version.at))
}

pub(super) async fn list(
    parts: &ConsoleParts,
    caller: &Caller,
    text: &TextRef,
    lying: &Lying,
) -> Result<Vec<VersionView>, AppError> {
    let writing = parts.writing();
    let versions = writing.versions(text).await?;
    let newest = match versions.first() {
        Some(newest) => writing.version(text, newest.number).await?.map(|(said, _)| said),
        None => None,
    };
    let is_known = newest == lying.file;
    let view = |(at, version): (usize, &TextVersion)| VersionView {
        when: when(parts, version),
        who: who(version),
        url: caller.link(&format!("{}/versions/{}", text_path(text), version.number)),
        is_current: at == 0 && is_known,
    };
    Ok(versions.iter().enumerate().map(view).collect())
}

pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Path((folder, name, number)): Path<(String, String, u64)>,
) -> Response {
    let parts = console.parts();
    let Some(text) = TextRef::parse(&folder, &name) else { return answer::missing(&parts, &caller, NO_TEXT) };
    match view(&parts, &caller, &text, number).await {
        Ok(Some(view)) => answer::page("text-version.html", &Shell::new(&parts, &caller, &view.title, SECTION), &view),
        Ok(None) => answer::missing(&parts, &caller, NO_VERSION),
        Err(error) => answer::failed(&parts, &caller, &error, SECTION),
    }
}

const NO_VERSION: &str = "There's no such version. The last fifty of each text are kept.";

async fn view(parts: &ConsoleParts, caller: &Caller, text: &TextRef, number: u64) -> Result<Option<OneView>, AppError> {
    let writing = parts.writing();
    let Some((said, before)) = writing.version(text, number).await? else { return Ok(None) };
    let versions = writing.versions(text).await?;
    let Some(version) = versions.iter().find(|one| one.number == number) else { return Ok(None) };
    let is_current = writing.lying(text)?.file.as_deref() == Some(said.as_str());
    let pieces = before.as_deref().map(|before| difference(before, &said)).unwrap_or_default();
    let take_back = write_link(caller, text, &format!("versions/{number}/take-back"));
    Ok(Some(OneView {
        title: format!("{} as it was", text.file()),
        when: when(parts, version),
        who: who(version),
        is_first: before.is_none(),
        pieces: pieces.iter().map(PieceView::of).collect(),
        said,
        take_back_url: if is_current { String::new() } else { take_back },
        back_url: caller.link(&text_path(text)),
    }))
}

/// A version that is to come back, and what lies there now.
type Found = (TextRef, u64, Lying);

pub(super) async fn ask(asking: Asked) -> Result<(Question, Found), Refusal> {
    let text = named(&asking)?;
    let number: u64 = asking.number("number")?;
    let path = text_path(&text);
    let (writing, failed) = (asking.parts.writing(), asking.failed(SECTION));
    let lying = writing.lying(&text).map_err(&failed)?;
    let versions = writing.versions(&text).await.map_err(&failed)?;
    let version = versions.iter().find(|one| one.number == number).ok_or_else(|| asking.conflict(NO_VERSION, &path))?;
    let mut facts = vec![
        format!("The text will say what it said on {}.", when(&asking.parts, version)),
        "What it says now stays among its versions, so you can come back to it.".to_owned(),
    ];
    facts.extend(approvals(&asking, &text).await?);
    let question = Question {
        title: format!("Set {} back to this version?", text.file()),
        facts,
        button: "Set it back".to_owned(),
        action: format!("{path}/versions/{number}/take-back"),
        back_url: format!("{path}/versions/{number}"),
        ..Question::default()
    };
    let seen = (lying.mark(), number, question.facts.clone());
    Ok((question.about(&seen), (text, number, lying)))
}

/// What a change does to editions that are approved.
pub(super) async fn approvals(asking: &Asking, text: &TextRef) -> Result<Vec<String>, Refusal> {
    let approved = asking.parts.writing().approved_with(text).await.map_err(asking.failed(SECTION))?;
    Ok(messages::writing::approved(&approved).into_iter().collect())
}

pub(super) async fn take_back(asking: Asked, (text, number, lying): Found) -> Result<Response, Refusal> {
    let path = text_path(&text);
    match asking.parts.writing().take_back(&text, number, &lying).await {
        Ok(()) => Ok(asking
            .decided(vec!["It has been set back. You can undo that below, among its versions.".to_owned()], &path)),
        Err(error) => Err(super::place::not_saved(&asking, error, &path)),
    }
}

/// Whether a save changed nothing because there was nothing to change.
pub(super) fn is_same(error: &AppError) -> bool {
    matches!(error, AppError::Writing(WritingError::Same))
}
