//! A wave of bounces: whose they are, what was said, and the two ways to settle it.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use crate::app::AppError;
use crate::app::attention::Attention;
use crate::app::waves::{SettledWave, Waves};
use crate::domain::audit::OPERATOR;
use crate::domain::subscription::wave::WaveId;
use crate::domain::text::dates;
use crate::domain::text::lists::count;
use crate::messages::attention::{button, for_people};
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::masked::shown;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

/// How many bounces are shown.
const SHOWN: usize = 200;

#[derive(Debug, Serialize)]
struct WaveView {
    what: String,
    advice: String,
    bounces: Vec<BounceView>,
    more: u64,
    gone: &'static str,
    works: &'static str,
    confirm_url: String,
    dismiss_url: String,
    back_url: String,
}

#[derive(Debug, Serialize)]
struct BounceView {
    subscriber: String,
    address: String,
    status: String,
    server: String,
    when: String,
}

pub(super) async fn show(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    match view(&parts, &caller, WaveId(id)).await {
        Ok(Some(view)) => {
            answer::page("wave.html", &Shell::new(&parts, &caller, "Many bounces at once", "/suppressions"), &view)
        }
        Ok(None) => answer::missing(&parts, &caller, "There's nothing to decide about these bounces any more."),
        Err(error) => answer::failed(&parts, &caller, &error, "/suppressions"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, id: WaveId) -> Result<Option<WaveView>, AppError> {
    let waves = Waves::new(&parts.context);
    let Some((wave, mailboxes)) = waves.open().await?.into_iter().find(|(wave, _)| wave.id == id) else {
        return Ok(None);
    };
    let bounces = waves.bounces(id).await?;
    let matter = for_people(&Attention::Wave { wave, mailboxes });
    let shown = bounces.iter().take(SHOWN).map(|bounce| BounceView {
        subscriber: bounce.subscriber.clone(),
        address: shown(caller, &bounce.address),
        status: bounce.status.clone().unwrap_or_default(),
        server: bounce.server.clone().unwrap_or_default(),
        when: dates::local_moment(&parts.context.local(bounce.at)),
    });
    let path = format!("/suppressions/waves/{}", id.0);
    Ok(Some(WaveView {
        what: matter.what,
        advice: matter.advice,
        bounces: shown.collect(),
        more: bounces.len().saturating_sub(SHOWN) as u64,
        gone: button::THEY_ARE_GONE,
        works: button::THEY_STILL_WORK,
        confirm_url: caller.link(&format!("{path}/confirm")),
        dismiss_url: caller.link(&format!("{path}/dismiss")),
        back_url: caller.link("/suppressions"),
    }))
}

pub(super) async fn confirm(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let settled = Waves::new(&parts.context).confirm(WaveId(id), OPERATOR).await;
    told(&console, &parts, &caller, settled, |settled| {
        vec![format!("{} no more mail.", count(settled.mailboxes, "mailbox gets", "mailboxes get"))]
    })
}

pub(super) async fn dismiss(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let settled = Waves::new(&parts.context).dismiss(WaveId(id), OPERATOR).await;
    told(&console, &parts, &caller, settled, |settled| {
        let stay = format!("{} subscribed.", count(settled.mailboxes, "mailbox stays", "mailboxes stay"));
        let then = match settled.overtaken {
            Some(newer) => format!("Edition {newer} has taken its place, so its mails are not sent again."),
            None => format!(
                "To send edition {} to them again, go to its deliveries that failed and try them again.",
                settled.wave.edition
            ),
        };
        vec![stay, then]
    })
}

fn told(
    console: &Console,
    parts: &ConsoleParts,
    caller: &Caller,
    settled: Result<SettledWave, AppError>,
    said: impl Fn(&SettledWave) -> Vec<String>,
) -> Response {
    match settled {
        Ok(settled) => answer::decided(console, caller, said(&settled), "/suppressions"),
        Err(error) => answer::failed(parts, caller, &error, "/suppressions"),
    }
}
