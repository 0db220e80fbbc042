//! Ends the daemon when a newer version of the program has taken the store over, since it cannot write any more, or when other nodes
//! sign with keys that it does not have, since their links do not work here. Whoever starts it again starts the new version, or is
//! told what to copy.

use std::time::Duration;

use anyhow::Result;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::watch::Current;

/// How often we look. Until then, what would be written is refused.
const LOOK: Duration = Duration::from_secs(5);

/// Until `stop`, which it calls for itself when this process can only end.
///
/// # Errors
/// When there is.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) -> Result<()> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK) => {}
        }
        let context = current.borrow().context.clone();
        if let Some(error) = context.superseded().await {
            stop.cancel();
            return Err(error.into());
        }
    }
}
