//! Tells operators by mail what they should know.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::operator_notices::OperatorNotices;
use crate::messages::{errors, notices};

/// How often we look whether there is something to tell.
const LOOK: Duration = Duration::from_secs(20);

/// How long we wait after a decision.
const MOMENT: Duration = Duration::from_secs(2);

/// Until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    let mut news = current.borrow().context.news();
    loop {
        let Current { context, content, broken, .. } = current.borrow().clone();
        let teller = OperatorNotices::new(&context, Some(&content)).with_broken_files(broken);
        // A task of its own, so that a panic ends the telling and not the watch. What is queued leaves with the next look of
        // whoever sends confirmations.
        match tokio::spawn(async move { teller.tell(&notices::text).await }).await {
            Ok(Ok(kinds)) => {
                for kind in kinds {
                    tracing::info!(%kind, "operators are told by mail");
                }
            }
            Ok(Err(error)) => tracing::warn!("operators are told later: {}", errors::error(&error)),
            Err(panic) => tracing::error!("telling operators broke off: {panic}"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
            // Decisions often come together, and whoever made one may make the next at once.
            () = news.next() => tokio::time::sleep(MOMENT).await,
        }
    }
}
