//! Lets a store send again that was restored, or that has lost its latest changes.

use axum::extract::State;
use axum::response::Response;

use crate::app::attention::{AfterRestore, Attention};
use crate::app::restored::RestoredStore;
use crate::messages;
use crate::web::console::answer;
use crate::web::console::ask::Question;
use crate::web::console::caller::Caller;
use crate::web::console::state::Console;

pub(super) async fn ask(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let concerns = match RestoredStore::new(&parts.context).attention().await {
        Ok(concerns) => concerns,
        Err(error) => return answer::failed(&parts, &caller, &error, "/"),
    };
    if concerns.is_empty() {
        return answer::missing(
            &parts,
            &caller,
            "Nothing keeps the service from sending, so there's nothing to release.",
        );
    }
    let question = Question {
        title: "Let the service send again?".to_owned(),
        facts: concerns.iter().map(|one| said(*one)).collect(),
        button: "Let it send again".to_owned(),
        is_danger: true,
        action: "/release".to_owned(),
        back_url: "/".to_owned(),
        ..Question::default()
    };
    question.page(&parts, &caller, "/")
}

fn said(concern: AfterRestore) -> String {
    let matter = messages::attention::for_people(&Attention::Restored(concern));
    format!("{} {}", matter.what, matter.advice)
}

pub(super) async fn decide(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    match RestoredStore::new(&parts.context).release().await {
        Ok(released) => {
            let said = match released {
                Some(_) => "The service sends again.",
                None => "Nothing kept the service from sending, so nothing was changed.",
            };
            answer::decided(&console, &caller, vec![said.to_owned()], "/")
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}
