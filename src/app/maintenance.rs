//! Housekeeping: what is too old goes, a little at a time, wishes that nobody confirmed end, and what was forgotten goes out
//! of the store's files.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::parts::{SMALL_PART, in_parts};
use super::{AppContext, AppError};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{MailboxState, RecipientId};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::{confirm, forget};
use crate::store::{Records, Scope, Store, StoreError, decide};

/// How long requests and letters stay once they are settled.
const SETTLED: TimeDelta = TimeDelta::days(28);

/// How long it is remembered what operators were told: longer than anything stays as it is without being told again.
const TOLD: TimeDelta = TimeDelta::days(400);

/// How often it is looked for what is too old.
const EVERY: TimeDelta = TimeDelta::days(1);

/// Mailboxes of which one part looks at most, and that it forgets: each touches a dozen rows.
const MAILBOXES: u32 = 50;

/// Up to when things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts and bounces from before this go, and what the mails of an edition said that was sent before this.
    pub attempts: DateTime<Utc>,
    /// Mailboxes that ended before this are forgotten.
    pub ended: DateTime<Utc>,
    /// Requests and letters that were settled, and made before this, go.
    pub settled: DateTime<Utc>,
    /// What operators were told before this is no longer remembered.
    pub told: DateTime<Utc>,
}

/// Where forgetting goes on after a small part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Records(Records),
    /// Mailboxes, after this one.
    Mailboxes(RecipientId),
}

impl Stage {
    pub const FIRST: Self = Self::Records(Records::Attempts(EditionNumber(0), RecipientId(0)));

    /// What comes when this is done.
    fn after(self) -> Option<Self> {
        match self {
            Self::Records(Records::Attempts(..)) => Some(Self::Records(Records::Mails)),
            Self::Records(Records::Mails) => Some(Self::Records(Records::Bounces)),
            Self::Records(Records::Bounces) => Some(Self::Mailboxes(RecipientId(0))),
            Self::Mailboxes(_) => Some(Self::Records(Records::Letters)),
            Self::Records(Records::Letters) => Some(Self::Records(Records::Requests)),
            Self::Records(Records::Requests) => Some(Self::Records(Records::Notices)),
            Self::Records(Records::Notices) => Some(Self::Records(Records::Replies)),
            Self::Records(Records::Replies) => None,
        }
    }
}

/// How much of each was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    pub attempts: u64,
    /// Segments whose mails are no longer kept.
    pub segments: u64,
    pub bounces: u64,
    pub mailboxes: u64,
    pub letters: u64,
    pub requests: u64,
    /// What operators were told.
    pub notices: u64,
    /// Replies of relays that stood for many attempts.
    pub replies: u64,
}

impl std::ops::AddAssign for Forgotten {
    fn add_assign(&mut self, more: Self) {
        self.attempts += more.attempts;
        self.segments += more.segments;
        self.bounces += more.bounces;
        self.mailboxes += more.mailboxes;
        self.letters += more.letters;
        self.requests += more.requests;
        self.notices += more.notices;
        self.replies += more.replies;
    }
}

/// A small part of what is older than the limits, from `stage` on: what went, and where to go on; `None` at the end.
pub async fn forget_part(
    store: &dyn Store,
    limits: Limits,
    stage: Stage,
    at: DateTime<Utc>,
) -> Result<(Forgotten, Option<Stage>), StoreError> {
    let mut gone = Forgotten::default();
    let next = match stage {
        Stage::Mailboxes(after) => {
            let decision = move |list: &mut MailingList| {
                let last = list.mailboxes().filter(|mailbox| mailbox.address.is_some()).map(|mailbox| mailbox.id).max();
                Ok::<_, Infallible>((forget::retire(list, limits.ended), last))
            };
            let (Ok((number, last)), _) = decide(store, &Scope::Ended(after, MAILBOXES), at, None, decision).await?;
            gone.mailboxes = number;
            last.map(Stage::Mailboxes)
        }
        Stage::Records(records) => {
            let (count, before) = match records {
                Records::Attempts(..) => (&mut gone.attempts, limits.attempts),
                Records::Mails => (&mut gone.segments, limits.attempts),
                Records::Bounces => (&mut gone.bounces, limits.attempts),
                Records::Letters => (&mut gone.letters, limits.settled),
                Records::Requests => (&mut gone.requests, limits.settled),
                Records::Notices => (&mut gone.notices, limits.told),
                Records::Replies => (&mut gone.replies, limits.attempts),
            };
            let (number, next) = store.forget_records(records, before).await?;
            *count = number;
            next.map(Stage::Records)
        }
    };
    Ok((gone, next.or(stage.after())))
}

