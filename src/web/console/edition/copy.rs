//! One marked test copy of an edition, to an address that somebody types in. It is asked for once, and nothing of it is recorded.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::reach::{content, is_beyond, shown_not};
use crate::app::AppError;
use crate::app::sender::{SendError, Sender};
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::Segment;
use crate::messages;
use crate::web::console::answer;
use crate::web::console::ask::{Choice, Field, Question};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

pub(super) async fn ask(State(console): State<Console>, caller: Caller, Path(number): Path<u32>) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    match segments(&console, &parts, number).await {
        Ok(segments) if segments.is_empty() => {
            let why = messages::troubles::no_copy(&SendError::NobodyToCopy(number)).unwrap_or_default();
            answer::refusal(&parts, &caller, StatusCode::CONFLICT, &why, &format!("/editions/{number}"))
        }
        Ok(segments) => question(&parts, &caller, number, &segments).page(&parts, &caller, "/calendar"),
        Err(error) => shown_not(&parts, &caller, &error),
    }
}

/// The groups of readers, the largest first.
async fn segments(console: &Console, parts: &ConsoleParts, number: EditionNumber) -> Result<Vec<Segment>, AppError> {
    let report = parts.report(number);
    let is_published = report.edition().await?.is_some_and(|edition| edition.is_published());
    let mut segments = if is_published {
        let kept = console.kept().addressed(number, &report).await?;
        kept.map(|segments| segments.to_vec()).unwrap_or_default()
    } else {
        parts.reporter().audience().await?
    };
    segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.key.cmp(&b.key)));
    Ok(segments)
}

fn question(parts: &ConsoleParts, caller: &Caller, number: EditionNumber, segments: &[Segment]) -> Question {
    let config = parts.config();
    let choice = |(at, segment): (usize, &Segment)| Choice {
        value: segment.key.id(&config.bands),
        label: super::segment::label(config, &segment.key),
        chosen: at == 0,
    };
    let to = Field {
        name: "to",
        label: "To which address?",
        hint: "Only this address gets it.",
        kind: "email",
        // Those who have an account are named by their address.
        value: caller.person.name.parse::<Address>().map(|address| address.to_string()).unwrap_or_default(),
        options: Vec::new(),
    };
    let which = Field {
        name: "segment",
        label: "As which readers get it?",
        options: segments.iter().enumerate().map(choice).collect(),
        ..Field::default()
    };
    Question {
        title: format!("Send a test copy of edition {number}?"),
        facts: vec![
            "One mail is sent at once, with “[Test copy]” before its subject.".to_owned(),
            "Its links to unsubscribe and to change settings don't work, and nothing is recorded.".to_owned(),
        ],
        fields: vec![to, which],
        button: "Send the test copy".to_owned(),
        action: format!("/editions/{number}/test-copy"),
        back_url: format!("/editions/{number}"),
        ..Question::default()
    }
}

pub(super) async fn send(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u32>,
    form: Form,
) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    let (back, page) = (format!("/editions/{number}/test-copy"), format!("/editions/{number}"));
    let Ok(to) = form.text("to").parse::<Address>() else {
        let why = "That isn't an address. Write one such as officer@example.org.";
        return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, &back);
    };
    match sent(&parts, number, &to, form.text("segment")).await {
        Ok(()) => {
            let said = format!("A test copy of edition {number} is on its way to {to}. Nothing was recorded.");
            answer::decided(&console, &caller, vec![said], &page)
        }
        Err(error) => match (messages::troubles::no_copy(&error), error) {
            (Some(why), _) => answer::refusal(&parts, &caller, StatusCode::BAD_GATEWAY, &why, &back),
            (None, SendError::App(error)) => shown_not(&parts, &caller, &error),
            (None, error) => answer::refusal(&parts, &caller, StatusCode::CONFLICT, &error.to_string(), &back),
        },
    }
}

async fn sent(parts: &ConsoleParts, number: EditionNumber, to: &Address, segment: &str) -> Result<(), SendError> {
    if is_beyond(parts, number) {
        return Err(AppError::NoEdition(number).into());
    }
    let content = content(parts)?;
    let copy = Sender::new(&parts.context, content).test_copy_of(number, to, segment).await?;
    copy.send(parts.config()).await.map(drop)
}
