//! Sends a published edition: claim, mark, hand over, record. Memory does not grow with the recipients.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Service, ServiceError};
use crate::config::OnUncertain;
use crate::domain::delivery::{DeliveryId, Outcome, Reply};
use crate::domain::edition::EditionNumber;
use crate::domain::retry;
use crate::domain::token::{Claim, Purpose, Signer};
use crate::mail::{Dkim, Frame, Personal, Transport};
use crate::store::{Claimed, Done, SegmentNumber, Step, Stored};

/// Deliveries claimed at once.
const CLAIM: u32 = 500;

/// How long a delivery that may have been accepted waits before it is sent again.
const UNCERTAIN_PAUSE: TimeDelta = TimeDelta::minutes(30);

/// Counts what happens, for whoever shows progress.
#[derive(Debug, Default)]
pub struct Progress {
    /// Handed over in this run.
    pub accepted: AtomicU64,
    /// Anything else that happened to a delivery in this run.
    pub other: AtomicU64,
    trouble: std::sync::Mutex<Option<Reply>>,
}

impl Progress {
    /// Attempts of this run.
    pub fn attempts(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed) + self.other.load(Ordering::Relaxed)
    }

    /// What was said last where a mail was not accepted.
    pub fn trouble(&self) -> Option<Reply> {
        self.trouble.lock().map_or(None, |reply| reply.clone())
    }

    fn count(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted(_) => self.accepted.fetch_add(1, Ordering::Relaxed),
            Outcome::Transient(reply)
            | Outcome::Permanent { reply, .. }
            | Outcome::Uncertain(reply)
            | Outcome::SenderRefused(reply) => {
                if let Ok(mut last) = self.trouble.lock() {
                    *last = Some(reply.clone());
                }
                self.other.fetch_add(1, Ordering::Relaxed)
            }
        };
    }
}

/// How often a store that is locked or full is asked again once the run was told to stop.
const LAST_TRIES: u32 = 3;

/// How long between two such questions.
const PAUSE: Duration = Duration::from_millis(500);

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Every delivery is settled or waits for its time.
    Finished,
    /// It was asked to stop; the rest is queued.
    Stopped,
    /// The relay refuses us as a sender; the rest is queued.
    Refused(String),
}

