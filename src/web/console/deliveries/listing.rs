//! The list: a page of 50, with the way to the next.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::act::What;
use super::wanted::{STATES, Wanted, is_nothing_yet, is_unknown};
use crate::app::AppError;
use crate::app::deliveries::DeliveryPage;
use crate::domain::bulletin::MailingName;
use crate::domain::delivery::listing::DeliveryRecord;
use crate::domain::delivery::{DeliveryState, Trouble};
use crate::domain::edition::Edition;
use crate::domain::text::dates::local_moment;
use crate::domain::user::Permission;
use crate::messages::attention::ConsolePage;
use crate::messages::troubles;
use crate::web::console::ask::Choice;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;
use crate::web::console::{answer, mailing, masked};

/// How many mails a page has.
const PAGE: usize = 50;

#[derive(Debug, Serialize)]
struct ListView {
    /// `edition 7`, or the same of a bulletin; and what stands for it in a form.
    of: String,
    key: String,
    of_url: String,
    /// Where the form looks, and the one for a name or an address.
    action: String,
    search_url: String,
    /// The editions and bulletins that went out, the newest first.
    mailings: Vec<Choice>,
    states: Vec<Choice>,
    reasons: Vec<Choice>,
    domain: String,
    q: String,
    rows: Vec<Row>,
    /// Whether more have such a name than are looked at.
    is_cut: bool,
    next_url: String,
    first_url: String,
    buttons: Vec<Button>,
}

#[derive(Debug, Serialize)]
struct Button {
    label: &'static str,
    url: String,
}

#[derive(Debug, Serialize)]
struct Row {
    subscriber: String,
    /// The story of the mailbox, while it is known.
    url: String,
    address: String,
    state: &'static str,
    class: &'static str,
    when: String,
    /// What happened, in plain words.
    plainly: &'static str,
    /// As the mail server said it.
    said: String,
    next: String,
    buttons: Vec<Button>,
}

pub(super) async fn list(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    match read(&parts, &caller, query.as_deref()).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Deliveries", "/deliveries").saying(console.said().take(&caller));
            answer::page("deliveries.html", &shell, &view)
        }
        Err(error) if is_nothing_yet(&error) => {
            let shell = Shell::new(&parts, &caller, "Deliveries", "/deliveries");
            let why = "No edition has gone out yet, so there are no mails to look at.";
            answer::message(StatusCode::OK, &shell, "Deliveries", &[why], ("", String::new()))
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/deliveries"),
    }
}

async fn read(parts: &ConsoleParts, caller: &Caller, query: Option<&str>) -> Result<ListView, AppError> {
    let wanted = Wanted::read(parts, query).await?;
    let after = wanted.after.map(|mailbox| wanted.place(mailbox));
    let page = match parts.deliveries().page((&wanted.filter(), wanted.why), after, PAGE).await {
        Err(error) if is_unknown(&error) => DeliveryPage::default(),
        page => page?,
    };
    let mailings = mailings(parts, &wanted).await?;
    let choice = |value: String, label: String, chosen| Choice { value, label, chosen };
    let next = page.next.map(|next| wanted.path("/deliveries", &[("after", next.recipient.0.to_string())]));
    Ok(ListView {
        of: wanted.of.to_string(),
        key: mailing::key(&wanted.of),
        of_url: caller.link(&ConsolePage::of(&wanted.of).path()),
        action: caller.link("/deliveries"),
        search_url: caller.link("/deliveries/search"),
        mailings,
        states: STATES
            .iter()
            .map(|(word, label)| choice((*word).to_owned(), (*label).to_owned(), *word == wanted.state))
            .collect(),
        reasons: std::iter::once(choice(String::new(), "Whatever happened".to_owned(), wanted.why.is_none()))
            .chain(
                Trouble::ALL
                    .iter()
                    .map(|one| choice(one.to_string(), troubles::trouble(*one).to_owned(), wanted.why == Some(*one))),
            )
            .collect(),
        rows: page.records.iter().map(|record| row(parts, caller, &wanted, record)).collect(),
        next_url: next.map(|path| caller.link(&path)).unwrap_or_default(),
        first_url: wanted.after.map(|_| caller.link(&wanted.path("/deliveries", &[]))).unwrap_or_default(),
        buttons: buttons(caller, &wanted, &page.records),
        is_cut: wanted.is_cut,
        domain: wanted.domain,
        q: wanted.q,
    })
}

