//! Withdraws an activity for good, so that nobody gets it any more, and takes that back.

use axum::response::Response;

use crate::app::AppError;
use crate::domain::activity::ActivityId;
use crate::domain::edition::EditionNumber;
use crate::domain::writing::TextRef;
use crate::messages::withdrawing::{self as words, Carried};
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::library::place::text_path;
use crate::web::console::parts::ConsoleParts;

/// Our path to the question whether to withdraw it.
pub(in crate::web::console) fn withdraw_path(id: &ActivityId) -> String {
    format!("/library/{id}/withdraw")
}

/// Our path to the question whether it may be picked again.
pub(in crate::web::console) fn reinstate_path(id: &ActivityId) -> String {
    format!("/library/{id}/reinstate")
}

/// Where both lead back to.
const BACK: &str = "/";

fn named(asking: &Asking) -> Result<ActivityId, Refusal> {
    let id = format!("{}/{}", asking.named("theme"), asking.named("name"));
    id.parse().map_err(|_| asking.missing("There's no such activity."))
}

pub(super) async fn ask(asking: Asked) -> Result<(Question, ActivityId), Refusal> {
    let id = named(&asking)?;
    let would = asking.parts.decisions().would_withdraw(&id, false).await.map_err(asking.failed(BACK))?;
    let title = title(&asking.parts, &id).await.map_err(asking.failed(BACK))?;
    if !would.changed {
        return Err(
            asking.conflict(&format!("“{title}” has already been withdrawn, so nobody gets it any more."), BACK)
        );
    }
    let carried = carried(&asking.parts, &would.published).await.map_err(asking.failed(BACK))?;
    let question = Question {
        title: format!("Withdraw “{title}” for good?"),
        facts: words::would(&would, &carried),
        button: "Withdraw this activity".to_owned(),
        is_danger: true,
        action: withdraw_path(&id),
        back_url: BACK.to_owned(),
        ..Question::default()
    };
    // Mails of it may be going out at this moment: how many is shown, but no reason to ask again.
    Ok((question.about(&(&id, &would.replaced, &would.published)), id))
}

/// The editions that were published with it, and how many of their mails were accepted.
async fn carried(parts: &ConsoleParts, published: &[EditionNumber]) -> Result<Vec<Carried>, AppError> {
    let mut carried = Vec::new();
    for edition in published {
        let tally = parts.reporter().tally(*edition).await?;
        carried.push(Carried { edition: *edition, accepted: tally.accepted, waiting: tally.waiting() });
    }
    Ok(carried)
}

/// What people call it: as the library says, or as it was called when it was picked.
async fn title(parts: &ConsoleParts, id: &ActivityId) -> Result<String, AppError> {
    let known = parts.content().and_then(|content| content.library.activity(id));
    if let Some(activity) = known {
        return Ok(activity.title.clone());
    }
    let editions = parts.reporter().editions().await?;
    let picked = editions.iter().rev().flat_map(|edition| &edition.selection.picks).find(|pick| pick.id == *id);
    Ok(picked.map_or_else(|| id.to_string(), |pick| pick.title.clone()))
}

pub(super) async fn decide(asking: Asked, id: ActivityId) -> Result<Response, Refusal> {
    let title = title(&asking.parts, &id).await.map_err(asking.failed(BACK))?;
    let withdrawal = asking.parts.decisions().withdraw_activity(&id, false).await.map_err(asking.failed(BACK))?;
    let text = TextRef::Activity(id);
    // Its page says how a correction is written, where it went out.
    let has_page = asking.parts.writing().lying(&text).is_ok_and(|lying| !lying.is_nothing());
    let next = if has_page && !withdrawal.published.is_empty() { text_path(&text) } else { BACK.to_owned() };
    Ok(asking.decided(words::done(&title, &withdrawal), &next))
}

pub(super) async fn ask_back(asking: Asked) -> Result<(Question, ActivityId), Refusal> {
    let id = named(&asking)?;
    let would = asking.parts.decisions().would_withdraw(&id, true).await.map_err(asking.failed(BACK))?;
    let title = title(&asking.parts, &id).await.map_err(asking.failed(BACK))?;
    if !would.changed {
        return Err(
            asking.conflict(&format!("“{title}” hasn't been withdrawn, so there's nothing to take back."), BACK)
        );
    }
    let question = Question {
        title: format!("Let “{title}” be picked again?"),
        facts: vec!["Editions that got another activity instead keep that one.".to_owned()],
        button: "Let it be picked again".to_owned(),
        action: reinstate_path(&id),
        back_url: BACK.to_owned(),
        ..Question::default()
    };
    Ok((question, id))
}

pub(super) async fn bring_back(asking: Asked, id: ActivityId) -> Result<Response, Refusal> {
    let title = title(&asking.parts, &id).await.map_err(asking.failed(BACK))?;
    asking.parts.decisions().withdraw_activity(&id, true).await.map_err(asking.failed(BACK))?;
    Ok(asking.decided(vec![format!("“{title}” may be picked again.")], BACK))
}
