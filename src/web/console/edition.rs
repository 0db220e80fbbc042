//! `/editions/{n}`: one edition. What is in it, what changed since it was approved, who gets it and how it reads; and once it goes
//! out, where its mails stand and what kept the others.

mod chart;
pub(super) mod content;
pub(super) mod copy;
mod failures;
pub(super) mod frame;
pub(super) mod kept;
mod mail;
pub(super) mod mails;
mod reach;
pub(super) mod readers;
mod segment;
mod slips;
mod view;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use self::view::EditionView;
use super::answer;
use super::ask::asks;
use super::caller::Caller;
use super::shell::Shell;
use super::state::Console;
use crate::domain::edition::EditionNumber;
use crate::domain::user::Permission;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/editions/{number}", get(edition))
        .route("/editions/{number}/segments/{segment}", get(segment::segment))
        .route("/editions/{number}/segments/{segment}/mail", get(mail::mail))
        .route("/editions/{number}/test-copy", asks(Permission::Decide, "/calendar", copy::ask, copy::send))
        .route("/editions/{number}/correct", asks(Permission::Decide, "/calendar", slips::ask, slips::mend))
}

async fn edition(State(console): State<Console>, caller: Caller, Path(number): Path<u32>) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    if reach::is_beyond(&parts, number) {
        return answer::missing(&parts, &caller, "There's no such edition.");
    }
    match EditionView::read(&console, &parts, &caller, number).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, &format!("Edition {number}"), "/calendar");
            let shell = shell.saying(console.said().take(&caller));
            let shell = if view.is_moving() { shell.live("/live") } else { shell };
            answer::page("edition.html", &shell, &view)
        }
        Err(error) => reach::shown_not(&parts, &caller, &error),
    }
}
