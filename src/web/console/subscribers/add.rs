//! Adds a mailbox. One that is subscribed already is changed, and one that left is asked by mail, each after another question.

use axum::http::StatusCode;
use axum::response::Response;

use super::profile_form::{ProfileForm, read};
use super::view::{HERE, bands, mailbox_path};
use crate::app::AppError;
use crate::app::subscriber::Known;
use crate::domain::address::Address;
use crate::domain::band::BandName;
use crate::domain::subscriber::{MailboxState, RecipientId, SubscribeRequest, SuppressionReason};
use crate::domain::subscription::confirm::Asked as AskedReader;
use crate::domain::subscription::subscribe::Subscribed;
use crate::domain::text::dates::day;
use crate::messages::mailbox::kept_out;
use crate::web::console::answer;
use crate::web::console::ask::{Hidden, Question, Seen};
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;

pub(super) const ADD: &str = "/subscribers/add";
const LIKE: &str = "like";

pub(super) async fn page(asking: Asking) -> Response {
    let form = filled(&asking.parts, &asking.parameter(LIKE)).await.map_err(asking.failed(HERE));
    match form {
        Ok(form) => show(&asking, StatusCode::OK, form).await.unwrap_or_else(Refusal::page),
        Err(refusal) => refusal.page(),
    }
}

/// The path of a form that is filled in as another mailbox's organisation: for its right address, when that one doesn't work.
pub(super) fn right_address_of(mailbox: RecipientId) -> String {
    format!("{ADD}?{LIKE}={}", mailbox.0)
}

async fn filled(parts: &ConsoleParts, like: &str) -> Result<ProfileForm, AppError> {
    let empty = || ProfileForm::empty(parts.config());
    let Ok(mailbox) = like.parse() else { return Ok(empty()) };
    let known = parts.privacy().mailbox(RecipientId(mailbox)).await?;
    let known = known.as_ref().and_then(|(record, _)| Some((&record.profile, record.mailboxes.first()?)));
    Ok(known.map_or_else(empty, |(profile, mailbox)| ProfileForm::of(parts.config(), profile, &mailbox.bands)))
}

async fn show(asking: &Asking, status: StatusCode, form: ProfileForm) -> Result<Response, Refusal> {
    let (parts, caller) = (&asking.parts, &asking.caller);
    let first = first_edition(parts).await.map_err(asking.failed(HERE))?;
    let form = ProfileForm {
        title: "Add a subscriber".to_owned(),
        hidden: vec![Seen::of(&first).hidden()],
        facts: vec![first],
        asks_address: true,
        button: "Add it".to_owned(),
        action: caller.link(ADD),
        back_url: caller.link(HERE),
        ..form
    };
    Ok(answer::with_status(status, "subscriber-form.html", &Shell::new(parts, caller, "Add a subscriber", HERE), &form))
}

/// Which edition a new mailbox gets first.
pub(super) async fn first_edition(parts: &ConsoleParts) -> Result<String, AppError> {
    Ok(match parts.context.next_edition().await? {
        Some(next) => {
            format!("Its first edition is number {}, on {}.", next.edition, day(next.due_at.date_naive()))
        }
        None => "No edition is planned yet.".to_owned(),
    })
}

/// What was shown: at first which edition comes first, and then what is known of the address.
pub(super) async fn look(asking: Asked) -> Result<(Seen, ()), Refusal> {
    let parts = &asking.parts;
    let failed = asking.failed(ADD);
    let sure = asking.form.text("sure");
    if sure.is_empty() {
        return Ok((Seen::of(&first_edition(parts).await.map_err(failed)?), ()));
    }
    let address = asking.form.text("email").parse::<Address>();
    let address = address.map_err(|error| asking.wrong(&format!("The address {error}."), ADD))?;
    let known = parts.subscriber().look_up(&address).await.map_err(failed)?;
    Ok((seen(&known), ()))
}

/// What stands for what is known of an address.
fn seen(known: &Known) -> Seen {
    let Known::Mailbox(id, record) = known else { return Seen::of(&suppressed(known)) };
    let mailboxes = record.mailboxes.iter();
    let mailboxes: Vec<_> = mailboxes.map(|one| (one.state, one.suppressed, &one.bands)).collect();
    Seen::of(&(id, &record.profile, mailboxes))
}

fn suppressed(known: &Known) -> Option<SuppressionReason> {
    if let Known::Suppressed(reason) = known { Some(*reason) } else { None }
}

