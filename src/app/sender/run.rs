//! What all workers of a run share: what is sent, how fast, and why it must stop.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::brake::Brake;
use super::feed::Feed;
use super::ledger::Ledger;
use super::limits::Limits;
use super::message::{Addressed, join_transactional};
use super::order::Ended;
use super::progress::Progress;
use super::published_edition::{PublishedEdition, signer};
use super::relay::Relay;
use super::transport;
use crate::app::AppContext;
use crate::app::error::{AppError, DispatchError};
use crate::config::OnUncertain;
use crate::domain::delivery::retry::{self, Throttles, Tried};
use crate::domain::delivery::silence::{Silence, Unanswered};
use crate::domain::delivery::{ItemId, Mailing, Outcome, RelayLimit, Reply, throttle};
use crate::domain::edition::{EditionNumber, HoldReason};
use crate::mail::Dkim;
use crate::store::{AttemptResult, Claimed, ClaimedContent};

/// How long the first worker goes ahead at most.
const AHEAD: Duration = Duration::from_secs(5);

/// What all workers of a run share.
pub(super) struct Run {
    pub(super) context: AppContext,
    /// The edition that is sent; without one, only what belongs to none.
    pub(super) edition: Option<PublishedEdition>,
    dkim: Dkim,
    pub(super) feed: Feed,
    pub(super) ledger: Arc<Ledger>,
    pub(super) relay: Relay,
    pub(super) stop: CancellationToken,
    stopped: Mutex<Option<Ended>>,
    silence: Mutex<Silence>,
    /// The relay answered a mail: the others may follow the first worker.
    pub(super) answered: CancellationToken,
    progress: Arc<Progress>,
    limits: Limits,
    brake: Brake,
    throttled: Mutex<ThrottleCounts>,
    begun: Instant,
}

/// What a worker knows of the connection that a mail went over.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionUse {
    /// When it was opened, counted from the beginning of the run.
    pub(super) opened: Duration,
    /// An earlier mail was accepted on it.
    pub(super) got_through: bool,
    /// The MAIL of this one was taken.
    pub(super) mail_taken: bool,
    /// The final dot of this one got an answer with a code.
    pub(super) dot_answered: bool,
}

/// What the relay refused because we are too fast or too many for it.
#[derive(Debug, Default)]
struct ThrottleCounts {
    /// How often each mail was, and when for the first time.
    mails: HashMap<ItemId, (u32, Duration)>,
    /// When the last mail was accepted.
    accepted: Option<Duration>,
    /// When the first refusal came.
    first: Option<Duration>,
    /// The mail of which a day's quota was said, since when none was accepted.
    day: Option<ItemId>,
}

impl Run {
    pub(super) async fn new(
        context: AppContext,
        edition: Option<EditionNumber>,
        progress: Arc<Progress>,
        stop: CancellationToken,
    ) -> Result<Self, AppError> {
        let published = match edition {
            Some(edition) => Some(PublishedEdition::read(&context, edition).await?),
            None => None,
        };
        Ok(Self {
            edition: published,
            dkim: transport::signers(&context.config)?,
            feed: Feed::new(context.clone(), edition, stop.clone()),
            ledger: Arc::new(Ledger::new(Arc::clone(&context.store), stop.clone())),
            relay: Relay::new(),
            limits: Limits::of(&context).await?,
            brake: Brake::of(&context, edition).await?,
            throttled: Mutex::default(),
            begun: Instant::now(),
            stopped: Mutex::default(),
            silence: Mutex::new(Silence::new(transport::count(&context.config))),
            answered: CancellationToken::new(),
            context,
            stop,
            progress,
        })
    }

    /// Why the run stopped itself, if it did.
    pub(super) fn stopped_for(&self) -> Option<Ended> {
        let unanswered = || self.silence.lock().whole().filter(|_| self.feed.is_drained());
        let stopped = self.stopped.lock().clone().or_else(|| unanswered().map(|mails| self.unanswered(mails)));
        stopped.or_else(|| self.feed.is_capped().then_some(Ended::Capped))
    }

