//! The daemon: heartbeat → reconcile → publish → dispatch, and the web; one token stops everything.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

use crate::domain::edition::EditionChange;
use crate::service::dispatch::{Ended, Progress};
use crate::service::publish::Outcome;
use crate::service::{Service, sync};
use crate::web;

/// What is in hand when we are told to stop gets this long; then the process ends, within the 15 s that it is allowed.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// The longest sleep between two turns, should the heartbeat ever fail.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    All,
    /// Schedule and sending.
    Sender,
    /// The recipients' pages.
    Web,
}

/// Runs until `stop`.
///
/// # Errors
/// When the web cannot listen or the heartbeat cannot start.
pub async fn run(service: Service, role: Role, stop: CancellationToken) -> Result<()> {
    let web = match role {
        Role::All | Role::Web => {
            let listener = web::listen(service.config.web.listen).await?;
            Some(tokio::spawn(web::serve(listener, stop.clone())))
        }
        Role::Sender => None,
    };
    tracing::info!(role = ?role, "running");
    if role != Role::Web {
        send_until(&service, &stop).await?;
    }
    stop.cancelled().await;
    if let Some(web) = web {
        // A page that is still open after last orders is not worth waiting for.
        let _ = tokio::time::timeout(LAST_ORDERS, web).await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// The heartbeat only wakes this loop; each turn is a task of its own, so that a panic ends the turn and not the daemon.
async fn send_until(service: &Service, stop: &CancellationToken) -> Result<()> {
    let beat = Arc::new(Notify::new());
    let mut scheduler = heartbeat(Arc::clone(&beat)).await?;
    while !stop.is_cancelled() {
        let mut turn = tokio::spawn(turn(service.clone(), stop.clone()));
        let ended = tokio::select! {
            ended = &mut turn => Some(ended),
            () = stop.cancelled() => tokio::time::timeout(LAST_ORDERS, &mut turn).await.ok(),
        };
        match ended {
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => tracing::error!("{error:#}"),
            Some(Err(panic)) => tracing::error!("a turn broke off: {panic}"),
            None => {
                tracing::warn!("a mail was still in hand: the next run settles it");
                turn.abort();
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = beat.notified() => {}
            () = tokio::time::sleep(until_due(service)) => {}
        }
    }
    scheduler.shutdown().await.context("the heartbeat did not stop")
}

/// Once a minute, in UTC: no time zone, no fortnight, no work. All of that is the calendar's.
async fn heartbeat(beat: Arc<Notify>) -> Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.context("the heartbeat cannot be made")?;
    let job = Job::new("0 * * * * *", move |_, _| beat.notify_one()).context("the heartbeat cannot be made")?;
    scheduler.add(job).await.context("the heartbeat cannot be added")?;
    scheduler.start().await.context("the heartbeat cannot start")?;
    Ok(scheduler)
}

/// Time until the next edition falls due, so that 08:00:00 means 08:00:00.
fn until_due(service: &Service) -> Duration {
    let now = service.clock.now();
    let schedule = &service.config.schedule;
    let due = schedule.next_after(now).map(|number| schedule.fortnight(number));
    let wait = match due {
        Some(crate::domain::calendar::Fortnight::Sends { due_at, .. }) => due_at.with_timezone(&Utc) - now,
        _ => return LONGEST_SLEEP,
    };
    wait.to_std().map_or(LONGEST_SLEEP, |wait| wait.min(LONGEST_SLEEP))
}

async fn turn(service: Service, stop: CancellationToken) -> Result<()> {
    let now = service.clock.now();
    let synced = sync::sync(service.store.as_ref(), &service.config.subscribers, false, now).await?;
    let Some(number) = service.reconcile(now).await? else { return Ok(()) };
    if synced.waits_for_consent() && !service.edition(number).await?.state.is_published() {
        let reason = "config.toml would end many subscriptions: look at `fortnightly sync --dry-run`, then `fortnightly sync --yes`";
        service.store.change_editions(&[EditionChange::Hold(number, reason.to_owned())], "sync", now).await?;
        tracing::error!(edition = number.0, "held: {reason}");
        return Ok(());
    }
    if let Outcome::Held(reason) = service.publish(number, now).await? {
        tracing::error!(edition = number.0, "held: {reason}");
        return Ok(());
    }
    let before = service.store.tally(number).await?;
    let progress = Arc::new(Progress::default());
    let ended = service.dispatch(number, service.transports()?, Arc::clone(&progress), stop).await?;
    if progress.attempts() > 0 || !before.is_settled() {
        let tally = service.store.tally(number).await?;
        tracing::info!(
            edition = number.0,
            total = tally.total,
            accepted = tally.accepted,
            deferred = tally.deferred,
            failed = tally.failed,
            "sent"
        );
    }
    if let Ended::Refused(reply) = ended {
        tracing::error!(edition = number.0, "the relay refuses this sender: {reply}");
    }
    Ok(())
}
