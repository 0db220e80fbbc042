//! Notes what feeds and the calendar show that may change, so that they can say when it did.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::feeds::Feeds;
use crate::messages::errors;

/// How often we look: an edition may have been published, or a date moved, by a turn or by another process. A turn that
/// follows a reading of the files moves dates as well, a moment after they were noted for that reading.
const LOOK: Duration = Duration::from_secs(5);

/// Until `stop`. What the files themselves say is noted when they were read again; what a turn makes of it, at the next look.
pub(super) async fn watch(mut current: watch::Receiver<Current>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = current.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = current.borrow_and_update().clone();
        // A task of its own, so that a panic ends the noting and not the watch.
        if let Err(panic) = tokio::spawn(note(now)).await {
            tracing::error!("noting what was revised broke off: {panic}");
        }
    }
}

/// Once.
pub(super) async fn note(Current { context, content, .. }: Current) {
    if let Err(error) = Feeds::new(&context, &content).note_revisions().await {
        tracing::warn!("what was revised is noted later: {}", errors::error(&error));
    }
}
