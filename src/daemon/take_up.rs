//! Between two turns: what other nodes leave is taken up soon after their leases are over.

use std::time::Duration;

use crate::app::AppContext;
use crate::app::sender::Deliverer;

/// How often we look.
const LOOK: Duration = Duration::from_secs(5);

/// Ends once there is something to be sent that another node had in hand; never where there are no others.
pub(super) async fn from_others(context: &AppContext) {
    loop {
        tokio::time::sleep(LOOK).await;
        let deliverer = Deliverer::new(context);
        // A task of its own, so that a panic ends the look and not the daemon.
        match tokio::spawn(async move { deliverer.take_up_from_others().await }).await {
            Ok(Ok(0)) => {}
            Ok(Ok(mails)) => {
                tracing::warn!(mails, "another node is gone: what it had in hand is taken up");
                return;
            }
            // Whatever keeps us from the store is told by the next turn.
            Ok(Err(error)) => tracing::debug!("what other nodes left is taken up later: {error}"),
            Err(panic) => tracing::error!("taking up what other nodes left broke off: {panic}"),
        }
    }
}
