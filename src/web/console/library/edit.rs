//! The form in which a text is written: checked and shown while someone writes, and saved only over what its writer knew.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};

use super::correction;
use super::edit_view::{EditView, Found, LookedView, Problem};
use super::place::{NO_TEXT, SECTION, named, text_path, words};
use crate::app::AppError;
use crate::app::writing::{Beginning, Edited, SaveAs, WritingError};
use crate::domain::user::Permission;
use crate::domain::writing::form::Filled;
use crate::domain::writing::{HelpPart, TextRef};
use crate::messages;
use crate::web::console::answer;
use crate::web::console::ask::{Seen, decides_or, only};
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

pub(super) fn route() -> MethodRouter<Console> {
    only(Permission::Write, get(page)).merge(decides_or(Permission::Write, look, changed, save))
}

async fn found(asking: &Asking) -> Result<Found, Refusal> {
    let text = named(asking)?;
    let writing = asking.parts.writing();
    let lying = writing.lying(&text).map_err(|error| super::place::not_saved(asking, error, SECTION))?;
    let approved = writing.approved_with(&text).await.map_err(asking.failed(SECTION))?;
    Ok(Found { text, lying, approved })
}

async fn look(asking: Asked) -> Result<(Seen, Found), Refusal> {
    let found = found(&asking).await?;
    Ok((found.seen(), found))
}

async fn page(asking: Asking) -> Response {
    match opened(&asking).await {
        Ok(page) => page,
        Err(refusal) => refusal.page(),
    }
}

async fn opened(asking: &Asking) -> Result<Response, Refusal> {
    let found = found(asking).await?;
    let writing = asking.parts.writing();
    let band = asking.parameter("band").replace(' ', "+").parse().ok();
    let band = band.or_else(|| asking.parts.config().bands.iter().next().map(|band| band.id.clone()));
    let beginning = Beginning { title: asking.parameter("title"), band, corrects: correction::asked_for(asking) };
    let words = words(&asking.parts);
    let edited = if asking.parameter("as") == "file" {
        writing.opened_whole(&found.text, &found.lying, &words)
    } else {
        writing.opened(&found.text, &found.lying, &beginning, &words)
    };
    let is_part = matches!(&found.text, TextRef::Help(part) if *part != HelpPart::Top);
    if is_part && edited.form.is_none() && asking.parameter("as") != "file" {
        return Err(asking.missing(NO_TEXT));
    }
    shown(asking, &found, &edited, Problem::None).await
}

/// The form with what stands in it, checked.
async fn shown(asking: &Asking, found: &Found, edited: &Edited, problem: Problem) -> Result<Response, Refusal> {
    let failed = asking.failed(SECTION);
    let status = problem.status();
    let looked = looked(asking, &found.text, edited).await?;
    let view = EditView::new(asking, found, edited, looked, problem).await.map_err(failed)?;
    let shell = Shell::new(&asking.parts, &asking.caller, view.headline(), SECTION).writing();
    Ok(answer::with_status(status, "text-edit.html", &shell, &view))
}

/// What was found in a text, and how it looks: kept for the frames.
async fn looked(asking: &Asking, text: &TextRef, edited: &Edited) -> Result<LookedView, Refusal> {
    let writing = asking.parts.writing();
    let checked = writing.check(text, &edited.file).await.map_err(asking.failed(SECTION))?;
    // A template that doesn't fit is told where editions are made of it.
    let preview = writing.preview(text, edited).ok().flatten();
    let is_shown = preview.is_some();
    if let Some(preview) = preview {
        asking.console.typed().keep(&asking.caller, text, preview);
    }
    Ok(LookedView::new(&asking.caller, text, edited, &checked, is_shown))
}

/// What was filled in, over what lies there now.
fn filled(asking: &Asking, found: &Found) -> Result<Edited, AppError> {
    let filled = Filled(asking.form.fields().to_vec());
    asking.parts.writing().filled(&found.text, &found.lying, &filled, &words(&asking.parts))
}

/// Checks what was filled in and shows it, without a change to anything.
pub(super) async fn preview(asking: Asking) -> Response {
    let answered = async {
        let found = found(&asking).await?;
        let edited = filled(&asking, &found).map_err(asking.failed(SECTION))?;
        if asking.form.value("fragment").is_none() {
            return shown(&asking, &found, &edited, Problem::Checked).await;
        }
        let looked = looked(&asking, &found.text, &edited).await?;
        let shell = Shell::new(&asking.parts, &asking.caller, "", SECTION);
        Ok(answer::page("text-looked.html", &shell, &looked))
    };
    answered.await.unwrap_or_else(Refusal::page)
}

/// The file that was written, to be kept elsewhere.
pub(super) async fn download(asking: Asking) -> Response {
    let answered = async {
        let found = found(&asking).await?;
        let edited = filled(&asking, &found).map_err(asking.failed(SECTION))?;
        let file = found.text.file();
        let name = file.rsplit('/').next().unwrap_or_default();
        let saved = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
        let saved = saved.unwrap_or(HeaderValue::from_static("attachment"));
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, saved)], edited.file).into_response())
    };
    answered.await.unwrap_or_else(Refusal::page)
}

/// Someone else was faster: both are shown, and nothing is lost.
async fn changed(asking: Asked, found: Found) -> Response {
    let is_other_text = asking.form.text("mark") != found.lying.mark();
    let problem = if is_other_text { Problem::Conflict } else { Problem::Approved };
    again(&asking, &found, problem).await.unwrap_or_else(Refusal::page)
}

/// The form once more, with what was filled in.
async fn again(asking: &Asking, found: &Found, problem: Problem) -> Result<Response, Refusal> {
    match filled(asking, found) {
        Ok(edited) => shown(asking, found, &edited, problem).await,
        Err(error) => Err(super::place::not_saved(asking, error, &text_path(&found.text))),
    }
}

async fn save(asking: Asked, found: Found) -> Result<Response, Refusal> {
    let writing = asking.parts.writing();
    let path = text_path(&found.text);
    let save_as = if asking.form.text("as") == "draft" { SaveAs::Draft } else { SaveAs::Done };
    let edited = filled(&asking, &found).map_err(|error| super::place::not_saved(&asking, error, &path))?;
    match writing.save(&found.text, &edited.file, save_as, &found.lying).await {
        Ok(()) => {
            let said = messages::writing::saved(save_as == SaveAs::Draft, !found.approved.is_empty());
            let to =
                if matches!(&found.text, TextRef::Help(_)) { text_path(&TextRef::Help(HelpPart::Top)) } else { path };
            Ok(asking.decided(said, &to))
        }
        Err(AppError::Writing(WritingError::Changed)) => {
            let now = self::found(&asking).await?;
            again(&asking, &now, Problem::Conflict).await
        }
        Err(error) => match messages::writing::not_saved(&error) {
            Some(why) => shown(&asking, &found, &edited, Problem::NotSaved(why)).await,
            None => Err(asking.failed(&path)(error)),
        },
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::None | Self::Checked => StatusCode::OK,
            Self::Conflict | Self::Approved | Self::NotSaved(_) => StatusCode::CONFLICT,
        }
    }
}
