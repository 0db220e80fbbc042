//! The operators' console, on a listener of its own: what goes out, who gets it and what needs a person, with the buttons
//! that settle it; and `/healthz`, `/readyz` and `/metrics` for machines.

mod account;
mod answer;
mod ask;
mod asking;
mod audience;
mod bulletins;
mod calendar;
mod caller;
mod cookies;
mod decide;
mod deliveries;
mod edition;
mod edition_state;
mod entrance;
mod figures;
mod first_visit;
mod first_visits;
mod form;
mod frame;
mod guard;
mod library;
mod live;
mod log;
mod mailing;
mod masked;
mod metrics;
mod now;
mod parts;
mod query;
mod readyz;
mod report;
mod said;
mod shell;
mod sign_in;
mod sign_on;
mod state;
mod subscribers;
mod suppressions;
mod uploads;
mod users;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;

use super::serve::Site;
use crate::render::console::{SCRIPT, WRITING_SCRIPT, style as style_sheet};
use state::Console;

pub use parts::ConsoleParts;
pub use state::Opening;

/// The operators' site. It asks `current` for its parts at every request: files are read again while it runs.
pub fn site(opening: &Opening, current: impl Fn() -> ConsoleParts + Send + Sync + 'static) -> Site {
    let console = Console::new(opening, current);
    let pages = now::routes()
        .merge(bulletins::routes())
        .merge(calendar::routes())
        .merge(decide::routes())
        .merge(deliveries::routes())
        .merge(edition::routes())
        .merge(first_visit::routes())
        .merge(library::routes())
        .merge(live::routes())
        .merge(sign_in::routes())
        .merge(sign_on::routes())
        .merge(report::routes())
        .merge(suppressions::routes())
        .merge(users::routes())
        .merge(account::routes())
        .merge(log::routes())
        .merge(subscribers::routes())
        .fallback(answer::nowhere)
        .method_not_allowed_fallback(answer::not_that_way)
        .layer(from_fn_with_state(console.clone(), guard::enter));
    let machines = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/style.css", get(style))
        .route("/live.js", get(|| async { asset(SCRIPT, "text/javascript; charset=utf-8") }))
        .route("/writing.js", get(|| async { asset(WRITING_SCRIPT, "text/javascript; charset=utf-8") }));
    Site(machines.merge(pages).with_state(console))
}

async fn style(State(console): State<Console>) -> impl IntoResponse {
    asset(style_sheet(console.parts().config().service.face.colour), "text/css; charset=utf-8")
}

/// What its address names by version and colour, so that it may be kept for ever.
fn asset(text: impl Into<Body>, kind: &'static str) -> impl IntoResponse {
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(kind);
    let sniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept), sniff], text.into())
}
