//! Keeps an address from getting mail, lets one have mail again, and takes back what was suppressed since a day.

use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::app::unsubscriber::{LiftResult, SuppressResult};
use crate::app::waves::Waves;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::text::dates;
use crate::domain::text::lists::{count, some_of};
use crate::messages::mailbox::kept_out;
use crate::web::console::answer;
use crate::web::console::ask::{Field, Question, Seen};
use crate::web::console::asking::{Asked, Asking, Refusal};
use crate::web::console::parts::ConsoleParts;

/// The page of the list.
pub(super) const HERE: &str = "/suppressions";

pub(super) async fn ask_add(_: Asked) -> Result<(Question, ()), Refusal> {
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
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question, ()))
}

/// The address in the form.
fn address(asking: &Asking) -> Result<Address, Refusal> {
    let why = "That isn't an email address. Write it like office@hillside.example.";
    asking.form.text("address").parse().map_err(|_| asking.wrong(why, HERE))
}

pub(super) async fn add(asking: Asked, (): ()) -> Result<Response, Refusal> {
    let address = address(&asking)?;
    let result = asking.parts.unsubscriber().suppress(&address, SuppressionReason::Operator, OPERATOR).await;
    let said = match result.map_err(asking.failed(HERE))? {
        SuppressResult::Already(_) => format!("{address} was already getting no mail."),
        SuppressResult::Ended(name) => format!("{address} gets no more mail. It was a mailbox of {name}."),
        SuppressResult::Stranger => format!("{address} gets no mail from now on. Nobody was subscribed with it."),
    };
    Ok(asking.decided(vec![said], HERE))
}

/// Why the address gets no mail, as it was shown beside the button.
pub(super) async fn look_lift(asking: Asked) -> Result<(Seen, Address), Refusal> {
    let address = address(&asking)?;
    let reason = asking.parts.unsubscriber().suppressed(&address).await.map_err(asking.failed(HERE))?;
    Ok((Seen::of(&reason), address))
}

/// What a reader wanted is lifted only by their own click, after someone has subscribed them again.
pub(super) async fn lift(asking: Asked, address: Address) -> Result<Response, Refusal> {
    let result = asking.parts.unsubscriber().lift(&address, false, OPERATOR).await;
    let said = match result.map_err(asking.failed(HERE))? {
        LiftResult::Lifted(_) => format!("{address} may get mail again. It is subscribed as soon as someone adds it."),
        LiftResult::NotSuppressed => format!("{address} wasn't kept from getting mail, so nothing changed."),
        LiftResult::NeedsConsent(reason) => {
            let mut why = kept_out(reason).to_owned();
            if reason.is_lifted_by_confirming() {
                why.push_str(
                    " Add the subscriber again: they get a mail with a link to confirm, and their click brings them back.",
                );
            }
            return Err(asking.conflict(&why, HERE));
        }
    };
    Ok(asking.decided(vec![said], HERE))
}

const TAKE_BACK: &str = "/suppressions/take-back";

/// How many of those that get mail again are named.
const NAMED: usize = 20;

/// Asks for the day first, and then, with the day in the path, whether to do it.
pub(super) async fn ask_take_back(asking: Asked) -> Result<(Question, Option<DateTime<Utc>>), Refusal> {
    let day = asking.parameter("since");
    if day.is_empty() {
        return Ok((ask_day(), None));
    }
    let since = beginning(&asking.parts, &day).ok_or_else(|| asking.wrong(NO_DAY, TAKE_BACK))?;
    let waves = Waves::new(&asking.parts.context);
    let would = waves.would_take_back(SuppressionReason::Bounced, since).await.map_err(asking.failed(HERE))?;
    if would.restored + would.lifted == 0 {
        return Err(
            asking.conflict("No address has been taken off the list since then because its mail came back.", TAKE_BACK)
        );
    }
    let mut facts = Vec::new();
    if would.restored > 0 {
        let mailboxes = count(would.restored, "mailbox gets mail again", "mailboxes get mail again");
        facts.push(format!("{mailboxes}: {}.", some_of(&would.names, NAMED)));
    }
    if would.lifted > 0 {
        let addresses = count(would.lifted, "other address", "other addresses");
        facts.push(format!("{addresses} may have mail again, but nothing is sent there until someone adds them."));
    }
    let question = Question {
        title: format!(
            "Take back what has bounced since {}?",
            dates::day(since.with_timezone(&asking.parts.config().schedule.timezone).date_naive())
        ),
        facts,
        button: "Take it back".to_owned(),
        action: asking.here.clone(),
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question.about(&would), Some(since)))
}

fn ask_day() -> Question {
    let since = Field {
        name: "since",
        label: "Since the beginning of which day?",
        hint: "Such as 2026-11-30.",
        kind: "date",
        ..Field::default()
    };
    Question {
        title: "Take back what bounced?".to_owned(),
        facts: vec![
            "Use this when a mail server wrongly said that many mailboxes don't exist.".to_owned(),
            "Every address whose mail came back on that day or later may get mail again, and the subscriptions that ended \
             because of it begin again. Before anything is changed, you see how many there are."
                .to_owned(),
        ],
        fields: vec![since],
        button: "Go on".to_owned(),
        action: TAKE_BACK.to_owned(),
        back_url: HERE.to_owned(),
        ..Question::default()
    }
}

const NO_DAY: &str = "That isn't a day. Write it like 2026-11-30.";

pub(super) async fn take_back(asking: Asked, since: Option<DateTime<Utc>>) -> Result<Response, Refusal> {
    let Some(since) = since else {
        let day = asking.form.text("since");
        beginning(&asking.parts, day).ok_or_else(|| asking.wrong(NO_DAY, TAKE_BACK))?;
        return Ok(answer::go_to(&asking.caller.link(&format!("{TAKE_BACK}?since={day}"))));
    };
    let waves = Waves::new(&asking.parts.context);
    let taken = waves.take_back(SuppressionReason::Bounced, since, OPERATOR).await;
    let (restored, lifted) = taken.map_err(asking.failed(HERE))?;
    let said = format!(
        "{} subscribed again; {} may get mail again without having been subscribed.",
        count(restored, "mailbox is", "mailboxes are"),
        count(lifted, "more address", "more addresses")
    );
    Ok(asking.decided(vec![said], HERE))
}

/// The first moment of a day in the service's time zone.
fn beginning(parts: &ConsoleParts, day: &str) -> Option<DateTime<Utc>> {
    let at = day.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN);
    let local = at.and_local_timezone(parts.config().schedule.timezone).earliest();
    Some(local.map_or_else(|| at.and_utc(), |local| local.to_utc()))
}
