//! `/live`: the figures of editions that are being sent, as they change, while someone looks (server-sent events, HTML
//! Living Standard §9.2).

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::unfold;

use super::caller::Caller;
use super::figures::{Figures, PAUSE};
use super::guard::is_signed_in;
use super::state::Console;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/live", get(live))
}

/// What a stream remembers.
struct Watch {
    console: Console,
    caller: Caller,
    /// What was said last.
    last: Option<Arc<Figures>>,
    is_over: bool,
}

/// The signed-in browser asks again by itself when the connection ends, as every connection does after a minute.
async fn live(State(console): State<Console>, caller: Caller) -> Response {
    let watch = Watch { console, caller, last: None, is_over: false };
    // nginx would otherwise keep what is small until there is more of it.
    let at_once = [(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))];
    (at_once, Sse::new(unfold(watch, next))).into_response()
}

/// The next thing to say, as soon as there is one. It says no more after the session has ended.
async fn next(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    while !watch.is_over {
        if watch.last.is_some() {
            tokio::time::sleep(PAUSE).await;
        }
        let parts = watch.console.parts();
        watch.is_over = !is_signed_in(&watch.console, &parts, &watch.caller).await.ok()?;
        let now = watch.console.live().figures(&parts).await.ok()?;
        let event = match &watch.last {
            _ if watch.is_over => over(),
            None => data(&now),
            // One is over, or another has begun: the page itself looks different now.
            Some(last) if !now.keys().eq(last.keys()) => over(),
            Some(last) if now != *last => data(&now),
            Some(_) => continue,
        };
        watch.last = Some(now);
        return Some((Ok(event), watch));
    }
    None
}

/// Tells the page to load itself anew. An event without data would reach no page.
fn over() -> Event {
    Event::default().event("over").data("over")
}

fn data(figures: &Figures) -> Event {
    Event::default().data(serde_json::json!(figures).to_string())
}
