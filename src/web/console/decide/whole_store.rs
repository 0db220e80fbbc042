//! Lets a store send again that was restored, or that has lost its latest changes.

use axum::response::Response;

use crate::app::attention::{AfterRestore, Attention};
use crate::app::restored::RestoredStore;
use crate::messages;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};

pub(super) async fn ask(asking: Asked) -> Result<(Question, ()), Refusal> {
    let library = asking.parts.content().map_or(&[][..], |content| &content.library.bulletins);
    let concerns = RestoredStore::new(&asking.parts.context).attention(library).await.map_err(asking.failed("/"))?;
    if concerns.is_empty() {
        let why = "Nothing keeps the service from sending, so there's nothing to release.";
        return Err(asking.conflict(why, "/"));
    }
    let question = Question {
        title: "Let the service send again?".to_owned(),
        facts: concerns.into_iter().map(said).collect(),
        button: "Let it send again".to_owned(),
        is_danger: true,
        action: "/release".to_owned(),
        back_url: "/".to_owned(),
        ..Question::default()
    };
    Ok((question, ()))
}

fn said(concern: AfterRestore) -> String {
    let matter = messages::attention::for_people(&Attention::Restored(concern));
    format!("{} {}", matter.what, matter.advice)
}

pub(super) async fn decide(asking: Asked, (): ()) -> Result<Response, Refusal> {
    let released = RestoredStore::new(&asking.parts.context).release().await.map_err(asking.failed("/"))?;
    let said = match released {
        Some(_) => "The service sends again.",
        None => "Nothing kept the service from sending, so nothing was changed.",
    };
    Ok(asking.decided(vec![said.to_owned()], "/"))
}