/// What went out, the newest first: editions, and then bulletins.
async fn mailings(parts: &ConsoleParts, wanted: &Wanted) -> Result<Vec<Choice>, AppError> {
    let editions = parts.reporter().editions().await?.into_iter().rev().filter(Edition::is_published);
    let editions = editions.map(|one| MailingName::Edition(one.number));
    let bulletins = parts.deliveries().bulletins_sent().await?.into_iter().map(MailingName::Bulletin);
    let choice =
        |name: MailingName| Choice { value: mailing::key(&name), label: name.capital(), chosen: name == wanted.of };
    Ok(editions.chain(bulletins).map(choice).collect())
}

/// What can be done about all that are meant.
fn buttons(caller: &Caller, wanted: &Wanted, shown: &[DeliveryRecord]) -> Vec<Button> {
    if !caller.may(Permission::Decide) {
        return Vec::new();
    }
    let filter = wanted.filter();
    // A button about mails of which none is here would lead to a refusal.
    let has = |what: &What| shown.iter().any(|record| what.states().contains(&record.state));
    let may_be = |what: &What| what.states().iter().any(|state| filter.states.contains(state));
    let is_meant = |what: &What| has(what) && may_be(what) && !(*what == What::Retry && filter.bounced);
    let button = |what: &What| Button {
        label: what.of_all(),
        url: caller.link(&wanted.path(&format!("/deliveries/{}", what.word()), &[])),
    };
    What::ALL.iter().filter(|what| is_meant(what)).map(button).collect()
}

fn row(parts: &ConsoleParts, caller: &Caller, wanted: &Wanted, record: &DeliveryRecord) -> Row {
    let when = |at| local_moment(&parts.context.local(at));
    let (came_back, last) = (record.bounce.is_some(), record.last.as_ref());
    // What was refused at once did not come back: the refusal says more.
    let refused = last.is_some_and(|last| last.reply.code.is_some_and(|code| code / 100 == 5));
    let bounce = record.bounce.as_ref().filter(|_| !refused).map(|bounce| {
        let status = bounce.status.as_deref().unwrap_or("no status");
        format!("It came back on {} ({status}).", when(bounce.at))
    });
    let said = last.map(|last| masked::said(caller, &last.reply.to_string())).unwrap_or_default();
    let story = caller.link(&format!("/subscribers/mailboxes/{}", record.id.recipient.0));
    let mailbox = [("mailbox", record.id.recipient.0.to_string())];
    let may = caller.may(Permission::Decide) && record.address.is_some();
    let button = |what: &What| Button {
        label: what.of_one(),
        url: caller.link(&wanted.path(&format!("/deliveries/{}", what.word()), &mailbox)),
    };
    Row {
        subscriber: record.subscriber.clone(),
        url: record.address.as_ref().map(|_| story).unwrap_or_default(),
        address: record.address.as_ref().map_or_else(|| "forgotten".to_owned(), |one| masked::shown(caller, one)),
        state: troubles::state(record.state, came_back),
        class: class(record.state, came_back),
        when: last.map(|last| when(last.at)).unwrap_or_default(),
        plainly: Trouble::of(record).map(troubles::trouble).unwrap_or_default(),
        said: [said].into_iter().chain(bounce).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "),
        next: record.next_at.map(|at| format!("Tried again on {}.", when(at))).unwrap_or_default(),
        buttons: What::ALL.iter().filter(|what| may && what.states().contains(&record.state)).map(button).collect(),
    }
}

fn class(state: DeliveryState, came_back: bool) -> &'static str {
    match state {
        DeliveryState::Accepted if !came_back => "good",
        DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::InFlight | DeliveryState::Deferred => "wait",
        DeliveryState::Suppressed => "",
        _ => "bad",
    }
}