    /// Time since the run began.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The first worker goes ahead with one mail: were the relay to lose it, the others would only lose theirs, too.
    pub(super) async fn follow_the_first(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.answered.cancelled() => {}
            () = tokio::time::sleep(AHEAD) => {}
        }
    }

    /// Whether no edition's mail may leave today any more.
    pub(super) fn is_capped(&self) -> bool {
        self.limits.is_capped()
    }

    /// The run stops; the first reason counts.
    pub(super) fn stop_for(&self, reason: Ended) {
        self.stopped.lock().get_or_insert(reason);
        self.stop.cancel();
    }

    /// Whether a message is worth a thread of its own while it is made.
    pub(super) fn signs_slowly(&self) -> bool {
        self.dkim.is_slow()
    }

    /// Whom an edition's mail is from and to.
    pub(super) fn address(&self, next: &Claimed) -> Result<Addressed, AppError> {
        self.edition.as_ref().ok_or(DispatchError::NoText(next.id))?.address(next)
    }

    /// Joins one mail into `message`. An edition's may be addressed already.
    pub(super) fn compose(
        &self,
        next: &Claimed,
        addressed: Option<Arc<Addressed>>,
        message: &mut Vec<u8>,
    ) -> Result<Arc<Addressed>, AppError> {
        match (&next.content, next.id.mailing, &self.edition) {
            (ClaimedContent::Transactional(mail), Mailing::Transactional(id), _) => {
                let signer = signer(&self.context, mail.mail.sender.key_version)?;
                let whose = (id, next.id.recipient, &next.address);
                Ok(Arc::new(join_transactional(mail, whose, &signer, &self.dkim, message)?))
            }
            (_, _, Some(edition)) => {
                let addressed = addressed.map_or_else(|| edition.address(next).map(Arc::new), Ok)?;
                edition.join(next, &addressed, &self.dkim, message)?;
                Ok(addressed)
            }
            _ => Err(DispatchError::NoText(next.id).into()),
        }
    }

    /// The relay could not be got ready for a mail.
    pub(super) fn note_unready(&self, outcome: &Outcome) {
        match outcome {
            Outcome::SenderRefused(reply) => {
                self.progress.note(reply);
                self.stop_refused(reply);
            }
            Outcome::Transient(reply) => {
                self.progress.note(reply);
                if self.relay.is_lost() {
                    self.stop_for(Ended::Unreachable(reply.clone()));
                }
            }
            _ => {}
        }
    }

    /// Waits until the rate lets the next mail go. False when the run stops, or the day's cap is reached.
    pub(super) async fn may_go(&self, mailing: Mailing) -> bool {
        if !self.limits.take_of_day(mailing) {
            self.stop_for(Ended::Capped);
        }
        let Some(at) = self.limits.turn(self.begun, &self.stop).await else { return false };
        let wait = at.saturating_sub(self.elapsed());
        if wait > Duration::ZERO {
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        !self.stop.is_cancelled()
    }

    /// Whether a mail need not wait for its turn, so that it may be opened while the one before it is on its way.
    pub(super) fn is_unhurried(&self) -> bool {
        self.limits.are_none() && !self.stop.is_cancelled()
    }

    /// What the outcome means for the item: when it is tried again, and whether the run must stop.
    pub(super) fn judge(&self, item: &Claimed, outcome: Outcome, connection: ConnectionUse) -> AttemptResult {
        let (now, mailing) = (self.context.clock.now(), item.id.mailing);
        let throttles = self.count_throttled(item.id, &outcome, connection);
        let outcome = if item.id.is_for_an_operator() { of_an_operator(outcome) } else { outcome };
        let outcome = throttles.decide(outcome);
        let retry_at = self.retry_at(item, &outcome, throttles, now);
        self.progress.count(mailing, &outcome);
        self.log(item, &outcome, retry_at);
        if let Outcome::SenderRefused(reply) = &outcome {
            self.stop_refused(reply);
        }
        if !matches!(outcome, Outcome::Accepted(_) | Outcome::Uncertain(_)) {
            self.limits.give_back(mailing);
        }
        if matches!(outcome, Outcome::Permanent { .. }) {
            self.mind_refusals();
        }
        self.mind_silence(
            &outcome,
            connection.dot_answered,
            Unanswered { opened: connection.opened, lost: self.elapsed(), before: item.uncertain > 0 },
        );
        if matches!(&outcome, Outcome::Accepted(_) | Outcome::Permanent { .. } | Outcome::Throttled { .. })
            || matches!(&outcome, Outcome::Transient(reply) if reply.code.is_some())
        {
            self.relay.note_reachable();
        }
        AttemptResult { id: item.id, outcome, at: now, retry_at }
    }

    /// When it is tried again, if it is.
    fn retry_at(
        &self,
        item: &Claimed,
        outcome: &Outcome,
        throttles: Throttles,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        // Nearly all are accepted, and local time costs more than the rest of the judgement.
        if matches!(outcome, Outcome::Accepted(_)) {
            return None;
        }
        let Claimed { attempts: before, first_attempt: first_at, uncertain, .. } = *item;
        let resend = self.context.config.mail.on_uncertain == OnUncertain::Resend;
        let midnight = self.context.config.schedule.midnight_after(now);
        let tried = Tried { mailing: item.id.mailing, before, first_at, uncertain, throttles, resend, midnight };
        retry::retry_at(tried, outcome, now, jitter())
    }

    /// One line for whoever looks for a mail; `deliveries list --json` shows whose `mailbox` it is.
    fn log(&self, item: &Claimed, outcome: &Outcome, retry_at: Option<DateTime<Utc>>) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Some(reply) = outcome.reply() else { return };
        let edition = item.id.mailing.number().map_or(0, |edition| edition.0);
        let mailbox = self.context.keyring.address_hasher().key(&item.address).short();
        let again = retry_at.map(|at| at.to_rfc3339());
        tracing::debug!(edition, mailbox, attempt = item.attempts + 1, again, "{reply}");
    }

    /// The relay refuses us as a sender.
    fn stop_refused(&self, reply: &Reply) {
        self.stop_for(Ended::Halted(HoldReason::SenderRefused { reply: reply.to_string() }));
    }

    /// How this mail was throttled in this run, if it was now. The rate of all falls where an earlier mail got through on the
    /// same connection: a connection that never got through means too many connections, not too fast a rate.
    fn count_throttled(&self, id: ItemId, outcome: &Outcome, connection: ConnectionUse) -> Throttles {
        let now = self.elapsed();
        let mut counts = self.throttled.lock();
        match outcome {
            Outcome::Accepted(_) => {
                (counts.accepted, counts.day) = (Some(now), None);
                self.limits.accept(now);
            }
            Outcome::Throttled { .. } if connection.mail_taken => {
                let (times, first) = counts.mails.entry(id).or_insert((0, now));
                *times += 1;
                let (times, first) = (*times, *first);
                // Each mail lowers the rate once: it may be the reason itself.
                if times == 1 && connection.got_through {
                    self.limits.slow_down(now);
                }
                let others_accepted = counts.accepted.is_some_and(|accepted| accepted > first);
                return Throttles { times, others_accepted, is_only_one: counts.mails.len() == 1 };
            }
            Outcome::Throttled { .. } if connection.got_through => self.limits.slow_down(now),
            _ => {}
        }
        Throttles::default()
    }

    /// The relay has had enough of a worker, for the `refusals`th time in a row; said of this mail, or of none. Returns
    /// when it may try again. A day's quota that is said of one mail may be its mailbox's; of the next one too, it is ours.
    pub(super) fn slow_down(&self, limit: RelayLimit, reply: &Reply, refusals: u32, mail: Option<ItemId>) -> Duration {
        let now = self.elapsed();
        self.progress.note(reply);
        let pause = throttle::pause(refusals, jitter());
        let mut throttled = self.throttled.lock();
        let first = *throttled.first.get_or_insert(now);
        let since = now.saturating_sub(throttled.accepted.unwrap_or(first));
        match limit {
            RelayLimit::Day if mail.is_none() || throttled.day.is_some_and(|day| Some(day) != mail) => {
                self.stop_for(Ended::QuotaUsedUp(reply.clone()));
            }
            RelayLimit::Day => throttled.day = mail,
            RelayLimit::Pace if throttle::is_in_vain(since, pause, throttled.accepted.is_none()) => {
                self.stop_for(Ended::Throttled(reply.clone()));
            }
            RelayLimit::Pace => {}
        }
        now + pause
    }

    /// Stops the run when the relay takes one mail after the other and answers none. What was said before the dot is no
    /// answer to it, and ends no row.
    fn mind_silence(&self, outcome: &Outcome, dot_answered: bool, mail: Unanswered) {
        if outcome.reply().is_some_and(|reply| reply.code.is_some()) {
            self.answered.cancel();
        }
        match outcome {
            Outcome::Uncertain(_) => {
                if let Some(mails) = self.silence.lock().note(mail) {
                    self.stop_for(self.unanswered(mails));
                }
            }
            _ if dot_answered || matches!(outcome, Outcome::Accepted(_)) => self.silence.lock().end(),
            _ => {}
        }
    }

    fn unanswered(&self, mails: u64) -> Ended {
        let last = self.progress.trouble().map(|reply| reply.to_string());
        Ended::Halted(HoldReason::Unanswered { mails, last })
    }

    fn mind_refusals(&self) {
        let (failed, tried) = (self.progress.failed(), self.progress.attempts());
        if retry::are_too_many(failed, tried) {
            self.stop_refused_often(failed, tried);
        }
        self.brake.note();
    }

    /// Stops when all who send the edition together were refused too often.
    pub(super) async fn mind_refusals_of_all(&self) -> Infallible {
        let (failed, tried) = self.brake.is_pulled(self.context.store.as_ref()).await;
        self.stop_refused_often(failed, tried);
        pending().await
    }

    fn stop_refused_often(&self, failed: u64, tried: u64) {
        let last = self.progress.trouble().map(|reply| reply.to_string());
        self.stop_for(Ended::Halted(HoldReason::TooManyRefused { failed, tried, last }));
    }
}

/// An operator's address is on no list that it could be taken off, so whoever answers for the service is told in the log.
fn of_an_operator(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Permanent { reply, .. } => {
            let code = reply.code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
            tracing::error!("a mail to an operator was refused for good ({code}): look at service.operators");
            Outcome::Permanent { reply, suppress: None }
        }
        other => other,
    }
}

/// A number from 0 to 1. Without random bytes every retry would only come at the middle of its window.
pub(super) fn jitter() -> f64 {
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).map_or(0.5, |()| f64::from(u32::from_le_bytes(seed)) / f64::from(u32::MAX))
}
