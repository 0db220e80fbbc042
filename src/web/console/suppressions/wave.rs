//! A wave of bounces: whose they are, what was said, and the two ways to settle it.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use crate::app::AppError;
use crate::app::attention::Attention;
use crate::app::waves::{SettledWave, Waves};
use crate::domain::audit::OPERATOR;
use crate::domain::subscription::wave::{Wave, WaveId};
use crate::domain::text::dates;
use crate::domain::text::lists::count;
use crate::messages::attention::{button, for_people};
use crate::web::console::answer;
use crate::web::console::ask::{is_as_seen, seen};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
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
    /// Stands for how many wait: more may join while somebody thinks.
    seen: String,
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
    let seen = seen(&(id, mailboxes));
    let matter = for_people(&attention(wave, mailboxes));
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
        seen,
        gone: button::THEY_ARE_GONE,
        works: button::THEY_STILL_WORK,
        confirm_url: caller.link(&format!("{path}/confirm")),
        dismiss_url: caller.link(&format!("{path}/dismiss")),
        back_url: caller.link("/suppressions"),
    }))
}

/// A wave as something that needs a person.
pub(super) fn attention(wave: Wave, mailboxes: u64) -> Attention {
    if wave.waits_to_be_completed() { Attention::UnsettledWave(wave) } else { Attention::Wave { wave, mailboxes } }
}

/// Whether as many wait as were shown.
async fn is_as_shown(parts: &ConsoleParts, id: u64, form: &Form) -> Result<bool, AppError> {
    let open = Waves::new(&parts.context).open().await?.into_iter().find(|(wave, _)| wave.id.0 == id);
    Ok(open.is_some_and(|(wave, mailboxes)| is_as_seen(form, &(wave.id, mailboxes))))
}

/// Settles a wave, unless more have joined it than were shown.
async fn settle<F: Future<Output = Result<SettledWave, AppError>>>(
    console: &Console,
    caller: &Caller,
    (id, form): (u64, &Form),
    decide: impl FnOnce(Waves) -> F,
    said: impl Fn(&SettledWave) -> Vec<String>,
) -> Response {
    let parts = console.parts();
    match is_as_shown(&parts, id, form).await {
        Ok(true) => told(console, &parts, caller, decide(Waves::new(&parts.context)).await, said),
        Ok(false) => answer::changed_meanwhile(&parts, caller, &format!("/suppressions/waves/{id}")),
        Err(error) => answer::failed(&parts, caller, &error, "/suppressions"),
    }
}

pub(super) async fn confirm(
    State(console): State<Console>,
    caller: Caller,
    Path(id): Path<u64>,
    form: Form,
) -> Response {
    let decide = |waves: Waves| async move { waves.confirm(WaveId(id), OPERATOR).await };
    settle(&console, &caller, (id, &form), decide, |settled| {
        vec![format!("{} no more mail.", count(settled.mailboxes, "mailbox gets", "mailboxes get"))]
    })
    .await
}

pub(super) async fn dismiss(
    State(console): State<Console>,
    caller: Caller,
    Path(id): Path<u64>,
    form: Form,
) -> Response {
    let decide = |waves: Waves| async move { waves.dismiss(WaveId(id), OPERATOR).await };
    settle(&console, &caller, (id, &form), decide, |settled| {
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
    .await
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
