//! `/deliveries`: an edition's mails one by one, by state, domain and subscriber, with what the mail server said; and what can be done
//! about those that did not arrive.

mod act;
mod listing;
mod search;
mod wanted;

use axum::Router;
use axum::routing::get;

use super::ask::{asks, posts};
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::deliveries::Deliveries;
use crate::domain::user::Permission;

pub(super) fn routes() -> Router<Console> {
    let mut routes = Router::new()
        .route(act::HERE, get(listing::list))
        .route("/deliveries/search", posts(Permission::Look, search::search));
    for what in act::What::ALL {
        let ask = move |asking| act::ask(what, asking);
        let decide = move |asking, meant| act::decide(what, asking, meant);
        let path = format!("/deliveries/{}", what.word());
        routes = routes.route(&path, asks(Permission::Decide, act::HERE, ask, decide));
    }
    routes
}

impl ConsoleParts {
    pub(super) fn deliveries(&self) -> Deliveries {
        Deliveries::new(&self.context)
    }
}