/// Keeps the store tidy.
pub struct Maintenance {
    store: Arc<dyn Store>,
    config: Arc<Config>,
    clock: Clock,
}

impl Maintenance {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        let AppContext { config, store, clock, .. } = context.clone();
        Self { store, config, clock }
    }

    /// Forgets what is older than `[retention]` says. Between two parts others come to write.
    ///
    /// # Errors
    /// When the store fails. What is forgotten by then stays so; the next time goes on.
    pub async fn tidy_up(&self, stop: &CancellationToken) -> Result<Forgotten, AppError> {
        let now = self.clock.now();
        let mut gone = Forgotten::default();
        let mut stage = Some(Stage::FIRST);
        while let Some(at) = stage {
            if stop.is_cancelled() {
                return Ok(gone);
            }
            let begun = Instant::now();
            let (part, next) = forget_part(&*self.store, self.limits(), at, now).await?;
            gone += part;
            stage = next;
            if part != Forgotten::default() {
                tokio::time::sleep(begun.elapsed().clamp(Duration::from_millis(1), Duration::from_millis(100))).await;
            }
        }
        self.store.note_tidied(now).await?;
        self.scrub().await?;
        Ok(gone)
    }

    /// [`Self::tidy_up`], if that was not done within a day: for commands that do the daemon's work.
    pub async fn tidy_up_daily(&self, stop: &CancellationToken) -> Result<Option<Forgotten>, AppError> {
        let now = self.clock.now();
        // A clock that ran ahead must not put it off for ever.
        let fresh = self.store.tidied().await?.is_some_and(|at| at <= now && now - at < EVERY);
        if fresh { Ok(None) } else { self.tidy_up(stop).await.map(Some) }
    }

    /// Gets what was forgotten out of the store's files, if that is still to be done; whether nothing is left to do.
    pub async fn scrub(&self) -> Result<bool, AppError> {
        Ok(!self.store.is_unscrubbed().await? || self.store.scrub(None).await?)
    }

    /// Mailboxes whose wish to subscribe was not confirmed in time end. Returns how many.
    pub async fn end_unconfirmed(&self) -> Result<u64, AppError> {
        in_parts((RecipientId(0), 0), |(after, before)| async move {
            let decision = |list: &mut MailingList| {
                let waiting = list.mailboxes().filter(|mailbox| mailbox.state == MailboxState::Pending);
                let last = waiting.map(|mailbox| mailbox.id).max();
                Ok::<_, Infallible>((confirm::end_unconfirmed(list), last))
            };
            let scope = Scope::Pending(after, SMALL_PART);
            let (Ok((ended, last)), _) = decide(&*self.store, &scope, self.clock.now(), None, decision).await?;
            Ok(match last {
                Some(last) => ControlFlow::Continue((last, before + ended)),
                None => ControlFlow::Break(before),
            })
        })
        .await
    }

    fn limits(&self) -> Limits {
        let now = self.clock.now();
        let retention = self.config.retention;
        Limits {
            // What counts against today's cap stays, however short the time.
            attempts: (now - retention.attempts).min(self.config.schedule.midnight_before(now)),
            ended: now - retention.ended,
            settled: now - SETTLED,
            told: now - TOLD,
        }
    }
}
