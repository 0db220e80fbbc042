//! What is finished while library or templates have errors: what was published before needs neither.

use tokio_util::sync::CancellationToken;

use super::deliver::Deliverer;
use super::go_on::go_on;
use super::observer::Observer;
use super::order::{Order, SendError, Sent, Target};
use crate::app::bootstrap;
use crate::app::context::AppContext;
use crate::app::edition::bulletins_on_their_way;
use crate::app::error::AppError;
use crate::app::nodes;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::bulletin::BulletinName;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::{EditionNumber, EditionState};

/// What is on its way.
struct Unfinished {
    edition: Option<EditionNumber>,
    /// Where no edition was asked for by its number.
    bulletins: Vec<BulletinName>,
}

/// Library or templates have errors, so nothing new is published: finishes what was published before. Returns what the run over the
/// edition came to, or without one, the last run over a bulletin; `None` when nothing of the kind is to be finished. Then nothing was
/// opened or changed.
///
/// # Errors
/// When the store fails.
pub async fn finish_only(
    (config, clock): (Config, Clock),
    target: Target,
    findings: &[Diagnostic],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Option<Sent>, SendError> {
    let copy = bootstrap::open_copy_undated(config.clone(), clock).await?;
    let unfinished = unfinished(&copy, target).await?;
    // The store itself is opened next, and a look at it would be in the way.
    drop(copy);
    if unfinished.edition.is_none() && unfinished.bulletins.is_empty() {
        return Ok(None);
    }
    observer.only_finishes(unfinished.edition, &unfinished.bulletins, findings);
    let context = bootstrap::open(config, clock).await?;
    nodes::during(&context, "send", finish(&context, &unfinished, target, observer, stop)).await
}

async fn unfinished(context: &AppContext, target: Target) -> Result<Unfinished, AppError> {
    let editions = context.store.editions().await?;
    let edition = editions.iter().find(|e| e.state == EditionState::Sending && target.means(e.number));
    let bulletins = if target.means_bulletins() { bulletins_on_their_way(&*context.store).await? } else { Vec::new() };
    let bulletins = bulletins.into_iter().map(|bulletin| bulletin.name).collect();
    Ok(Unfinished { edition: edition.map(|edition| edition.number), bulletins })
}

async fn finish(
    context: &AppContext,
    unfinished: &Unfinished,
    target: Target,
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Option<Sent>, SendError> {
    let order = Order { target, late: false, early: false, alone: true };
    let finished = match unfinished.edition {
        Some(number) => Some(Deliverer::new(context).deliver(number, &order, observer, stop).await?),
        None => None,
    };
    if unfinished.bulletins.is_empty() {
        return Ok(finished);
    }
    let went_on = go_on(context, None, observer, stop).await?;
    Ok(finished.or_else(|| went_on.runs.into_iter().last().map(Sent::Run)))
}
