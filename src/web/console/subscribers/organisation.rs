//! `/subscribers/{number}`: an organisation with its mailboxes.

use axum::extract::{Path, State};
use axum::response::Response;

use super::view::{HERE, Organisation};
use crate::domain::subscriber::SubscriberId;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

pub(super) async fn page(State(console): State<Console>, caller: Caller, Path(number): Path<u64>) -> Response {
    let parts = console.parts();
    match parts.subscriber().organisation(SubscriberId(number)).await {
        Ok(Some(record)) => {
            let view = Organisation::new(parts.config(), &caller, &record);
            let shell = Shell::new(&parts, &caller, &view.name, HERE).saying(console.said().take(&caller));
            answer::page("organisation.html", &shell, &view)
        }
        Ok(None) => answer::missing(&parts, &caller, "There's no subscriber with this number."),
        Err(error) => answer::failed(&parts, &caller, &error, HERE),
    }
}
