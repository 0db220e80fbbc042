//! One run over the outbox: claim, mark, hand over, record. Memory does not grow with the recipients.

use std::convert::Infallible;
use std::future::pending;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::limits::daily_cap;
use super::order::Ended;
use super::patience::patiently;
use super::progress::{Posted, Progress};
use super::run::Run;
use super::transport;
use super::worker::Worker;
use crate::app::AppContext;
use crate::app::edition::change_now;
use crate::app::error::{AppError, DispatchError};
use crate::app::parts::{DELIVERIES, deliveries_in_parts};
use crate::config::OnUncertain;
use crate::domain::delivery::{Tally, retry};
use crate::domain::edition::{EditionChange, EditionNumber, HoldReason};
use crate::domain::notice::RelayOutage;
use crate::mail::Transport;

/// How long after a day's cap was reached it is looked again whether others have left some of it.
const AGAIN: Duration = Duration::from_millis(500);

/// How often it is looked whether another node is gone, in the course of a run.
const TAKE_UP: Duration = Duration::from_secs(5);

/// How far other mails are counted that wait for a relay.
const COUNTED: u32 = 1_000_000;

/// Shorter than any time limit in a conversation with a relay.
const PULSE: Duration = Duration::from_secs(1);

/// Hands over what waits in the outbox.
pub struct Dispatcher {
    context: AppContext,
}

impl Dispatcher {
    /// Over the configured transport.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Sends what is queued or due: of an edition that is being sent, and of what belongs to none. What dead processes had
    /// in hand is taken up first.
    ///
    /// # Errors
    /// When the store fails, or a message cannot be built from what was published.
    pub async fn dispatch(
        &self,
        edition: Option<EditionNumber>,
        progress: &Arc<Progress>,
        stop: &CancellationToken,
    ) -> Result<Ended, AppError> {
        loop {
            let ended = self.run(edition, progress, stop).await?;
            if ended != Ended::Capped || stop.is_cancelled() {
                return Ok(ended);
            }
            if !patiently(stop, || self.is_more_left_today(edition)).await? {
                return Ok(ended);
            }
            // What others have in hand may still be all that is left.
            let _ = tokio::time::timeout(AGAIN, stop.cancelled()).await;
        }
    }

    /// Where nodes keep the day's cap together, what one had in hand may have been refused: then more may leave, and whoever is the
    /// last to let go of what it has in hand sends that.
    async fn is_more_left_today(&self, edition: Option<EditionNumber>) -> Result<bool, AppError> {
        let store = &self.context.store;
        match daily_cap(&self.context) {
            Some(cap) if edition.is_some() && store.is_shared() => Ok(store.left_within(cap).await? > 0),
            _ => Ok(false),
        }
    }

    async fn run(
        &self,
        edition: Option<EditionNumber>,
        progress: &Arc<Progress>,
        stop: &CancellationToken,
    ) -> Result<Ended, AppError> {
        let config = &self.context.config;
        let begun = || async {
            self.recover().await?;
            Run::new(self.context.clone(), edition, Arc::clone(progress), stop.child_token()).await
        };
        let run = Arc::new(patiently(stop, begun).await?);
        if edition.is_some() && run.is_capped() {
            return Ok(Ended::Capped);
        }
        let transports = transport::some(config, self.needed(edition).await?)?;
        let worked = tokio::select! {
            worked = work_apart(Arc::clone(&run), transports) => worked,
            never = self.keep_taking_up() => match never {},
            never = run.mind_refusals_of_all() => match never {},
        };
        // A refill in flight would take items in hand after they were let go.
        run.feed.close().await;
        self.let_go(stop).await?;
        worked?;
        let ended = patiently(stop, || self.conclude(edition, &run)).await?;
        patiently(stop, || self.note_outage(edition, &ended, &run)).await?;
        Ok(ended)
    }

