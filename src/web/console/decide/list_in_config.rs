//! Agrees to a list in config.toml that would end many subscriptions at once.

use axum::response::Response;

use crate::app::sync::{self, Planned};
use crate::domain::text::lists::count;
use crate::messages::subscription;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::masked;

const BACK: &str = "/";

/// How many of those that would end are named.
const NAMED: usize = 200;

pub(super) async fn ask(asking: Asked) -> Result<(Question, ()), Refusal> {
    let planned = sync::look(&asking.parts.context).await.map_err(asking.failed(BACK))?;
    if !planned.plan.needs_consent() {
        let why = "There's nothing to decide: the list of subscribers in config.toml takes effect by itself.";
        return Err(asking.conflict(why, BACK));
    }
    let leaving = planned.leaving();
    let named = leaving.iter().take(NAMED);
    let named =
        named.map(|(name, address)| format!("{name}: {} gets nothing more.", masked::shown(&asking.caller, address)));
    let more = leaving.len().saturating_sub(NAMED) as u64;
    let more = (more > 0).then(|| format!("And {} more.", count(more, "mailbox", "mailboxes")));
    let question = Question {
        title: "End these subscriptions?".to_owned(),
        facts: subscription::would_end(&planned.plan).into_iter().chain(named).chain(more).collect(),
        button: format!("End {}", count(planned.plan.ending as u64, "subscription", "subscriptions")),
        is_danger: true,
        action: "/sync".to_owned(),
        back_url: BACK.to_owned(),
        ..Question::default()
    };
    Ok((question.about(&seen(&planned)), ()))
}

/// Everyone who leaves, and how much else is changed.
fn seen(planned: &Planned) -> impl std::fmt::Debug + use<> {
    let leaving = planned.leaving();
    let leaving: Vec<_> = leaving.iter().map(|(name, address)| ((*name).to_owned(), address.to_string())).collect();
    (leaving, planned.plan.changes.len())
}

pub(super) async fn decide(asking: Asked, (): ()) -> Result<Response, Refusal> {
    let synced = sync::sync(&asking.parts.context, true).await.map_err(asking.failed(BACK))?;
    Ok(asking.decided(subscription::followed(&synced), BACK))
}
