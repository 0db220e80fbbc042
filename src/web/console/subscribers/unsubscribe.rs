//! Ends every subscription of a mailbox, at its reader's wish.

use axum::extract::{Path, State};
use axum::response::Response;

use super::view::{HERE, mailbox_path};
use crate::app::unsubscriber::SuppressResult;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::text::lists::count;
use crate::web::console::answer;
use crate::web::console::ask::{Question, is_as_seen};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::state::Console;

const GONE: &str = "There's no mailbox with this number.";

pub(super) async fn ask(State(console): State<Console>, caller: Caller, Path(number): Path<u64>) -> Response {
    let (parts, id) = (console.parts(), RecipientId(number));
    let (record, data) = match parts.privacy().mailbox(id).await {
        Ok(Some(known)) => known,
        Ok(None) => return answer::missing(&parts, &caller, GONE),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let Some(mailbox) = record.mailboxes.first() else { return answer::missing(&parts, &caller, GONE) };
    let active = mailbox.subscriptions.iter().filter(|one| one.ended.is_none()).count() as u64;
    let waiting = data.deliveries.iter().filter(|one| matches!(one.state, "queued" | "deferred")).count() as u64;
    let mut facts = vec![format!("{} of {} gets nothing more.", mailbox.address, record.profile.name)];
    if active > 0 {
        facts.push(format!("Its {}.", count(active, "subscription ends", "subscriptions end")));
    }
    if waiting > 0 {
        facts.push(format!("{} to it will not be sent.", count(waiting, "mail that waits", "mails that wait")));
    }
    facts.push("Only its own reader can bring it back, by clicking a link that you can have sent to them.".to_owned());
    let named = parts.config().line_of_address(&mailbox.address);
    facts.extend(named.map(|line| {
        format!("The config file still names it in line {line}; the entry has no effect for it any more.")
    }));
    let path = mailbox_path(id);
    let question = Question {
        title: "Unsubscribe this mailbox?".to_owned(),
        facts,
        button: "Unsubscribe it".to_owned(),
        is_danger: true,
        action: format!("{path}/unsubscribe"),
        back_url: path,
        ..Question::default()
    };
    question.about(&mailbox.address).page(&parts, &caller, HERE)
}

pub(super) async fn decide(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u64>,
    form: Form,
) -> Response {
    let (parts, path) = (console.parts(), mailbox_path(RecipientId(number)));
    let address = match parts.privacy().mailbox(RecipientId(number)).await {
        Ok(Some((record, _))) => record.mailboxes.into_iter().next().map(|mailbox| mailbox.address),
        Ok(None) => None,
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let Some(address) = address else { return answer::missing(&parts, &caller, GONE) };
    if !is_as_seen(&form, &address) {
        return answer::changed_meanwhile(&parts, &caller, &format!("{path}/unsubscribe"));
    }
    let unsubscriber = parts.unsubscriber();
    let said = match unsubscriber.suppress(&address, SuppressionReason::Unsubscribed, OPERATOR).await {
        Ok(SuppressResult::Already(_)) => {
            "It got no mail before either. It’s now recorded that it unsubscribed.".to_owned()
        }
        Ok(SuppressResult::Ended(name)) => format!("{name} gets nothing more at this address."),
        Ok(SuppressResult::Stranger) => "The address gets no mail from now on.".to_owned(),
        Err(error) => return answer::failed(&parts, &caller, &error, &path),
    };
    answer::decided(&console, &caller, vec![said], &path)
}
