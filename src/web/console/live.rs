//! `/live`: the figures of editions that are being sent, as they change, while somebody looks (server-sent events, HTML
//! Living Standard §9.2).

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::unfold;

use super::caller::Caller;
use super::figures::{Figures, PAUSE};
use super::state::Console;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/live", get(live))
}

/// The signed-in browser asks again by itself when the connection ends, as every connection does after a minute.
async fn live(State(console): State<Console>, _: Caller) -> Response {
    let events = unfold((console, None), |(console, last): (Console, Option<Arc<Figures>>)| async move {
        loop {
            if last.is_some() {
                tokio::time::sleep(PAUSE).await;
            }
            let now = console.live().figures(&console.parts()).await.ok()?;
            let Some(last) = &last else {
                return Some((Ok::<_, Infallible>(data(&now)), (console, Some(now))));
            };
            if !now.keys().eq(last.keys()) {
                // One is over, or another has begun: the page itself looks different now.
                return Some((Ok(Event::default().event("over").data("")), (console, Some(now))));
            }
            if now != *last {
                return Some((Ok(data(&now)), (console, Some(now))));
            }
        }
    });
    Sse::new(events).into_response()
}

fn data(figures: &Figures) -> Event {
    Event::default().data(serde_json::json!(figures).to_string())
}