    /// Remembers that the relay cannot be reached, or that it can be reached again.
    async fn note_outage(&self, edition: Option<EditionNumber>, ended: &Ended, run: &Run) -> Result<(), AppError> {
        let (store, now) = (&self.context.store, self.context.clock.now());
        if matches!(ended, Ended::Unreachable(_)) {
            let tally = match edition {
                Some(edition) => store.tally(edition).await?,
                None => Tally::default(),
            };
            // What was put off just now counts, too.
            let others = store.waiting(None, retry::later(now), COUNTED).await?;
            let mails = tally.waiting() + u64::from(others);
            return Ok(store.note_relay_unreachable(mails, now).await?);
        }
        let lasts = |outage: &RelayOutage| outage.until.is_none();
        if run.relay.has_answered() && store.relay_outages().await?.iter().any(lasts) {
            store.note_relay_reached(now).await?;
        }
        Ok(())
    }

    /// Takes up what dead processes had in hand. Returns how many mails.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recover(&self) -> Result<u64, AppError> {
        Ok(self.context.store.recover(self.resends(), self.context.clock.now()).await?)
    }

    /// As long as a run lasts, what other nodes leave is taken up soon after their leases are over.
    async fn keep_taking_up(&self) -> Infallible {
        if !self.context.store.is_shared() {
            return pending().await;
        }
        loop {
            tokio::time::sleep(TAKE_UP).await;
            if let Err(error) = self.recover().await {
                tracing::debug!("what other nodes left is taken up later: {error}");
            }
        }
    }

    fn resends(&self) -> bool {
        self.context.config.mail.on_uncertain == OnUncertain::Resend
    }

    /// Sends confirmations and good-byes that wait.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn post(&self, stop: &CancellationToken) -> Result<Posted, AppError> {
        let progress = Arc::new(Progress::default());
        if self.is_anything_waiting(None).await? {
            self.dispatch(None, &progress, stop).await?;
        }
        let posted = progress.posted();
        Ok(Posted { trouble: posted.trouble.or_else(|| progress.trouble()), ..posted })
    }

    /// Whether a run could claim something now.
    pub(super) async fn is_anything_waiting(&self, edition: Option<EditionNumber>) -> Result<bool, AppError> {
        let (store, now) = (&self.context.store, self.context.clock.now());
        Ok(edition.is_some() && store.waiting(edition, now, 1).await? > 0 || store.waiting(None, now, 1).await? > 0)
    }

    /// How many workers a run needs: as many as mails wait, one at least, and no more than the config has connections. What
    /// falls due in the course of the run is left to them.
    async fn needed(&self, edition: Option<EditionNumber>) -> Result<usize, AppError> {
        // One is enough for what belongs to no edition.
        let Some(edition) = edition else { return Ok(1) };
        let (store, now) = (&self.context.store, self.context.clock.now());
        let most = transport::count(&self.context.config);
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let waiting =
            store.waiting(Some(edition), now, limit).await?.saturating_add(store.waiting(None, now, limit).await?);
        Ok(usize::try_from(waiting).unwrap_or(most).min(most).max(1))
    }

    /// Nothing of the edition is in hand or waits for this moment; perhaps it is sent.
    pub(super) async fn finished(&self, edition: Option<EditionNumber>) -> Result<Ended, AppError> {
        if let Some(edition) = edition {
            self.context.store.finish(edition, self.context.clock.now()).await?;
        }
        Ok(Ended::Finished)
    }

    /// What the run came to, once nothing is in hand any more.
    async fn conclude(&self, edition: Option<EditionNumber>, run: &Run) -> Result<Ended, AppError> {
        let (store, now) = (&self.context.store, self.context.clock.now());
        let stopped = match run.stopped_for() {
            Some(Ended::Capped) if !self.is_anything_waiting(edition).await? => None,
            stopped => stopped,
        };
        let Some(ended) = stopped else {
            let finished = self.finished(edition).await?;
            return Ok(if run.feed.is_drained() { finished } else { Ended::Stopped });
        };
        match (&ended, edition) {
            // Nothing is left that a hold could hold back.
            (Ended::Halted(HoldReason::Unanswered { .. }), Some(number)) if store.finish(number, now).await? => {
                return Ok(Ended::Finished);
            }
            (Ended::Halted(reason), Some(edition)) => {
                let hold = EditionChange::Hold(edition, reason.clone());
                change_now(store.as_ref(), hold, "program", now).await?;
            }
            (Ended::Unreachable(_) | Ended::Throttled(_), Some(_)) => {
                self.postpone(edition, retry::postponed(now)).await?;
            }
            (Ended::QuotaUsedUp(_), Some(_)) => {
                let midnight = self.context.config.schedule.midnight_after(now);
                self.postpone(edition, retry::tomorrow(midnight)).await?;
            }
            _ => {}
        }
        if !matches!(ended, Ended::Capped) {
            let later = retry::later(now);
            self.postpone(None, later..later).await?;
        }
        Ok(ended)
    }

    async fn postpone(&self, edition: Option<EditionNumber>, between: Range<DateTime<Utc>>) -> Result<u64, AppError> {
        deliveries_in_parts(|_| self.context.store.postpone(edition, between.clone(), DELIVERIES)).await
    }

    /// Puts back what is still in hand when no worker is left: claims of a stopped run, and whatever a worker that broke
    /// off had in flight.
    async fn let_go(&self, stop: &CancellationToken) -> Result<(), AppError> {
        let (store, resends) = (&self.context.store, self.resends());
        patiently(stop, || async { Ok(store.abandon(resends, self.context.clock.now()).await?) }).await.map(drop)
    }
}