pub(super) async fn decide(asking: Asked, (): ()) -> Result<Response, Refusal> {
    let (config, form) = (asking.parts.config(), &asking.form);
    let request = match read(config, form, None) {
        Ok(request) => request,
        Err(problems) => {
            let again = ProfileForm::again(config, form, problems);
            return show(&asking, StatusCode::UNPROCESSABLE_ENTITY, again).await;
        }
    };
    if let Some(line) = config.line_of_address(&request.address) {
        let why = format!("The config file names this address in line {line}. Change it there, and the list follows.");
        return Err(asking.conflict(&why, ADD));
    }
    match added(&asking.parts, &request, form.text("sure")).await.map_err(asking.failed(ADD))? {
        Answer::Done(said, path) => Ok(asking.decided(said, &path)),
        Answer::Asks(question) => Ok(question.page(&asking.parts, &asking.caller, HERE)),
        Answer::Never(why) => Err(asking.conflict(why, ADD)),
    }
}

enum Answer {
    /// What came of it, and the page to say it on.
    Done(Vec<String>, String),
    /// There is one thing more to say yes to.
    Asks(Box<Question>),
    Never(&'static str),
}

/// What someone said yes to, besides what the form itself asks for.
const CHANGE: &str = "change";
const CONFIRM: &str = "confirm";

async fn added(parts: &ConsoleParts, request: &SubscribeRequest, sure: &str) -> Result<Answer, AppError> {
    let known = parts.subscriber().look_up(&request.address).await?;
    if let Known::Mailbox(_, record) = &known
        && let [mailbox] = &record.mailboxes[..]
        && mailbox.state == MailboxState::Active
        && sure != CHANGE
    {
        let facts = vec![
            format!("Now it belongs to {} and gets {}.", record.profile.name, bands(parts.config(), &mailbox.bands)),
            format!("Then it belongs to {} and gets {}.", request.profile.name, bands(parts.config(), &request.bands)),
        ];
        let question = Question {
            title: "This address is subscribed already. Change it?".to_owned(),
            facts,
            button: "Change it".to_owned(),
            ..Question::default()
        };
        return Ok(Answer::Asks(Box::new(once_more(question, request, (CHANGE, &known)))));
    }
    match parts.subscriber().subscribe(request).await? {
        Subscribed::Left(reason) if !reason.is_lifted_by_confirming() => Ok(Answer::Never(kept_out(reason))),
        Subscribed::Left(_) if sure == CONFIRM => confirm(parts, request).await,
        Subscribed::Left(reason) => {
            let question = Question {
                title: "Ask it by mail whether it wants to come back?".to_owned(),
                facts: vec![
                    kept_out(reason).to_owned(),
                    "It gets one mail with a link. Nothing else is sent before its reader clicks that link, within 7 days."
                        .to_owned(),
                ],
                button: "Send that mail".to_owned(),
                ..Question::default()
            };
            Ok(Answer::Asks(Box::new(once_more(question, request, (CONFIRM, &known)))))
        }
        done => {
            let first = match done {
                Subscribed::Added => format!("{} is subscribed.", request.profile.name),
                _ => "It is now as you asked.".to_owned(),
            };
            Ok(Answer::Done(vec![first, first_edition(parts).await?], page_of(parts, request).await?))
        }
    }
}

async fn confirm(parts: &ConsoleParts, request: &SubscribeRequest) -> Result<Answer, AppError> {
    Ok(match parts.subscriber().ask_to_subscribe(request).await? {
        AskedReader::Waits(_) => {
            let said = "A mail that asks it to confirm goes out within a minute.".to_owned();
            Answer::Done(vec![said], page_of(parts, request).await?)
        }
        AskedReader::Already => {
            Answer::Done(vec!["It is subscribed already.".to_owned()], page_of(parts, request).await?)
        }
        AskedReader::Never(reason) => Answer::Never(kept_out(reason)),
        AskedReader::TooOften => Answer::Never(
            "This address has already been asked three times today, or 500 addresses were asked in the last hour. Please wait, and try again later.",
        ),
        AskedReader::Nobody => Answer::Never("The store gave no answer. Try again."),
    })
}

async fn page_of(parts: &ConsoleParts, request: &SubscribeRequest) -> Result<String, AppError> {
    Ok(match parts.subscriber().look_up(&request.address).await? {
        Known::Mailbox(id, _) => mailbox_path(id),
        _ => HERE.to_owned(),
    })
}

/// The question, which carries what the form asked for, and what is said yes to.
fn once_more(question: Question, request: &SubscribeRequest, (sure, known): (&str, &Known)) -> Question {
    let profile = &request.profile;
    let fields = [
        ("name", profile.name.clone()),
        ("sector", profile.sector.to_string()),
        ("email", request.address.to_string()),
        ("urn", profile.urn.clone().unwrap_or_default()),
        ("sure", sure.to_owned()),
    ];
    let bands = request.bands.iter().map(|band: &BandName| ("bands", band.to_string()));
    let hidden = fields.into_iter().chain(bands).map(|(name, value)| Hidden { name, value }).collect();
    Question { hidden, action: ADD.to_owned(), back_url: HERE.to_owned(), ..question }.with(seen(known))
}