/// What all workers of a run share.
struct Run {
    service: Service,
    edition: EditionNumber,
    stored: Stored,
    frames: BTreeMap<SegmentNumber, Frame>,
    signer: Signer,
    dkim: Dkim,
    waiting: Mutex<VecDeque<Claimed>>,
    stop: CancellationToken,
    refused: Mutex<Option<String>>,
    drained: AtomicBool,
    progress: Arc<Progress>,
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
    ) -> Result<Ended, ServiceError> {
        let resend = self.config.mail.on_uncertain == OnUncertain::Resend;
        self.store.recover(resend, self.clock.now()).await?;
        let stored = self.store.published(number).await?;
        let stored = stored.ok_or_else(|| ServiceError::Refused(format!("edition {number} was not published")))?;
        let frames = frames(&stored)?;
        let signer = self.signer(stored.sender.key_version)?;
        let dkim = self.dkim()?;
        let stop = stop.child_token();
        let run = Arc::new(Run {
            service: self.clone(),
            edition: number,
            stored,
            frames,
            signer,
            dkim,
            waiting: Mutex::default(),
            stop,
            refused: Mutex::default(),
            drained: AtomicBool::new(false),
            progress,
        });
        let mut workers = JoinSet::new();
        for transport in transports {
            workers.spawn(Arc::clone(&run).work(transport));
        }
        let mut failure = None;
        while let Some(end) = workers.join_next().await {
            let end = end.unwrap_or_else(|error| Err(ServiceError::Refused(format!("a sender broke off: {error}"))));
            if let Err(error) = end {
                run.stop.cancel();
                failure.get_or_insert(error);
            }
        }
        self.let_go(resend).await?;
        if let Some(error) = failure {
            return Err(error);
        }
        let refused = run.refused.lock().await.take();
        if let Some(reason) = refused {
            return Ok(Ended::Refused(reason));
        }
        self.store.finish(number, self.clock.now()).await?;
        Ok(if run.drained.load(Ordering::Relaxed) { Ended::Finished } else { Ended::Stopped })
    }

    /// Puts back what is still in hand when no worker is left: claims of a stopped run, and whatever a worker that broke
    /// off had at the dot.
    async fn let_go(&self, resend: bool) -> Result<(), ServiceError> {
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

fn frames(stored: &Stored) -> Result<BTreeMap<SegmentNumber, Frame>, ServiceError> {
    let mut frames = BTreeMap::new();
    for (number, segment) in &stored.segments {
        frames.insert(*number, Frame::build(&segment.rendered, &stored.sender, stored.edition, stored.at)?);
    }
    Ok(frames)
}

impl Run {
    /// One worker: the result of one delivery and the mark of the next share a commit. A result is recorded whatever
    /// becomes of the next claim.
    async fn work(self: Arc<Self>, mut transport: Box<dyn Transport>) -> Result<(), ServiceError> {
        let mut done = None;
        let mut message = Vec::new();
        let mut end = Ok(());
        loop {
            let next = self.next().await.unwrap_or_else(|error| {
                end = Err(error);
                None
            });
            let mark = next.as_ref().map(|next| next.id);
            let marked = if done.is_some() || mark.is_some() {
                self.record(Step { done: done.take(), mark }).await?
            } else {
                false
            };
            let Some(next) = next else { break };
            if marked {
                let outcome = self.deliver(transport.as_mut(), &next, &mut message).await?;
                done = Some(self.judge(&next, outcome).await);
            }
        }
        transport.close().await;
        end
    }

    /// Records a step. A store that is locked or full is waited for: what a relay accepted must not be forgotten.
    async fn record(&self, step: Step) -> Result<bool, ServiceError> {
        let mut last_tries = LAST_TRIES;
        loop {
            match self.service.store.step(step.clone()).await {
                Ok(marked) => return Ok(marked),
                Err(error) if error.may_pass() && last_tries > 0 => {
                    tracing::warn!("{error}");
                    last_tries -= u32::from(self.stop.is_cancelled());
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn next(&self) -> Result<Option<Claimed>, ServiceError> {
        if self.stop.is_cancelled() {
            return Ok(None);
        }
        let mut waiting = self.waiting.lock().await;
        if waiting.is_empty() && !self.drained.load(Ordering::Relaxed) {
            let now = self.service.clock.now();
            waiting.extend(self.service.store.claim(self.edition, now, CLAIM).await?);
            if waiting.is_empty() {
                self.drained.store(true, Ordering::Relaxed);
            }
        }
        Ok(waiting.pop_front())
    }

    async fn deliver(
        &self,
        transport: &mut dyn Transport,
        next: &Claimed,
        message: &mut Vec<u8>,
    ) -> Result<Outcome, ServiceError> {
        let frame = self.frames.get(&next.segment).ok_or_else(|| {
            ServiceError::Refused(format!("edition {}: a delivery names a segment that was not stored", self.edition))
        })?;
        let letter = Letter::new(&self.signer, &self.stored.sender.base_url, next.id);
        let greeting = crate::digest::greeting(&next.subscriber);
        let personal = letter.personal(&next.address, &greeting);
        message.clear();
        frame.join(&personal, message);
        self.dkim.sign(self.stored.at, message)?;
        let envelope = frame.envelope(&personal)?;
        Ok(transport.deliver(&envelope, &letter.name, message).await)
    }

    /// What the outcome means for the delivery: when it is tried again, and whether the run must stop.
    async fn judge(&self, delivery: &Claimed, outcome: Outcome) -> Done {
        let now = self.service.clock.now();
        let retry_at = match &outcome {
            Outcome::Transient(_) => retry_at(delivery, now),
            Outcome::Uncertain(_) if self.service.config.mail.on_uncertain == OnUncertain::Resend => {
                Some(now + UNCERTAIN_PAUSE)
            }
            _ => None,
        };
        if let Outcome::SenderRefused(reply) = &outcome {
            self.stop.cancel();
            self.refused.lock().await.get_or_insert_with(|| reply.to_string());
        }
        self.progress.count(&outcome);
        Done { id: delivery.id, outcome, at: now, retry_at }
    }
}

fn retry_at(delivery: &Claimed, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut seed = [0; 4];
    // Without random bytes every retry would only come at the middle of its window.
    let jitter = getrandom::fill(&mut seed).map_or(0.5, |()| f64::from(u32::from_le_bytes(seed)) / f64::from(u32::MAX));
    retry::next_attempt(delivery.attempts + 1, delivery.first_attempt.unwrap_or(now), now, jitter)
}

/// The tokens and links of one delivery.
pub(super) struct Letter {
    pub(super) name: String,
    unsubscribe_token: String,
    bounce_token: String,
    pub(super) unsubscribe_url: String,
    pub(super) preferences_url: String,
}

impl Letter {
    /// The letter of one delivery. A preview or a test copy passes recipient 0, which is nobody's.
    pub(super) fn new(signer: &Signer, base_url: &str, delivery: DeliveryId) -> Self {
        let DeliveryId { edition, recipient } = delivery;
        let token = |purpose| signer.sign(&Claim { purpose, edition, recipient });
        let unsubscribe_token = token(Purpose::Unsubscribe);
        Self {
            name: signer.message_name(edition, recipient),
            unsubscribe_url: format!("{base_url}/u/{unsubscribe_token}"),
            preferences_url: format!("{base_url}/preferences/{}", token(Purpose::Preferences)),
            bounce_token: token(Purpose::Bounce),
            unsubscribe_token,
        }
    }

    pub(super) fn personal<'a>(&'a self, to: &'a crate::domain::address::Address, greeting: &'a str) -> Personal<'a> {
        Personal {
            to,
            name: &self.name,
            greeting,
            unsubscribe_url: &self.unsubscribe_url,
            preferences_url: &self.preferences_url,
            unsubscribe_token: &self.unsubscribe_token,
            bounce_token: &self.bounce_token,
        }
    }
}
