//! Watches the Maildir in which bounces, complaints and wishes to leave arrive.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::watch::Current;
use crate::app::inbox::{InboxReader, Seen};
use crate::messages::{errors, subscription};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long it is left alone after something went wrong.
const PAUSE: Duration = Duration::from_secs(30);

/// Anyone can send a thousand messages: the log says once in this time what came in.
const TELL: Duration = Duration::from_mins(1);

/// Deals with what comes in, until `stop`.
pub(super) async fn watch(current: watch::Receiver<Current>, stop: CancellationToken) {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut log = Log { told: None };
    let mut pause = LOOK;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
        let reader = InboxReader::new(&current.borrow().context);
        let now = Arc::clone(&seen);
        // A task of its own, so that a panic ends the reading and not the watch.
        let look = tokio::spawn(async move { reader.look(&mut *now.lock().await).await });
        let looked = tokio::select! {
            () = stop.cancelled() => break,
            looked = look => looked,
        };
        pause = match looked {
            Ok(Ok(())) => LOOK,
            Ok(Err(error)) => {
                tracing::warn!("what came in by mail is read again later: {}", errors::error(&error));
                PAUSE
            }
            Err(panic) => {
                tracing::error!("the reading of what came in by mail broke off: {panic}");
                PAUSE
            }
        };
        log.tell_in_time(&mut *seen.lock().await);
    }
    // Where much is still being read, `status` knows the counts.
    if let Ok(mut seen) = tokio::time::timeout(LOOK, seen.lock()).await {
        tell(&mut seen);
    }
}

/// The lines about what came in.
struct Log {
    told: Option<Instant>,
}

impl Log {
    /// Tells, unless it did a moment ago.
    fn tell_in_time(&mut self, seen: &mut Seen) {
        if self.told.is_none_or(|told| told.elapsed() >= TELL) && tell(seen) {
            self.told = Some(Instant::now());
        }
    }
}

/// Logs what was not told yet; whether there was anything.
fn tell(seen: &mut Seen) -> bool {
    let (came_in, trouble) = (std::mem::take(&mut seen.came_in), seen.trouble.take());
    let came_in = subscription::came_in(&came_in);
    if let Some(line) = &came_in {
        tracing::info!("{line}");
    }
    match &trouble {
        Some((first, 0)) => tracing::warn!("{first}"),
        Some((first, more)) => tracing::warn!(more, "{first}"),
        None => {}
    }
    came_in.is_some() || trouble.is_some()
}
