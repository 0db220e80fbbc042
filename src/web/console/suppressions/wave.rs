//! A wave of bounces: whose they are, what was said, and the two ways to settle it.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::change::HERE;
use crate::app::AppError;
use crate::app::attention::Attention;
use crate::app::error::NeverAgain;
use crate::app::waves::Waves;
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::MailingName;
use crate::domain::subscription::wave::{Wave, WaveId};
use crate::domain::text::dates;
use crate::domain::text::lists::count;
use crate::messages::attention::{button, for_people};
use crate::web::console::answer;
use crate::web::console::ask::Seen;
use crate::web::console::asking::{Asked, Asking, Refusal};
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
    /// How many wait.
    mailboxes: u64,
    /// Stands for those that wait.
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
        Ok(Some(view)) => answer::page("wave.html", &Shell::new(&parts, &caller, "Many bounces at once", HERE), &view),
        Ok(None) => answer::missing(&parts, &caller, "There's nothing to decide about these bounces any more."),
        Err(error) => answer::failed(&parts, &caller, &error, HERE),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, id: WaveId) -> Result<Option<WaveView>, AppError> {
    let waves = Waves::new(&parts.context);
    let Some((wave, of, mailboxes)) = waves.open().await?.into_iter().find(|(wave, ..)| wave.id == id) else {
        return Ok(None);
    };
    let seen = seen(&waves, id, mailboxes).await?;
    let bounces = waves.bounces(id).await?;
    let matter = for_people(&attention(wave, of, mailboxes));
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
        mailboxes,
        seen: seen.value().to_owned(),
        gone: button::THEY_ARE_GONE,
        works: button::THEY_STILL_WORK,
        confirm_url: caller.link(&format!("{path}/confirm")),
        dismiss_url: caller.link(&format!("{path}/dismiss")),
        back_url: caller.link(HERE),
    }))
}

/// A wave as something that needs a person.
pub(super) fn attention(wave: Wave, of: MailingName, mailboxes: u64) -> Attention {
    if wave.waits_to_be_completed() {
        return Attention::UnsettledWave { wave, of };
    }
    Attention::Wave { wave, of, mailboxes }
}

/// Those that wait in the wave: others may join or leave it while someone thinks.
pub(super) async fn look(asking: Asked) -> Result<(Seen, WaveId), Refusal> {
    let id = WaveId(asking.number("id")?);
    let waves = Waves::new(&asking.parts.context);
    let open = waves.open().await.map_err(asking.failed(HERE))?;
    let Some((_, _, mailboxes)) = open.into_iter().find(|(wave, ..)| wave.id == id) else {
        return Ok((Seen::of(&id), id));
    };
    Ok((seen(&waves, id, mailboxes).await.map_err(asking.failed(HERE))?, id))
}

/// What stands for those that wait: not their number alone.
async fn seen(waves: &Waves, id: WaveId, mailboxes: u64) -> Result<Seen, AppError> {
    let bounces = waves.bounces(id).await?;
    let whose: Vec<_> = bounces.iter().map(|bounce| (bounce.address.to_string(), bounce.at, &bounce.status)).collect();
    Ok(Seen::of(&(id, mailboxes, whose)))
}

/// The path of the page with the two buttons.
pub(super) fn page(asking: &Asking) -> String {
    format!("/suppressions/waves/{}", asking.named("id"))
}

pub(super) async fn confirm(asking: Asked, id: WaveId) -> Result<Response, Refusal> {
    let settled = Waves::new(&asking.parts.context).confirm(id, OPERATOR).await.map_err(asking.failed(HERE))?;
    let said = format!("{} no more mail.", count(settled.mailboxes, "mailbox gets", "mailboxes get"));
    Ok(asking.decided(vec![said], HERE))
}

pub(super) async fn dismiss(asking: Asked, id: WaveId) -> Result<Response, Refusal> {
    let settled = Waves::new(&asking.parts.context).dismiss(id, OPERATOR).await.map_err(asking.failed(HERE))?;
    let stay = format!("{} subscribed.", count(settled.mailboxes, "mailbox stays", "mailboxes stay"));
    let then = match settled.never_again {
        Some(NeverAgain::Overtaken(newer)) => {
            format!("Edition {newer} has taken its place, so its mails are not sent again.")
        }
        Some(why) => format!("Its mails are not sent again: {why}."),
        None => format!("To send {} to them again, go to its deliveries that failed and try them again.", settled.of),
    };
    Ok(asking.decided(vec![stay, then], HERE))
}