/// Runs the workers on a thread of their own: they wait for each other's bytes all the time, and a thread that nobody
/// else wakes does that with fewer switches than a pool (measured).
async fn work_apart(run: Arc<Run>, transports: Vec<Box<dyn Transport>>) -> Result<(), AppError> {
    let (done, end) = oneshot::channel();
    let broken = |error: std::io::Error| AppError::from(DispatchError::CannotStart(error.to_string()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let thread = std::thread::Builder::new().name("senders".to_owned());
    // A task, because whatever wakes the future that a runtime blocks on costs a call of the system, from its own thread too.
    let working = async { tokio::spawn(work(run, transports)).await };
    // Whoever waits for the end may be gone when the process stops in a hurry.
    let body = move || drop(done.send(runtime.block_on(working)));
    thread.spawn(body).map_err(broken)?;
    match end.await {
        Ok(Ok(end)) => end,
        _ => Err(AppError::BrokeOff("the senders", "a panic".to_owned())),
    }
}

/// One worker per transport, and the ledger in which they write, until all have ended.
async fn work(run: Arc<Run>, transports: Vec<Box<dyn Transport>>) -> Result<(), AppError> {
    let ledger = Arc::clone(&run.ledger);
    let mut workers = JoinSet::new();
    for (at, transport) in transports.into_iter().enumerate() {
        let (run, worker) = (Arc::clone(&run), Worker::new(Arc::clone(&run), transport));
        workers.spawn(async move {
            if at == 0 {
                let end = worker.work().await;
                run.answered.cancel();
                return end;
            }
            run.follow_the_first().await;
            worker.work().await
        });
    }
    let end = tokio::select! {
        end = all(&run, workers) => end,
        never = ledger.keep() => never,
        never = pulse() => never,
    };
    ledger.close().await;
    end
}

/// A timer that is always nearer than any time limit of a mail: a runtime that gets one nearer than all others wakes itself
/// for it, by a call of the system, and that would be once a mail (measured).
async fn pulse() -> ! {
    loop {
        tokio::time::sleep(PULSE).await;
    }
}

/// Waits for all workers; the first failure stops the others.
async fn all(run: &Run, mut workers: JoinSet<Result<(), AppError>>) -> Result<(), AppError> {
    let mut failure = Ok(());
    while let Some(end) = workers.join_next().await {
        let end = end.unwrap_or_else(|error| Err(AppError::BrokeOff("a sender", error.to_string())));
        if end.is_err() {
            run.stop.cancel();
            failure = failure.and(end);
        }
    }
    failure
}
