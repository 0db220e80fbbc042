//! `/editions/{n}`: one edition. What is in it, what changed since it was approved, who gets it and how it reads; and once it goes
//! out, where its mails stand and what kept the others.

mod chart;
mod content;
mod copy;
mod failures;
pub(super) mod kept;
mod mail;
mod segment;
mod view;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use self::view::EditionView;
use super::answer;
use super::ask::only;
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::edition_report::EditionReport;
use crate::domain::edition::EditionNumber;
use crate::domain::user::Permission;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/editions/{number}", get(edition))
        .route("/editions/{number}/segments/{segment}", get(segment::segment))
        .route("/editions/{number}/segments/{segment}/mail", get(mail::mail))
        .route("/editions/{number}/test-copy", only(Permission::Decide, get(copy::ask).post(copy::send)))
}

async fn edition(State(console): State<Console>, caller: Caller, Path(number): Path<u32>) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    if is_beyond(&parts, number) {
        return answer::missing(&parts, &caller, "There's no such edition.");
    }
    match EditionView::read(&console, &parts, &caller, number).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, &format!("Edition {number}"), "/calendar");
            let shell = shell.saying(console.said().take(&caller));
            let shell = if view.is_moving() { shell.live("/live") } else { shell };
            answer::page("edition.html", &shell, &view)
        }
        Err(error) => shown_not(&parts, &caller, &error),
    }
}

/// How many fortnights ahead an edition is shown: a year and a half. For each, all until then are thought through.
const AHEAD: u32 = 40;

fn is_beyond(parts: &ConsoleParts, number: EditionNumber) -> bool {
    let current = parts.config().schedule.fortnight_at(parts.context.clock.now());
    number.0 == 0 || number.0 > current.0.saturating_add(AHEAD)
}

/// Why there is nothing to look at.
fn shown_not(parts: &ConsoleParts, caller: &Caller, error: &AppError) -> Response {
    match error {
        AppError::NoEdition(_) | AppError::Preview(_) => {
            let why = crate::messages::console::error(error);
            answer::refusal(parts, caller, StatusCode::NOT_FOUND, &why, "/")
        }
        error => answer::failed(parts, caller, error, "/"),
    }
}

impl ConsoleParts {
    /// What is known about an edition besides its row of the plan.
    pub(super) fn report(&self, number: EditionNumber) -> EditionReport {
        EditionReport::new(&self.context, self.content(), number)
    }
}
