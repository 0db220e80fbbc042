//! Ends what nobody confirmed in time, forgets what is too old, at the start and then once a day, and finishes an erasure that met somebody in the way.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::AppError;
use crate::app::maintenance::{Forgotten, Maintenance};
use crate::messages::errors;

/// How often we look whether something is to be done.
const LOOK: Duration = Duration::from_mins(1);

/// Until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    let mut first = true;
    loop {
        let maintenance = Maintenance::new(&current.borrow().context);
        // A task of its own, so that a panic ends the tidying and not the watch.
        match tokio::spawn(look(maintenance, first, stop.clone())).await {
            Ok(Ok(())) => first = false,
            Ok(Err(error)) => tracing::warn!("what is too old is forgotten later: {}", errors::error(&error)),
            Err(panic) => tracing::error!("forgetting what is too old broke off: {panic}"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(maintenance: Maintenance, first: bool, stop: CancellationToken) -> Result<(), AppError> {
    maintenance.end_unconfirmed().await?;
    let gone = if first { Some(maintenance.tidy_up(&stop).await?) } else { maintenance.tidy_up_daily(&stop).await? };
    match gone {
        None => {}
        Some(gone) if gone == Forgotten::default() => tracing::debug!("nothing is old enough to be forgotten"),
        Some(Forgotten { attempts, segments, bounces, mailboxes, letters, requests }) => {
            tracing::info!(attempts, segments, bounces, mailboxes, letters, requests, "what was too old is forgotten");
        }
    }
    maintenance.scrub().await.map(drop)
}
