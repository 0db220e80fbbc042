//! `/subscribers`: who subscribes, by sector and age group, and a box to find one of them by.

mod add;
mod change;
mod erase;
mod export;
mod import;
mod known;
mod organisation;
mod profile_form;
mod search;
mod story;
mod unsubscribe;
mod view;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

pub(super) use self::view::mailbox_path;
use self::view::{HERE, IMPORT};
use super::answer;
use super::ask::{asks, decides, only, posts};
use super::audience::AudienceTable;
use super::caller::Caller;
use super::form::FILE_FORM;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::domain::user::Permission;

const MANAGE: Permission = Permission::ManageSubscribers;

pub(super) fn routes() -> Router<Console> {
    let mailbox = |what: &str| format!("/subscribers/mailboxes/{{number}}{what}");
    Router::new()
        .route(HERE, get(overview))
        .route("/subscribers/search", posts(Permission::Look, search::search))
        .route("/subscribers/{number}", get(organisation::page))
        .route(&mailbox(""), get(story::page))
        .route(
            add::ADD,
            only(MANAGE, get(add::page)).merge(decides(MANAGE, add::look, |_| add::ADD.to_owned(), add::decide)),
        )
        .route(
            &mailbox("/change"),
            only(MANAGE, get(change::page)).merge(decides(
                MANAGE,
                change::look,
                |asking| asking.here.clone(),
                change::decide,
            )),
        )
        .route(&mailbox("/address"), asks(MANAGE, HERE, change::ask_address, change::decide_address))
        .route(&mailbox("/unsubscribe"), asks(MANAGE, HERE, unsubscribe::ask, unsubscribe::decide))
        .route(&mailbox("/erase"), asks(MANAGE, HERE, erase::ask, erase::decide))
        .route(
            IMPORT,
            only(MANAGE, get(import::ask)).merge(decides(
                MANAGE,
                import::look_again,
                |_| IMPORT.to_owned(),
                import::decide,
            )),
        )
        .route(FILE_FORM, posts(MANAGE, import::preview))
        .route("/subscribers/export", asks(MANAGE, HERE, export::ask, export::download))
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
        may_manage: caller.may(MANAGE),
    })
}
