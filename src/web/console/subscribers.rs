//! `/subscribers`: who subscribes, by sector and age group, and a box to find one of them by.

mod add;
mod change;
mod erase;
mod export;
mod import;
mod organisation;
mod profile_form;
mod search;
mod story;
mod unsubscribe;
mod view;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Serialize;

use self::view::HERE;
use super::answer;
use super::ask::only;
use super::audience::AudienceTable;
use super::caller::Caller;
use super::form::FILE_FORM;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::domain::user::Permission::ManageSubscribers;

pub(super) fn routes() -> Router<Console> {
    let mailbox = |what: &str| format!("/subscribers/mailboxes/{{number}}{what}");
    Router::new()
        .route(HERE, get(overview))
        .route("/subscribers/search", post(search::search))
        .route("/subscribers/{number}", get(organisation::page))
        .route(&mailbox(""), get(story::page))
        .route("/subscribers/add", only(ManageSubscribers, get(add::ask).post(add::decide)))
        .route(&mailbox("/change"), only(ManageSubscribers, get(change::ask).post(change::decide)))
        .route(&mailbox("/address"), only(ManageSubscribers, get(change::ask_address).post(change::decide_address)))
        .route(&mailbox("/unsubscribe"), only(ManageSubscribers, get(unsubscribe::ask).post(unsubscribe::decide)))
        .route(&mailbox("/erase"), only(ManageSubscribers, get(erase::ask).post(erase::decide)))
        .route("/subscribers/import", only(ManageSubscribers, get(import::ask).post(import::decide)))
        .route(FILE_FORM, only(ManageSubscribers, post(import::preview)))
        .route("/subscribers/export", only(ManageSubscribers, get(export::ask).post(export::download)))
}

#[derive(Debug, Serialize)]
struct Overview {
    active: u64,
    pending: u64,
    ended: u64,
    audience: AudienceTable,
    search_url: String,
    /// What was looked for; empty on the page itself.
    sought: String,
    add_url: String,
    import_url: String,
    export_url: String,
    may_manage: bool,
}

async fn overview(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    match view(&parts, &caller).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Subscribers", HERE).saying(console.said().take(&caller));
            answer::page("subscribers.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller) -> Result<Overview, AppError> {
    let counts = parts.reporter().subscribers().await?;
    Ok(Overview {
        active: counts.active,
        pending: counts.pending,
        ended: counts.ended,
        audience: AudienceTable::new(parts.config(), &parts.reporter().audience().await?),
        search_url: caller.link("/subscribers/search"),
        sought: String::new(),
        add_url: caller.link("/subscribers/add"),
        import_url: caller.link("/subscribers/import"),
        export_url: caller.link("/subscribers/export"),
        may_manage: caller.may(ManageSubscribers),
    })
}
