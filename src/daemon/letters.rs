//! Sends confirmations and good-byes as they come up, and ends what was not confirmed in time.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::maintenance::Maintenance;
use crate::app::{AppError, Service};

/// How often we look for letters.
const LOOK: Duration = Duration::from_secs(1);

/// How long we wait after the relay did not take one.
const PAUSE: Duration = Duration::from_mins(1);

/// How often unconfirmed wishes are looked for.
const TIDY: Duration = Duration::from_mins(1);

/// Until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    let (mut pause, mut tidied) = (LOOK, None::<Instant>);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let service = current.borrow().service();
        let tidy = tidied.is_none_or(|at| at.elapsed() >= TIDY);
        // A task of its own, so that a panic ends the sending and not the watch.
        pause = match tokio::spawn(look(service, tidy, stop.clone())).await {
            Ok(Ok(())) => LOOK,
            Ok(Err(error)) => {
                tracing::warn!("letters are sent later: {error}");
                PAUSE
            }
            Err(panic) => {
                tracing::error!("the sending of letters broke off: {panic}");
                PAUSE
            }
        };
        if tidy && pause == LOOK {
            tidied = Some(Instant::now());
        }
    }
}

async fn look(service: Service, tidy: bool, stop: CancellationToken) -> Result<(), AppError> {
    let now = service.clock.now();
    if tidy {
        Maintenance::new(&service.context()).end_unconfirmed().await?;
    }
    // With `tidy`, also those that a dead process had in hand.
    if !tidy && !service.store.has_letters(now).await? {
        return Ok(());
    }
    let posted = service.send_letters(&stop).await?;
    if posted.accepted > 0 {
        tracing::info!(letters = posted.accepted, "letters were sent");
    }
    match posted.trouble {
        Some(reply) => Err(AppError::Refused(reply)),
        None => Ok(()),
    }
}
