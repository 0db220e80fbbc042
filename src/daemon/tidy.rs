//! Ends what nobody confirmed in time, forgets what is too old once a day, and finishes an erasure that met someone in the way.

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
    loop {
        let maintenance = Maintenance::new(&current.borrow().context);
        // A task of its own, so that a panic ends the tidying and not the watch.
        match tokio::spawn(look(maintenance, stop.clone())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("what is too old is forgotten later: {}", errors::error(&error)),
            Err(panic) => tracing::error!("forgetting what is too old broke off: {panic}"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(maintenance: Maintenance, stop: CancellationToken) -> Result<(), AppError> {
    maintenance.end_unconfirmed().await?;
    match maintenance.tidy_up_daily(&stop).await? {
        None => {}
        Some(gone) if gone == Forgotten::default() => tracing::debug!("nothing is old enough to be forgotten"),
        Some(Forgotten { attempts, segments, bounces, mailboxes, letters, requests, notices, replies }) => {
            tracing::info!(
                attempts,
                segments,
                bounces,
                mailboxes,
                letters,
                requests,
                notices,
                replies,
                "what was too old is forgotten"
            );
        }
    }
    maintenance.scrub().await.map(drop)
}
