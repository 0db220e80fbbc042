//! Looks for the mails of a subscriber. What is looked for is posted: an address in a URL would stand in logs and histories.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::act::HERE;
use crate::app::subscriber::Known;
use crate::domain::address::Address;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::state::Console;
use crate::web::console::subscribers::mailbox_path;

/// How much of what is typed is looked for, in characters.
const LONGEST: usize = 320;

/// An address leads to the story of its mailbox, and a name to the mails of all who are called so.
pub(super) async fn search(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let (parts, sought) = (console.parts(), form.text("q").chars().take(LONGEST).collect::<String>());
    if !sought.contains('@') {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("edition", form.text("edition")).append_pair("state", "all").append_pair("q", &sought);
        return answer::go_to(&caller.link(&format!("{HERE}?{}", query.finish())));
    }
    let Ok(address) = sought.parse::<Address>() else {
        let why = "That isn't a whole address. Write it as “office@school.example”.";
        return answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, HERE);
    };
    match parts.subscriber().look_up(&address).await {
        Ok(Known::Mailbox(id, _)) => answer::go_to(&caller.link(&mailbox_path(id))),
        Ok(_) => answer::missing(&parts, &caller, "No subscriber has this address."),
        Err(error) => answer::failed(&parts, &caller, &error, HERE),
    }
}
