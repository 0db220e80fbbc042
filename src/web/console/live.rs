//! `/live`: the figures of editions that are being sent, as they change, while somebody looks (server-sent events, HTML
//! Living Standard §9.2).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use tokio::sync::Mutex;

use super::caller::Caller;
use super::parts::{Console, ConsoleParts};
use crate::app::AppError;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState};

/// How often the figures are looked at, however many people look.
const PAUSE: Duration = Duration::from_secs(1);

/// Figures by their names, such as `7.accepted`; which editions there are is told by the names.
type Figures = BTreeMap<String, String>;

/// The figures of a moment ago, so that ten pages cost as much as one.
#[derive(Default)]
pub(super) struct Live(Mutex<Option<(Instant, Arc<Figures>)>>);

impl Live {
    async fn figures(&self, parts: &ConsoleParts) -> Result<Arc<Figures>, AppError> {
        let mut kept = self.0.lock().await;
        if let Some((made, figures)) = kept.as_ref()
            && made.elapsed() < PAUSE / 2
        {
            return Ok(Arc::clone(figures));
        }
        let figures = Arc::new(read(parts).await?);
        *kept = Some((Instant::now(), Arc::clone(&figures)));
        Ok(figures)
    }
}

async fn read(parts: &ConsoleParts) -> Result<Figures, AppError> {
    let mut figures = Figures::new();
    for edition in parts.reporter().editions().await? {
        if edition.state == EditionState::Sending {
            let tally = parts.reporter().tally(edition.number).await?;
            figures.extend(of_edition(edition.number, &tally));
        }
    }
    Ok(figures)
}

/// The figures of one edition, by name. A page that shows them marks the places with these names (`data-figure`).
fn of_edition(number: EditionNumber, tally: &Tally) -> impl Iterator<Item = (String, String)> {
    let waiting = tally.queued + tally.sending + tally.deferred;
    let figures = [
        ("settled", tally.total - waiting),
        ("waiting", waiting),
        ("queued", tally.queued),
        ("sending", tally.sending),
        ("accepted", tally.accepted),
        ("deferred", tally.deferred),
        ("uncertain", tally.uncertain),
        ("failed", tally.failed),
        ("expired", tally.expired),
        ("suppressed", tally.suppressed),
    ];
    figures.into_iter().map(move |(name, figure)| (format!("{number}.{name}"), figure.to_string()))
}

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
