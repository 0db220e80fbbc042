//! One marked test copy of an edition, to an address that someone types in. It is asked for once, and the log has a line about it.

use axum::http::StatusCode;
use axum::response::Response;

use super::reach::{content, is_beyond, shown_not};
use super::readers::largest_first;
use crate::app::AppError;
use crate::app::sender::{SendError, Sender};
use crate::domain::address::Address;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::Segment;
use crate::messages;
use crate::web::console::ask::{Choice, Field, Question};
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::decide::Read;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

pub(super) async fn ask(asking: Asked) -> Result<(Question, EditionNumber), Refusal> {
    let (parts, number) = (&asking.parts, EditionNumber(asking.number("number")?));
    let not_shown = |error: AppError| Refusal::from(shown_not(parts, &asking.caller, &error));
    if is_beyond(parts, number) {
        return Err(not_shown(AppError::NoEdition(number)));
    }
    let segments = segments(&asking.console, parts, number).await.map_err(not_shown)?;
    if segments.is_empty() {
        let why = messages::troubles::no_copy(&SendError::NobodyToCopy(number)).unwrap_or_default();
        return Err(asking.conflict(&why, &format!("/editions/{number}")));
    }
    let row = parts.row(number).await.map_err(not_shown)?;
    let keys: Vec<_> = segments.iter().map(|segment| &segment.key).collect();
    Ok((question(parts, &asking.caller, number, &segments).about(&(keys, Read::of(parts, &row))), number))
}

/// The groups of readers, the largest first.
async fn segments(console: &Console, parts: &ConsoleParts, number: EditionNumber) -> Result<Vec<Segment>, AppError> {
    let report = parts.report(number);
    let is_published = report.edition().await?.is_some_and(|edition| edition.is_published());
    let segments = if is_published {
        let kept = console.kept().addressed(number, &report).await?;
        kept.map(|segments| segments.to_vec()).unwrap_or_default()
    } else {
        parts.reporter().audience().await?
    };
    Ok(largest_first(segments))
}

fn question(parts: &ConsoleParts, caller: &Caller, number: EditionNumber, segments: &[Segment]) -> Question {
    Question {
        title: format!("Send a test copy of edition {number}?"),
        facts: promises(),
        fields: fields(parts, caller, segments),
        button: "Send the test copy".to_owned(),
        action: format!("/editions/{number}/test-copy"),
        back_url: format!("/editions/{number}"),
        ..Question::default()
    }
}

/// What a test copy is.
pub(in crate::web::console) fn promises() -> Vec<String> {
    vec![
        "One mail is sent at once, with “[Test copy]” before its subject.".to_owned(),
        "Its links to unsubscribe and to change settings don't work.".to_owned(),
        "The log says that you sent it, but not to which address.".to_owned(),
    ]
}

/// To which address, and as which of these readers get it.
pub(in crate::web::console) fn fields(parts: &ConsoleParts, caller: &Caller, segments: &[Segment]) -> Vec<Field> {
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
    vec![to, which]
}

pub(super) async fn send(asking: Asked, number: EditionNumber) -> Result<Response, Refusal> {
    let to = asking.form.text("to").parse::<Address>();
    let why = "That isn't an address. Write one such as officer@example.org.";
    let to = to.map_err(|_| asking.wrong(why, &asking.here))?;
    match sent(&asking.parts, number, &to, asking.form.text("segment")).await {
        Ok(()) => {
            let said = format!("A test copy of edition {number} is on its way to {to}.");
            Ok(asking.decided(vec![said], &format!("/editions/{number}")))
        }
        Err(error) => Err(match (messages::troubles::no_copy(&error), error) {
            (Some(why), _) => asking.refused(StatusCode::BAD_GATEWAY, &why, &asking.here),
            (None, SendError::App(error)) => shown_not(&asking.parts, &asking.caller, &error).into(),
            (None, error) => asking.conflict(&error.to_string(), &asking.here),
        }),
    }
}

async fn sent(parts: &ConsoleParts, number: EditionNumber, to: &Address, segment: &str) -> Result<(), SendError> {
    let content = content(parts)?;
    let sender = Sender::new(&parts.context, content);
    let copy = sender.test_copy_of(number, to, segment).await?;
    // First the line in the log: a copy that nobody knows of is worse than one that did not go out.
    sender.note_copy(number, segment).await?;
    copy.send(parts.config()).await.map(drop)
}
