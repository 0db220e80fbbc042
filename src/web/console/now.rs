//! `/`: the coming edition with the time left, what is in it and why, who gets it, and what needs a person.

mod attention;
mod view;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use self::view::NowView;
use super::answer;
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/", get(now))
}

async fn now(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    match view(&parts, &caller).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Now", "/").saying(console.said().take(&caller));
            answer::page("now.html", &shell.live_for_all("/live"), &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller) -> Result<NowView, AppError> {
    let status = parts.reporter().live_status().await?;
    let coming = match (status.next.edition, parts.planner()) {
        (Some(number), Some(planner)) => Some(planner.plan_of(number, parts.context.clock.now()).await?),
        _ => None,
    };
    let audience = parts.reporter().audience().await?;
    let approve = attention::approve_paths(parts, &status.attention).await?;
    Ok(NowView::new(parts, (caller, &approve), &status, coming.as_ref(), &audience))
}
