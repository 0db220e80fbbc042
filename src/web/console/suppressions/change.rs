//! Keeps an address from getting mail, lets one have mail again, and takes back what was suppressed since a day.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::app::unsubscriber::{LiftResult, SuppressResult};
use crate::app::waves::Waves;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::text::lists::count;
use crate::web::console::answer;
use crate::web::console::ask::{Field, Question};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

const BACK: &str = "/suppressions";

pub(super) async fn ask_add(State(console): State<Console>, caller: Caller) -> Response {
    let address = Field { name: "address", label: "Email address", kind: "email", ..Field::default() };
    let question = Question {
        title: "Never mail an address again?".to_owned(),
        facts: vec![
            "Every subscription of this address ends, and no list or file brings it back by itself.".to_owned(),
        ],
        fields: vec![address],
        button: "Never mail it again".to_owned(),
        is_danger: true,
        action: "/suppressions/add".to_owned(),
        back_url: BACK.to_owned(),
        ..Question::default()
    };
    question.page(&console.parts(), &caller, BACK)
}

fn no_address(parts: &ConsoleParts, caller: &Caller) -> Response {
    let why = "That isn't an email address. Write it like office@hillside.example.";
    answer::refusal(parts, caller, StatusCode::UNPROCESSABLE_ENTITY, why, BACK)
}

pub(super) async fn add(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let Ok(address) = form.text("address").parse::<Address>() else { return no_address(&parts, &caller) };
    let said = match parts.unsubscriber().suppress(&address, SuppressionReason::Operator, OPERATOR).await {
        Ok(SuppressResult::Already(_)) => format!("{address} was already getting no mail."),
        Ok(SuppressResult::Ended(name)) => format!("{address} gets no more mail. It was a mailbox of {name}."),
        Ok(SuppressResult::Stranger) => format!("{address} gets no mail from now on. Nobody was subscribed with it."),
        Err(error) => return answer::failed(&parts, &caller, &error, BACK),
    };
    answer::decided(&console, &caller, vec![said], BACK)
}

/// What a reader wanted is lifted only by their own click, after somebody has subscribed them again.
pub(super) async fn lift(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let Ok(address) = form.text("address").parse::<Address>() else { return no_address(&parts, &caller) };
    let said = match parts.unsubscriber().lift(&address, false, OPERATOR).await {
        Ok(LiftResult::Lifted(_)) => {
            format!("{address} may get mail again. It is subscribed as soon as somebody adds it.")
        }
        Ok(LiftResult::NotSuppressed) => format!("{address} wasn't kept from getting mail, so nothing changed."),
        Ok(LiftResult::NeedsConsent(_)) => {
            let why = "They left or complained themselves, so only they can come back. Add the subscriber again: they get a mail \
                       with a link to confirm, and their click brings them back.";
            return answer::refusal(&parts, &caller, StatusCode::CONFLICT, why, BACK);
        }
        Err(error) => return answer::failed(&parts, &caller, &error, BACK),
    };
    answer::decided(&console, &caller, vec![said], BACK)
}

pub(super) async fn ask_take_back(State(console): State<Console>, caller: Caller) -> Response {
    let since = Field {
        name: "since",
        label: "Since the beginning of which day?",
        hint: "Such as 2026-11-30.",
        kind: "date",
        ..Field::default()
    };
    let question = Question {
        title: "Take back what bounced?".to_owned(),
        facts: vec![
            "Use this when a mail server wrongly said that many mailboxes don't exist.".to_owned(),
            "Every address whose mail came back on that day or later may get mail again, and the subscriptions that ended \
             because of it begin again."
                .to_owned(),
        ],
        fields: vec![since],
        button: "Take them back".to_owned(),
        action: "/suppressions/take-back".to_owned(),
        back_url: BACK.to_owned(),
        ..Question::default()
    };
    question.page(&console.parts(), &caller, BACK)
}

pub(super) async fn take_back(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let Some(since) = beginning(&parts, form.text("since")) else {
        let why = "That isn't a day. Write it like 2026-11-30.";
        return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, "/suppressions/take-back");
    };
    match Waves::new(&parts.context).take_back(SuppressionReason::Bounced, since, OPERATOR).await {
        Ok((restored, lifted)) => {
            let said = format!(
                "{} subscribed again; {} may get mail again without having been subscribed.",
                count(restored, "mailbox is", "mailboxes are"),
                count(lifted, "more address", "more addresses")
            );
            answer::decided(&console, &caller, vec![said], BACK)
        }
        Err(error) => answer::failed(&parts, &caller, &error, BACK),
    }
}

/// The first moment of a day in the service's time zone.
fn beginning(parts: &ConsoleParts, day: &str) -> Option<DateTime<Utc>> {
    let at = day.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN);
    let local = at.and_local_timezone(parts.config().schedule.timezone).earliest();
    Some(local.map_or_else(|| at.and_utc(), |local| local.to_utc()))
}
