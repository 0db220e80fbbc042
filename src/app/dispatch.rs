//! Sends a published edition: claim, mark, hand over, record. Memory does not grow with the recipients.

mod feed;
mod letter;
mod progress;
mod relay;
mod run;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::run::Run;
use self::worker::Worker;
use super::edition::change_now;
use super::{AppError, Service};
use crate::config::OnUncertain;
use crate::domain::edition::{EditionChange, EditionNumber, HoldReason};
use crate::mail::Transport;

pub(super) use letter::Letter;
pub use progress::Progress;

/// How often a store that is locked or full is asked again once the run was told to stop.
const LAST_TRIES: u32 = 3;

/// How long between two such questions.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// When mails are tried again that met no relay at all: spread over a quarter of an hour, so that they do not come at once.
const POSTPONED: [TimeDelta; 2] = [TimeDelta::minutes(25), TimeDelta::minutes(40)];

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Every delivery is settled or waits for its time.
    Finished,
    /// It was asked to stop; the rest is queued.
    Stopped,
    /// It stopped itself, and the edition is held, for this reason: the relay refuses us as a sender, or too many mails
    /// were refused for good.
    Held(HoldReason),
    /// The relay could not be reached, for this reason: everything left is deferred.
    Unreachable(String),
    /// The day's cap is reached: the rest is queued until tomorrow.
    Capped,
}

impl Service {
    /// Sends what is queued or due of an edition that is being sent, over the given transports, one worker each.
    ///
    /// # Errors
    /// When the store fails, or a message cannot be built from what was published.
    pub async fn dispatch(
        &self,
        number: EditionNumber,
        transports: Vec<Box<dyn Transport>>,
        progress: Arc<Progress>,
        stop: CancellationToken,
    ) -> Result<Ended, AppError> {
        let resend = self.config.mail.on_uncertain == OnUncertain::Resend;
        self.store.recover(resend, self.clock.now()).await?;
        let run = Arc::new(Run::new(self.clone(), number, progress, stop.child_token()).await?);
        if run.is_capped() {
            return Ok(Ended::Capped);
        }
        let worked = work_apart(Arc::clone(&run), transports).await;
        // A refill in flight would take deliveries in hand after they were let go.
        run.feed.close().await;
        self.let_go(resend).await?;
        worked?;
        self.conclude(&run).await
    }

    /// What the run came to, once nothing is in hand any more.
    async fn conclude(&self, run: &Run) -> Result<Ended, AppError> {
        let (number, now) = (run.edition, self.clock.now());
        if let Some(ended) = run.stopped_for() {
            match &ended {
                Ended::Held(reason) => {
                    let hold = EditionChange::Hold(number, reason.clone());
                    change_now(self.store.as_ref(), hold, "program", now).await?;
                }
                Ended::Unreachable(_) => {
                    self.store.postpone(number, now + POSTPONED[0]..now + POSTPONED[1]).await?;
                }
                Ended::Finished | Ended::Stopped | Ended::Capped => {}
            }
            return Ok(ended);
        }
        self.store.finish(number, now).await?;
        Ok(if run.feed.is_drained() { Ended::Finished } else { Ended::Stopped })
    }

    /// Puts back what is still in hand when no worker is left: claims of a stopped run, and whatever a worker that broke
    /// off had at the dot.
    async fn let_go(&self, resend: bool) -> Result<(), AppError> {
        let mut tries = LAST_TRIES;
        loop {
            match self.store.abandon(resend, self.clock.now()).await {
                Err(error) if error.may_pass() && tries > 0 => {
                    tries -= 1;
                    tracing::warn!("{error}");
                    tokio::time::sleep(PAUSE).await;
                }
                done => return Ok(done.map(drop)?),
            }
        }
    }
}

/// Runs the workers on a thread of their own: they wait for each other's bytes all the time, and a thread that nobody
/// else wakes does that with fewer switches than a pool (measured).
async fn work_apart(run: Arc<Run>, transports: Vec<Box<dyn Transport>>) -> Result<(), AppError> {
    let (done, end) = oneshot::channel();
    let broken = |error: std::io::Error| AppError::Refused(format!("the senders cannot start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let thread = std::thread::Builder::new().name("senders".to_owned());
    // Whoever waits for the end may be gone when the process stops in a hurry.
    let body = move || drop(done.send(runtime.block_on(work(run, transports))));
    thread.spawn(body).map_err(broken)?;
    end.await.unwrap_or_else(|_| Err(AppError::Refused("the senders broke off".to_owned())))
}

/// One worker per transport, until all have ended; the first failure stops the others.
async fn work(run: Arc<Run>, transports: Vec<Box<dyn Transport>>) -> Result<(), AppError> {
    let mut workers = JoinSet::new();
    for transport in transports {
        workers.spawn(Worker::new(Arc::clone(&run), transport).work());
    }
    let mut failure = Ok(());
    while let Some(end) = workers.join_next().await {
        let end = end.unwrap_or_else(|error| Err(AppError::Refused(format!("a sender broke off: {error}"))));
        if end.is_err() {
            run.stop.cancel();
            failure = failure.and(end);
        }
    }
    failure
}
