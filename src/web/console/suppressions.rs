//! `/suppressions`: the addresses that get no mail any more, and why; bounces that came by the dozen and wait for a person.

mod change;
mod wave;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use self::change::HERE;
use super::answer;
use super::ask::{Seen, asks, decides, only, posts};
use super::caller::Caller;
use super::form::Form;
use super::masked::shown;
use super::parts::ConsoleParts;
use super::query::parameter;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::waves::Waves;
use crate::domain::address::Address;
use crate::domain::bulletin::MailingName;
use crate::domain::subscription::suppression::ListedSuppression;
use crate::domain::subscription::wave::Wave;
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages;

/// Addresses on a page, and how many pages there are at most: whoever looks for one searches.
const PAGE: u32 = 50;
const MOST_PAGES: u32 = 200;

#[derive(Debug, Serialize)]
struct SuppressionsView {
    waves: Vec<WaveView>,
    count: u64,
    rows: Vec<RowView>,
    may_change: bool,
    search_url: String,
    add_url: String,
    take_back_url: String,
    older_url: String,
    newest_url: String,
}

#[derive(Debug, Serialize)]
struct WaveView {
    what: String,
    url: String,
}

#[derive(Debug, Serialize)]
struct RowView {
    address: String,
    subscriber: String,
    why: &'static str,
    since: String,
}

pub(super) fn routes() -> Router<Console> {
    const MANAGE: Permission = Permission::ManageSubscribers;
    Router::new()
        .route(HERE, get(list))
        .route("/suppressions/search", posts(Permission::Look, search))
        .route("/suppressions/add", asks(MANAGE, HERE, change::ask_add, change::add))
        .route("/suppressions/lift", decides(MANAGE, change::look_lift, |_| HERE.to_owned(), change::lift))
        .route("/suppressions/take-back", asks(MANAGE, HERE, change::ask_take_back, change::take_back))
        .route("/suppressions/waves/{id}", only(MANAGE, get(wave::show)))
        .route("/suppressions/waves/{id}/confirm", decides(MANAGE, wave::look, wave::page, wave::confirm))
        .route("/suppressions/waves/{id}/dismiss", decides(MANAGE, wave::look, wave::page, wave::dismiss))
}

async fn list(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let page = parameter(query.as_deref(), "page").parse().unwrap_or(0).min(MOST_PAGES);
    match view(&parts, &caller, page).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "No mail", "/suppressions").saying(console.said().take(&caller));
            answer::page("suppressions.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, page: u32) -> Result<SuppressionsView, AppError> {
    let unsubscriber = parts.unsubscriber();
    let rows = unsubscriber.newest_suppressions(page * PAGE, PAGE).await?;
    let is_full = rows.len() == PAGE as usize && page < MOST_PAGES;
    let may_change = caller.may(Permission::ManageSubscribers);
    let waves = Waves::new(&parts.context).open().await?;
    let wave = |(wave, of, mailboxes): (Wave, MailingName, u64)| {
        let id = wave.id;
        let attention = wave::attention(wave, of, mailboxes);
        let url = if may_change { caller.link(&format!("/suppressions/waves/{}", id.0)) } else { String::new() };
        WaveView { what: messages::attention::for_people(&attention).what, url }
    };
    Ok(SuppressionsView {
        waves: waves.into_iter().map(wave).collect(),
        count: unsubscriber.suppression_count().await?,
        rows: rows.iter().map(|row| RowView::new(parts, caller, row)).collect(),
        may_change,
        search_url: caller.link("/suppressions/search"),
        add_url: caller.link("/suppressions/add"),
        take_back_url: caller.link("/suppressions/take-back"),
        older_url: if is_full { caller.link(&format!("/suppressions?page={}", page + 1)) } else { String::new() },
        newest_url: if page > 0 { caller.link("/suppressions") } else { String::new() },
    })
}

impl RowView {
    fn new(parts: &ConsoleParts, caller: &Caller, row: &ListedSuppression) -> Self {
        let ListedSuppression { suppression, subscriber } = row;
        Self {
            address: suppression
                .address
                .as_ref()
                .map_or_else(|| "(erased)".to_owned(), |address| shown(caller, address)),
            subscriber: subscriber.clone().unwrap_or_default(),
            why: messages::mailbox::kept_out_shortly(suppression.reason),
            since: dates::local_moment(&parts.context.local(suppression.since)),
        }
    }
}

#[derive(Debug, Serialize)]
struct FoundView {
    title: String,
    why: String,
    address: String,
    /// Stands for why it gets none.
    seen: String,
    may_lift: bool,
    lift_url: String,
    back_url: String,
}

/// Whether one address gets no mail. It is posted, so that it stands in no log of a proxy.
async fn search(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let Ok(address) = form.text("address").parse::<Address>() else {
        let why = "That isn't an email address. Write it like office@hillside.example.";
        return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, "/suppressions");
    };
    let reason = match parts.unsubscriber().suppressed(&address).await {
        Ok(reason) => reason,
        Err(error) => return answer::failed(&parts, &caller, &error, "/suppressions"),
    };
    let view = FoundView {
        title: match reason {
            Some(_) => format!("{address} gets no mail"),
            None => format!("{address} is not kept from getting mail"),
        },
        why: reason.map(|reason| messages::sentence::sentence(messages::mailbox::kept_out(reason))).unwrap_or_default(),
        may_lift: reason.is_some() && caller.may(Permission::ManageSubscribers),
        seen: Seen::of(&reason).value().to_owned(),
        address: address.to_string(),
        lift_url: caller.link("/suppressions/lift"),
        back_url: caller.link("/suppressions"),
    };
    answer::page("suppression.html", &Shell::new(&parts, &caller, "No mail", "/suppressions"), &view)
}
