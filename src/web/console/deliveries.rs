//! `/deliveries`: an edition's mails one by one, by state, domain and subscriber, with what the mail server said; and what can be done
//! about those that did not arrive.

mod act;
mod listing;
mod wanted;

use axum::Router;
use axum::routing::get;

use super::ask::only;
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::deliveries::Deliveries;
use crate::domain::user::Permission;

pub(super) fn routes() -> Router<Console> {
    let mut routes = Router::new().route("/deliveries", get(listing::list));
    for what in act::What::ALL {
        let ask = async move |state, caller, query| act::ask(what, state, caller, query).await;
        let decide = async move |state, caller, query, form| act::decide(what, state, caller, query, form).await;
        let path = format!("/deliveries/{}", what.word());
        routes = routes.route(&path, only(Permission::Decide, get(ask).post(decide)));
    }
    routes
}

impl ConsoleParts {
    pub(super) fn deliveries(&self) -> Deliveries {
        Deliveries::new(&self.context)
    }
}
