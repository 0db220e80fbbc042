//! What all workers of a run share: what is sent, how fast, and why it must stop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::feed::Feed;
use super::progress::Progress;
use super::relay::Relay;
use crate::app::{AppError, Service};
use crate::config::OnUncertain;
use crate::domain::delivery::{Outcome, Reply};
use crate::domain::edition::{EditionNumber, HoldReason};
use crate::domain::pace::Rate;
use crate::domain::retry;
use crate::domain::token::Signer;
use crate::mail::{Dkim, Frame};
use crate::store::{Claimed, Done, PublishedMails, SegmentNumber};

/// How long a delivery that may have been accepted waits before it is sent again.
const UNCERTAIN_PAUSE: TimeDelta = TimeDelta::minutes(30);

/// A run in which at least so many mails were tried stops itself when one in twenty was refused for good.
const TRIED: u64 = 50;
const ONE_IN: u64 = 20;

/// What all workers of a run share.
pub(super) struct Run {
    pub(super) service: Service,
    pub(super) edition: EditionNumber,
    pub(super) stored: PublishedMails,
    pub(super) frames: BTreeMap<SegmentNumber, Frame>,
    pub(super) signer: Signer,
    pub(super) dkim: Dkim,
    pub(super) feed: Feed,
    pub(super) relay: Relay,
    pub(super) stop: CancellationToken,
    stopped: Mutex<Option<Ended>>,
    progress: Arc<Progress>,
    rate: Option<Mutex<Rate>>,
    begun: Instant,
    /// What the day's cap leaves.
    left_today: Option<AtomicI64>,
}

impl Run {
    pub(super) async fn new(
        service: Service,
        edition: EditionNumber,
        progress: Arc<Progress>,
        stop: CancellationToken,
    ) -> Result<Self, AppError> {
        let stored = service.store.published(edition).await?;
        let stored = stored.ok_or_else(|| AppError::Refused(format!("edition {edition} was not published")))?;
        let mut frames = BTreeMap::new();
        for (number, segment) in &stored.segments {
            frames.insert(*number, Frame::build(&segment.rendered, &stored.sender, edition, stored.at)?);
        }
        let pace = service.config.mail.pace;
        Ok(Self {
            dkim: service.dkim()?,
            signer: service.signer(stored.sender.key_version)?,
            feed: Feed::new(Arc::clone(&service.store), service.clock, edition),
            relay: Relay::new(),
            rate: pace.per_second.map(|per_second| Mutex::new(Rate::per_second(per_second))),
            left_today: left_today(&service).await?,
            begun: Instant::now(),
            stopped: Mutex::default(),
            service,
            edition,
            stored,
            frames,
            stop,
            progress,
        })
    }

    /// Why the run stopped itself, if it did.
    pub(super) fn stopped_for(&self) -> Option<Ended> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing may leave today any more.
    pub(super) fn is_capped(&self) -> bool {
        self.left_today.as_ref().is_some_and(|left| left.load(Ordering::Relaxed) <= 0)
    }

    /// The run stops; the first reason counts.
    pub(super) fn stop_for(&self, reason: Ended) {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        self.stop.cancel();
    }

    /// The relay could not be got ready for a mail.
    pub(super) fn is_unready(&self, outcome: &Outcome) {
        match outcome {
            Outcome::SenderRefused(reply) => {
                self.progress.note(reply);
                self.is_refused(reply);
            }
            Outcome::Transient(reply) => {
                self.progress.note(reply);
                if self.relay.is_lost() {
                    self.stop_for(Ended::Unreachable(reply.to_string()));
                }
            }
            _ => {}
        }
    }

    /// Waits until the rate lets the next mail go. False when the run stops, or the day's cap is reached.
    pub(super) async fn may_go(&self) -> bool {
        if let Some(left) = &self.left_today
            && left.fetch_sub(1, Ordering::Relaxed) <= 0
        {
            left.fetch_add(1, Ordering::Relaxed);
            self.stop_for(Ended::Capped);
        }
        if let Some(rate) = &self.rate {
            let at = rate.lock().unwrap_or_else(PoisonError::into_inner).take(self.begun.elapsed());
            let wait = at.saturating_sub(self.begun.elapsed());
            if wait > Duration::ZERO {
                tokio::select! {
                    () = self.stop.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
        !self.stop.is_cancelled()
    }

    /// What the outcome means for the delivery: when it is tried again, and whether the run must stop.
    pub(super) fn judge(&self, delivery: &Claimed, outcome: Outcome) -> Done {
        let now = self.service.clock.now();
        let retry_at = match &outcome {
            Outcome::Transient(_) => retry_at(delivery, now),
            Outcome::Uncertain(_) if self.service.config.mail.on_uncertain == OnUncertain::Resend => {
                Some(now + UNCERTAIN_PAUSE)
            }
            _ => None,
        };
        self.progress.count(&outcome);
        self.log(delivery, &outcome, retry_at);
        if let Outcome::SenderRefused(reply) = &outcome {
            self.is_refused(reply);
        }
        if let Some(left) = &self.left_today
            && !matches!(outcome, Outcome::Accepted(_) | Outcome::Uncertain(_))
        {
            left.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(outcome, Outcome::Permanent { .. }) {
            self.mind_refusals();
        }
        if matches!(&outcome, Outcome::Accepted(_) | Outcome::Permanent { .. })
            || matches!(&outcome, Outcome::Transient(reply) if reply.code.is_some())
        {
            self.relay.is_there();
        }
        Done { id: delivery.id, outcome, at: now, retry_at }
    }

    /// One line for whoever looks for a mail; `deliveries list --json` shows whose `mailbox` it is.
    fn log(&self, delivery: &Claimed, outcome: &Outcome, retry_at: Option<DateTime<Utc>>) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Some(reply) = outcome.reply() else { return };
        let mailbox = self.service.keyring.address_hasher().key(&delivery.address).short();
        let again = retry_at.map(|at| at.to_rfc3339());
        tracing::debug!(edition = self.edition.0, mailbox, attempt = delivery.attempts + 1, again, "{reply}");
    }

    /// The relay refuses us as a sender.
    fn is_refused(&self, reply: &Reply) {
        self.stop_for(Ended::Held(HoldReason::SenderRefused { reply: reply.to_string() }));
    }

    /// Too many refusals mean that the list, or our name with the relay, is bad: going on would make both worse.
    fn mind_refusals(&self) {
        let (failed, tried) = (self.progress.failed(), self.progress.attempts());
        if tried >= TRIED && failed * ONE_IN >= tried {
            let last = self.progress.trouble().map(|reply| reply.to_string());
            self.stop_for(Ended::Held(HoldReason::TooManyRefused { failed, tried, last }));
        }
    }
}

fn retry_at(delivery: &Claimed, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    retry::next_attempt(delivery.attempts + 1, delivery.first_attempt.unwrap_or(now), now, jitter())
}

/// A number from 0 to 1. Without random bytes every retry would only come at the middle of its window.
pub(super) fn jitter() -> f64 {
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).map_or(0.5, |()| f64::from(u32::from_le_bytes(seed)) / f64::from(u32::MAX))
}

/// What the cap leaves of the day, which begins at midnight in the service's time zone.
async fn left_today(service: &Service) -> Result<Option<AtomicI64>, AppError> {
    let Some(cap) = service.config.mail.pace.per_day else { return Ok(None) };
    let midnight = service.config.schedule.midnight_before(service.clock.now());
    let used = service.store.handed_over_since(midnight).await?;
    Ok(Some(AtomicI64::new(i64::from(cap) - i64::try_from(used).unwrap_or(i64::MAX))))
}
