//! Sends what is left of a published edition, and what waits besides: neither library nor templates are needed for that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::dispatch::Dispatcher;
use super::observer::Observer;
use super::order::{Ended, Order, RunReport, SendError, Sent};
use super::patience::patiently;
use super::progress::Progress;
use crate::app::context::AppContext;
use crate::app::edition::{bulletin_name, edition};
use crate::app::error::AppError;
use crate::app::maintenance::Maintenance;
use crate::app::waves::Waves;
use crate::domain::edition::EditionNumber;

/// How often we look whether another process has finished what it has in hand.
const OTHERS: Duration = Duration::from_millis(500);

/// Delivers what was published or waits.
pub struct Deliverer {
    context: AppContext,
    dispatcher: Dispatcher,
}

impl Deliverer {
    /// Over the configured transport.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone(), dispatcher: Dispatcher::new(context) }
    }

    /// Takes up what processes had in hand that died.
    pub(super) async fn recover(&self) -> Result<u64, AppError> {
        self.dispatcher.recover().await
    }

    /// As that, between two runs: 0 at once where a store is not shared.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_up_from_others(&self) -> Result<u64, AppError> {
        if self.context.store.is_shared() { self.recover().await } else { Ok(0) }
    }

    /// Sends confirmations and good-byes that wait, if there are any.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn post_what_waits(&self, observer: &dyn Observer, stop: &CancellationToken) -> Result<(), AppError> {
        if self.context.store.waiting(None, self.context.clock.now(), 1).await? > 0 {
            observer.posted(&self.dispatcher.post(stop).await?);
        }
        Ok(())
    }

    /// Sends what is left of a published edition or bulletin, and says what came of it.
    pub(in crate::app) async fn deliver(
        &self,
        number: EditionNumber,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Sent, SendError> {
        self.deliver_until(number, order, observer, (stop, stop)).await
    }

    /// The same, which may be ended before the whole program is told to stop: then `end` is cancelled, and not `stop`.
    pub(super) async fn deliver_until(
        &self,
        number: EditionNumber,
        order: &Order,
        observer: &dyn Observer,
        (stop, end): (&CancellationToken, &CancellationToken),
    ) -> Result<Sent, SendError> {
        let store = self.context.store.as_ref();
        let (progress, begun) = (Arc::new(Progress::default()), Instant::now());
        observer.run_begins(store.tally(number).await?, &progress, stop).await;
        let ended = self.dispatch(number, order, &progress, end).await;
        let seconds = begun.elapsed().as_secs_f64();
        observer.run_ends().await;
        let ended = ended?;
        if let Err(error) = Waves::new(&self.context).review(number).await {
            observer.not_reviewed(&error);
        }
        let report = RunReport {
            ended,
            edition: patiently(stop, || edition(store, number)).await?,
            bulletin: patiently(stop, || bulletin_name(store, number)).await?,
            tally: patiently(stop, || async { Ok(store.tally(number).await?) }).await?,
            attempts: progress.attempts(),
            trouble: progress.trouble(),
            seconds,
        };
        observer.run_ended(&report);
        if order.alone {
            // Where no daemon runs, this is when old things are forgotten. It is no part of the sending.
            if let Err(error) = Maintenance::new(&self.context).tidy_up_daily(stop).await {
                observer.not_tidied(&error);
            }
        }
        Ok(Sent::Run(report))
    }

    /// Sends until nothing can be claimed. A command tries the relay even if nothing is due, so that a person sees how it
    /// fares, and waits for what another process has in hand: that finishes it, or dies and leaves it to us.
    async fn dispatch(
        &self,
        number: EditionNumber,
        order: &Order,
        progress: &Arc<Progress>,
        stop: &CancellationToken,
    ) -> Result<Ended, AppError> {
        if !order.alone && !self.dispatcher.is_anything_waiting(Some(number)).await? {
            return self.dispatcher.finished(Some(number)).await;
        }
        loop {
            let ended = self.dispatcher.dispatch(Some(number), progress, stop).await?;
            if !order.alone || ended != Ended::Finished {
                return Ok(ended);
            }
            if let Some(ended) = patiently(stop, || self.wait_for_others(number, stop)).await? {
                return Ok(ended);
            }
        }
    }

    /// Until something of what others have in hand is left to us, or else what that came to. The relay is left alone meanwhile.
    /// On a shared store, something may be left when a run has just ended: what was put back since our lease was over.
    async fn wait_for_others(
        &self,
        number: EditionNumber,
        stop: &CancellationToken,
    ) -> Result<Option<Ended>, AppError> {
        let (store, mut waited) = (&self.context.store, false);
        loop {
            // In this order: what is put back in between is seen.
            let is_in_hand = store.tally(number).await?.sending > 0;
            let may_wait = waited || store.is_shared();
            let is_waiting = may_wait && self.dispatcher.is_anything_waiting(Some(number)).await?;
            if is_waiting && waited {
                return Ok(None);
            }
            if !is_waiting && !is_in_hand {
                return self.dispatcher.finished(Some(number)).await.map(Some);
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(Some(Ended::Stopped)),
                () = tokio::time::sleep(OTHERS) => {}
            }
            self.dispatcher.recover().await?;
            waited = true;
        }
    }
}
