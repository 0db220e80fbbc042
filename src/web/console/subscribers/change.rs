//! Changes an organisation's description, a mailbox's age groups, or its address.

use axum::http::StatusCode;
use axum::response::Response;

use super::known::KnownMailbox;
use super::profile_form::{ProfileForm, read};
use super::view::{HERE, bands};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{MailboxState, Profile};
use crate::domain::subscription::subscribe::Subscribed;
use crate::messages::mailbox::kept_out;
use crate::web::console::answer;
use crate::web::console::ask::{Field, Question, Seen};
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;

pub(super) async fn page(asking: Asking) -> Response {
    let shown = async {
        let known = active(&asking).await?;
        let form = ProfileForm::of(asking.parts.config(), &known.organisation.profile, &known.mailbox.bands);
        Ok(show(&asking, StatusCode::OK, &known, form))
    };
    shown.await.unwrap_or_else(Refusal::page)
}

/// The mailbox, if it gets anything: what it gets can be changed, and nothing else.
async fn active(asking: &Asking) -> Result<KnownMailbox, Refusal> {
    let known = KnownMailbox::find(asking).await?;
    if known.mailbox.state == MailboxState::Active && known.mailbox.suppressed.is_none() {
        return Ok(known);
    }
    let why = "It gets nothing at the moment, so there's nothing to change. To bring it back, add it again.";
    Err(asking.conflict(why, &known.path()))
}

fn show(asking: &Asking, status: StatusCode, known: &KnownMailbox, form: ProfileForm) -> Response {
    let (parts, caller, profile) = (&asking.parts, &asking.caller, &known.organisation.profile);
    let line = parts.config().line_of_address(&known.mailbox.address);
    let fact = match line {
        Some(line) => format!(
            "The config file describes the organisation in line {line}: change its name and sector there. The age groups can be chosen here."
        ),
        None => "The name, the sector and the register number are the organisation's. If it has other mailboxes, they change there, \
                 too."
            .to_owned(),
    };
    let form = ProfileForm {
        facts: vec![fact],
        asks_profile: line.is_none(),
        hidden: vec![known.seen().hidden()],
        button: "Change it".to_owned(),
        action: caller.link(&format!("{}/change", known.path())),
        back_url: caller.link(&known.path()),
        title: format!("Change {}", profile.name),
        ..form
    };
    answer::with_status(status, "subscriber-form.html", &Shell::new(parts, caller, &form.title, HERE), &form)
}

pub(super) async fn look(asking: Asked) -> Result<(Seen, KnownMailbox), Refusal> {
    let known = active(&asking).await?;
    Ok((known.seen(), known))
}

pub(super) async fn decide(asking: Asked, known: KnownMailbox) -> Result<Response, Refusal> {
    let (config, path, profile) = (asking.parts.config(), known.path(), &known.organisation.profile);
    let request = match read(config, &asking.form, Some((&known.mailbox.address, profile))) {
        Ok(request) => request,
        Err(problems) => {
            let again = ProfileForm::again(config, &asking.form, problems);
            return Ok(show(&asking, StatusCode::UNPROCESSABLE_ENTITY, &known, again));
        }
    };
    let said = match asking.parts.subscriber().subscribe(&request).await.map_err(asking.failed(&path))? {
        Subscribed::Left(reason) => return Err(asking.conflict(kept_out(reason), &path)),
        Subscribed::Updated { before, after } if before != after => {
            differences(&asking.parts, (&before.0, &after.0), &before.1, &after.1)
        }
        _ => vec!["It was like that already, so nothing changed.".to_owned()],
    };
    Ok(asking.decided(said, &path))
}

/// Old and new of whatever differs.
fn differences(
    parts: &ConsoleParts,
    (before, after): (&Profile, &Profile),
    had: &BandSet,
    has: &BandSet,
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

pub(super) async fn ask_address(asking: Asked) -> Result<(Question, KnownMailbox), Refusal> {
    let known = KnownMailbox::find(&asking).await?;
    let (address, path) = (&known.mailbox.address, known.path());
    if let Some(why) = named(&asking.parts, address) {
        return Err(asking.conflict(&why, &path));
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
    Ok((question.with(known.seen()), known))
}

/// Why this address can't be changed here: the config file names it.
fn named(parts: &ConsoleParts, address: &Address) -> Option<String> {
    let line = parts.config().line_of_address(address)?;
    Some(format!("The config file names {address} in line {line}. Change it there, and the list follows."))
}

pub(super) async fn decide_address(asking: Asked, known: KnownMailbox) -> Result<Response, Refusal> {
    let (old, path) = (&known.mailbox.address, known.path());
    let new = asking.form.text("email").parse::<Address>();
    let new = new.map_err(|error| asking.wrong(&format!("The address {error}."), &asking.here))?;
    if let Some(why) = named(&asking.parts, &new) {
        return Err(asking.conflict(&why, &path));
    }
    asking.parts.subscriber().change_address(old, &new).await.map_err(asking.failed(&asking.here))?;
    Ok(asking.decided(vec![format!("{old} is {new} now.")], &path))
}
