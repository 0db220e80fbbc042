//! Changes an organisation's description, a mailbox's age groups, or its address.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::profile_form::{ProfileForm, read};
use super::view::{HERE, bands, mailbox_path};
use crate::app::AppError;
use crate::domain::address::Address;
use crate::domain::subscriber::{MailboxState, Profile, RecipientId, SubscriberRecord};
use crate::domain::subscription::subscribe::Subscribed;
use crate::messages::mailbox::kept_out;
use crate::web::console::answer;
use crate::web::console::ask::{Field, Hidden, Question, is_as_seen, seen};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

const GONE: &str = "There's no mailbox with this number.";

/// The mailbox of this number: its subscriber with that mailbox alone.
async fn found(parts: &ConsoleParts, number: u64) -> Result<Option<SubscriberRecord>, AppError> {
    let found = parts.privacy().mailbox(RecipientId(number)).await?;
    Ok(found.map(|(record, _)| record).filter(|record| !record.mailboxes.is_empty()))
}

pub(super) async fn ask(State(console): State<Console>, caller: Caller, Path(number): Path<u64>) -> Response {
    let parts = console.parts();
    match found(&parts, number).await {
        Ok(Some(record)) => {
            let mailbox = &record.mailboxes[0];
            let form = ProfileForm::of(parts.config(), &record.profile, &mailbox.bands);
            show(&parts, &caller, StatusCode::OK, &record, form)
        }
        Ok(None) => answer::missing(&parts, &caller, GONE),
        Err(error) => answer::failed(&parts, &caller, &error, HERE),
    }
}

fn show(
    parts: &ConsoleParts,
    caller: &Caller,
    status: StatusCode,
    record: &SubscriberRecord,
    form: ProfileForm,
) -> Response {
    let mailbox = &record.mailboxes[0];
    let path = mailbox_path(mailbox.recipient);
    if mailbox.state != MailboxState::Active || mailbox.suppressed.is_some() {
        let why = "It gets nothing at the moment, so there's nothing to change. To bring it back, add it again.";
        return answer::refusal(parts, caller, StatusCode::CONFLICT, why, &path);
    }
    let line = parts.config().line_of_address(&mailbox.address);
    let fact = match line {
        Some(line) => format!(
            "The config file describes the organisation in line {line}: change its name and sector there. The age groups can be chosen here."
        ),
        None => "The name, the sector and the register number are the organisation's. If it has other mailboxes, they change there, \
                 too."
            .to_owned(),
    };
    let title = format!("Change {}", record.profile.name);
    let form = ProfileForm {
        facts: vec![fact],
        asks_profile: line.is_none(),
        hidden: vec![Hidden { name: "seen", value: seen(&(&record.profile, &mailbox.bands)) }],
        button: "Change it".to_owned(),
        action: caller.link(&format!("{path}/change")),
        back_url: caller.link(&path),
        title,
        ..form
    };
    answer::with_status(status, "subscriber-form.html", &Shell::new(parts, caller, &form.title, HERE), &form)
}

pub(super) async fn decide(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u64>,
    form: Form,
) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let record = match found(&parts, number).await {
        Ok(Some(record)) => record,
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let mailbox = &record.mailboxes[0];
    if !is_as_seen(&form, &(&record.profile, &mailbox.bands)) {
        return answer::changed_meanwhile(&parts, &caller, &format!("{path}/change"));
    }
    let request = match read(parts.config(), &form, Some((&mailbox.address, &record.profile))) {
        Ok(request) => request,
        Err(problems) => {
            let again = ProfileForm::again(parts.config(), &form, problems);
            return show(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, &record, again);
        }
    };
    match parts.subscriber().subscribe(&request).await {
        Ok(Subscribed::Left(reason)) => answer::refusal(&parts, &caller, StatusCode::CONFLICT, kept_out(reason), &path),
        Ok(Subscribed::Updated { before, after }) if before != after => {
            let said = differences(&parts, (&before.0, &after.0), &before.1, &after.1);
            answer::decided(&console, &caller, said, &path)
        }
        Ok(_) => {
            answer::decided(&console, &caller, vec!["It was like that already, so nothing changed.".to_owned()], &path)
        }
        Err(error) => answer::failed(&parts, &caller, &error, &path),
    }
}

/// Old and new of whatever differs.
fn differences(
    parts: &ConsoleParts,
    (before, after): (&Profile, &Profile),
    had: &crate::domain::band::BandSet,
    has: &crate::domain::band::BandSet,
) -> Vec<String> {
    let urn = |profile: &Profile| profile.urn.clone().unwrap_or_else(|| "none".to_owned());
    let sector = |profile: &Profile| crate::messages::sectors::many(profile.sector).to_owned();
    let pairs = [
        ("The name", before.name.clone(), after.name.clone()),
        ("The sector", sector(before), sector(after)),
        ("The register number", urn(before), urn(after)),
        ("What it gets", bands(parts.config(), had), bands(parts.config(), has)),
    ];
    let differ = pairs.into_iter().filter(|(_, before, after)| before != after);
    differ.map(|(what, before, after)| format!("{what} was “{before}” and is “{after}” now.")).collect()
}

pub(super) async fn ask_address(State(console): State<Console>, caller: Caller, Path(number): Path<u64>) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let address = match found(&parts, number).await {
        Ok(Some(record)) => record.mailboxes[0].address.clone(),
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    if let Some(why) = named(&parts, &address) {
        return answer::refusal(&parts, &caller, StatusCode::CONFLICT, &why, &path);
    }
    let question = Question {
        title: "Change the address?".to_owned(),
        facts: vec![
            format!("The address is {address} now."),
            "It keeps its age groups and the record of what it got.".to_owned(),
            "Mails that are still waiting go to the new address.".to_owned(),
        ],
        fields: vec![Field { name: "email", label: "The new address", kind: "email", ..Field::default() }],
        button: "Change the address".to_owned(),
        action: format!("{path}/address"),
        back_url: path,
        ..Question::default()
    };
    question.about(&address).page(&parts, &caller, HERE)
}

/// Why this address can't be changed here: the config file names it.
fn named(parts: &ConsoleParts, address: &Address) -> Option<String> {
    let line = parts.config().line_of_address(address)?;
    Some(format!("The config file names {address} in line {line}. Change it there, and the list follows."))
}

pub(super) async fn decide_address(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u64>,
    form: Form,
) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let asks = format!("{path}/address");
    let old = match found(&parts, number).await {
        Ok(Some(record)) => record.mailboxes[0].address.clone(),
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let new: Address = match form.text("email").parse() {
        Ok(new) => new,
        Err(error) => {
            let why = format!("The address {error}.");
            return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, &why, &asks);
        }
    };
    if let Some(why) = [&old, &new].into_iter().find_map(|address| named(&parts, address)) {
        return answer::refusal(&parts, &caller, StatusCode::CONFLICT, &why, &path);
    }
    if !is_as_seen(&form, &old) {
        return answer::changed_meanwhile(&parts, &caller, &asks);
    }
    match parts.subscriber().change_address(&old, &new).await {
        Ok(()) => answer::decided(&console, &caller, vec![format!("{old} is {new} now.")], &path),
        Err(error) => answer::failed(&parts, &caller, &error, &asks),
    }
}
