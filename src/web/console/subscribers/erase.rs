//! Erases a person: first what would go, in numbers, which is found out without changing anything.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::view::{HERE, mailbox_path};
use crate::app::AppError;
use crate::app::privacy::{EraseResult, Erased};
use crate::domain::address::Address;
use crate::domain::subscriber::RecipientId;
use crate::messages::mailbox::erased;
use crate::web::console::answer;
use crate::web::console::ask::{Question, is_as_seen};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

const GONE: &str = "There's no mailbox with this number. Perhaps it has been erased already.";

async fn address_of(parts: &ConsoleParts, number: u64) -> Result<Option<Address>, AppError> {
    let found = parts.privacy().mailbox(RecipientId(number)).await?;
    Ok(found.and_then(|(record, _)| record.mailboxes.into_iter().next()).map(|mailbox| mailbox.address))
}

/// The address, and what erasing it would remove.
async fn would_be(parts: &ConsoleParts, number: u64) -> Result<Option<(Address, Erased)>, AppError> {
    let Some(address) = address_of(parts, number).await? else { return Ok(None) };
    Ok(match parts.privacy().would_erase(&address).await? {
        EraseResult::Done(erased) => Some((address, erased)),
        EraseResult::Before | EraseResult::Unknown => None,
    })
}

pub(super) async fn ask(State(console): State<Console>, caller: Caller, Path(number): Path<u64>) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let (address, would_go) = match would_be(&parts, number).await {
        Ok(Some(known)) => known,
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let mut facts: Vec<String> = erased(&would_go).iter().map(|what| format!("Removed for good: {what}.")).collect();
    facts.push(
        "What stays: how many mails there were, and a mark that keeps the address from being mailed again. Nobody can read the \
         address from it."
            .to_owned(),
    );
    let line = parts.config().line_of_address(&address);
    let warnings = line.map(|line| format!("The config file names it in line {line}. Remove it there, too."));
    let question = Question {
        title: format!("Erase {address}?"),
        warnings: warnings.into_iter().collect(),
        facts,
        button: "Erase it for good".to_owned(),
        is_danger: true,
        action: format!("{path}/erase"),
        back_url: path,
        ..Question::default()
    };
    question.about(&address).page(&parts, &caller, HERE)
}

pub(super) async fn decide(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u64>,
    form: Form,
) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let address = match address_of(&parts, number).await {
        Ok(Some(address)) => address,
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    if !is_as_seen(&form, &address) {
        return answer::changed_meanwhile(&parts, &caller, &format!("{path}/erase"));
    }
    match erase(&parts, &address).await {
        Ok(Some(said)) => answer::decided(&console, &caller, said, HERE),
        Ok(None) => answer::refusal(&parts, &caller, StatusCode::CONFLICT, GONE, HERE),
        Err(error) => answer::failed(&parts, &caller, &error, &path),
    }
}

async fn erase(parts: &ConsoleParts, address: &Address) -> Result<Option<Vec<String>>, AppError> {
    let privacy = parts.privacy();
    let EraseResult::Done(gone) = privacy.erase(address).await? else { return Ok(None) };
    let is_clean = privacy.scrub(address).await?;
    let mut said = vec!["It is erased, and will never be mailed again.".to_owned()];
    said.push(format!("Gone for good: {}.", erased(&gone).join("; ")));
    if !is_clean {
        said.push(
            "It disappears from the files on the disk as soon as nobody else is reading them and no edition is being sent."
                .to_owned(),
        );
    }
    said.push(
        "Backups and lists that were made before still have it, and so may the mail server's logs: only you can remove it there."
            .to_owned(),
    );
    Ok(Some(said))
}
