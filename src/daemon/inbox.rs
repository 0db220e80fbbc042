//! Watches the Maildir in which bounces, complaints and wishes to leave arrive.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::inbox::{InboxReader, LeftBehind};
use crate::messages::errors;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long it is left alone after something went wrong.
const PAUSE: Duration = Duration::from_secs(30);

/// Deals with what comes in, until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    let left_behind = Arc::new(Mutex::new(LeftBehind::default()));
    let mut pause = LOOK;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let reader = InboxReader::new(&current.borrow().context);
        let left_behind = Arc::clone(&left_behind);
        // A task of its own, so that a panic ends the reading and not the watch.
        pause = match tokio::spawn(async move { reader.look(&mut *left_behind.lock().await).await }).await {
            Ok(Ok(_)) => LOOK,
            Ok(Err(error)) => {
                tracing::warn!("what came in by mail is read again later: {}", errors::error(&error));
                PAUSE
            }
            Err(panic) => {
                tracing::error!("the reading of what came in by mail broke off: {panic}");
                PAUSE
            }
        };
    }
}
