//! How an edition is sent: the same for a command in the foreground and for the daemon, which differ in who watches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::dispatch::Dispatcher;
use super::ended::Ended;
use super::observer::Observer;
use super::order::{NothingDue, Order, Rehearsal, RunReport, SendError, Sent, Target};
use super::progress::Progress;
use crate::app::maintenance::Maintenance;
use crate::app::planner::Reconciled;
use crate::app::previewer::Previewer;
use crate::app::publisher::Outcome;
use crate::app::sync::{self, Synced};
use crate::app::{AppError, Service, bootstrap};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::state::change;
use crate::domain::edition::{EditionChange, EditionNumber, EditionState, HoldReason};

/// How often we look whether another process has finished what it has in hand.
const OTHERS: Duration = Duration::from_millis(500);

/// Sends editions.
pub struct Sender {
    pub(super) service: Service,
    dispatcher: Dispatcher,
}

impl Sender {
    /// Over the configured transport.
    pub fn new(service: &Service) -> Self {
        Self { service: service.clone(), dispatcher: Dispatcher::new(&service.context()) }
    }

    /// Sends the edition that is meant, or goes on with it, if the rules allow it.
    ///
    /// # Errors
    /// Why it is not sent.
    pub async fn send(
        &self,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Sent, SendError> {
        let now = self.service.clock.now();
        self.dispatcher.recover().await?;
        let synced = self.follow_config(order, observer, now).await?;
        self.post_what_waits(observer, stop).await?;
        let Reconciled { due, actions } = self.service.planner()?.reconcile(now).await?;
        observer.reconciled(&actions);
        let Some(number) = self.target(order, due, now).await? else {
            return Ok(Sent::NothingDue(self.nothing_due(now).await?));
        };
        self.refuse_without_consent(number, due, synced, now).await?;
        if !self.is_permitted(number, order, observer, now).await? {
            return Ok(Sent::NotWanted);
        }
        self.service.planner()?.plan_through(number, now).await?;
        if order.late && self.service.decisions().approve_late(number).await? {
            observer.approved_late(number);
        }
        match self.service.publisher()?.publish(number, now).await? {
            Outcome::Held(reason) => Err(SendError::Held { number, reason }),
            Outcome::Nobody => Ok(Sent::Nobody { edition: number, state: self.service.edition(number).await?.state }),
            Outcome::Sending | Outcome::Sent => self.deliver(number, order, observer, stop).await,
        }
    }

    /// What [`Sender::send`] would send, on a private copy of the store.
    ///
    /// # Errors
    /// As [`Sender::send`], or when a digest cannot be made.
    pub async fn rehearse(&self, order: &Order) -> Result<Rehearsal, SendError> {
        let now = self.service.clock.now();
        sync::sync(self.service.store.as_ref(), &self.service.config.subscribers, true, now).await?;
        let due = self.service.reconcile(now).await?;
        match self.target(order, due, now).await? {
            None => Ok(Rehearsal::NothingDue(Box::new(self.nothing_due(now).await?))),
            Some(number) => {
                let previewer = Previewer::new(&self.service.context(), self.service.content()?);
                Ok(Rehearsal::Proof(Box::new(previewer.proof(number).await?)))
            }
        }
    }

    /// Sends confirmations and good-byes that wait, if there are any.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn post_what_waits(&self, observer: &dyn Observer, stop: &CancellationToken) -> Result<(), AppError> {
        if self.service.store.is_waiting(None, self.service.clock.now()).await? {
            observer.posted(&self.dispatcher.post(stop).await?);
        }
        Ok(())
    }

    /// A command brings the store into line with the config first; the daemon did it when it read the file.
    async fn follow_config(
        &self,
        order: &Order,
        observer: &dyn Observer,
        now: DateTime<Utc>,
    ) -> Result<Option<Synced>, AppError> {
        if !order.alone {
            return Ok(None);
        }
        let Service { store, config, .. } = &self.service;
        let synced = sync::sync(store.as_ref(), &config.subscribers, false, now).await?;
        observer.synced(&synced);
        Ok(Some(synced))
    }

    /// Nothing new is published while the config would end many subscriptions; the edition whose time it is waits.
    async fn refuse_without_consent(
        &self,
        number: EditionNumber,
        due: Option<EditionNumber>,
        synced: Option<Synced>,
        now: DateTime<Utc>,
    ) -> Result<(), SendError> {
        let Service { store, config, .. } = &self.service;
        let seen = store.editions().await?;
        if seen.iter().any(|edition| edition.number == number && edition.is_published()) {
            return Ok(());
        }
        let waits = match &synced {
            Some(synced) => synced.waits_for_consent(),
            None => sync::waits(store.as_ref(), &config.subscribers).await?,
        };
        if !waits {
            return Ok(());
        }
        if due == Some(number) {
            let hold = EditionChange::Hold(number, HoldReason::ConsentMissing);
            store.write_editions(&change(&seen, &[hold], now), &[], "sync", now).await?;
        }
        Err(SendError::NeedsConsent { number, synced: synced.map(Box::new) })
    }

    /// Sends what is left of a published edition, and says what came of it.
    async fn deliver(
        &self,
        number: EditionNumber,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Sent, SendError> {
        let store = &self.service.store;
        let (progress, begun) = (Arc::new(Progress::default()), Instant::now());
        observer.run_begins(store.tally(number).await?, &progress, stop).await;
        let ended = self.dispatch(number, order, &progress, stop).await;
        let seconds = begun.elapsed().as_secs_f64();
        observer.run_ends().await;
        let report = RunReport {
            ended: ended?,
            edition: self.service.edition(number).await?,
            tally: store.tally(number).await?,
            attempts: progress.attempts(),
            trouble: progress.trouble(),
            seconds,
        };
        observer.run_ended(&report);
        if order.alone {
            // Where no daemon runs, this is when old things are forgotten. It is no part of the sending.
            if let Err(error) = Maintenance::new(&self.service.context()).tidy_up_daily(stop).await {
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
            let others = ended == Ended::Finished && self.service.store.tally(number).await?.sending > 0;
            if !order.alone || !others {
                return Ok(ended);
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(Ended::Stopped),
                () = tokio::time::sleep(OTHERS) => {}
            }
        }
    }

    /// How things stand when nothing is due.
    async fn nothing_due(&self, now: DateTime<Utc>) -> Result<NothingDue, AppError> {
        let editions = self.service.store.editions().await?;
        let next = self.service.next(now, self.service.first().await?, &editions);
        Ok(NothingDue { held: self.held_back(now).await?, next })
    }
}

/// Library or templates have errors: nothing new is published, but what was published before needs neither. `None` when
/// nothing of the kind is to be finished; then nothing was opened or changed.
///
/// # Errors
/// When the store fails.
pub async fn finish_only(
    (config, clock): (Config, Clock),
    target: Target,
    findings: &[Diagnostic],
    observer: &dyn Observer,
    stop: &CancellationToken,
) -> Result<Option<Sent>, SendError> {
    let (copy, _) = bootstrap::bare_copy(&config)?;
    let editions = copy.editions().await?;
    let unfinished = editions.iter().find(|e| e.state == EditionState::Sending && target.means(e.number));
    let Some(number) = unfinished.map(|e| e.number) else { return Ok(None) };
    observer.only_finishes(number, findings);
    let sender = Sender::new(&Service::open_bare(config, clock).await?);
    let order = Order { target, late: false, early: false, alone: true };
    sender.deliver(number, &order, observer, stop).await.map(Some)
}
