//! Forgets what is old, at the start and then once an hour.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::watch::Current;

/// How often.
const EVERY: Duration = Duration::from_hours(1);

/// Until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    loop {
        let service = current.borrow().service.clone();
        // A task of its own, so that a panic ends the tidying and not the watch.
        match tokio::spawn(async move { service.forget_old().await }).await {
            Ok(Ok(0)) => tracing::debug!("nothing is old enough to be forgotten"),
            Ok(Ok(rows)) => tracing::info!(rows, "old records were forgotten"),
            Ok(Err(error)) => tracing::warn!("old records are forgotten later: {error}"),
            Err(panic) => tracing::error!("the forgetting of old records broke off: {panic}"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
