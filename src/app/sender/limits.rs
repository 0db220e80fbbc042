//! How fast mail leaves, and how much of it in a day: what the config asks for, what the relay wants, and what other nodes leave.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::ledger::PAUSE;
use super::patience::unless_stopped;
use crate::app::AppContext;
use crate::app::error::AppError;
use crate::domain::delivery::pace::Pace;
use crate::domain::delivery::shared_pace::SharedPace;
use crate::domain::delivery::throughput::{DaysCap, Throughput};
use crate::domain::delivery::{DailyCap, Mailing};
use crate::store::Store;

pub(super) struct Limits {
    pace: Mutex<Pace>,
    /// The rate that is kept together with other nodes.
    shared: Option<SharedTurns>,
    /// What the day's cap leaves this process. Where other nodes count, too, it is kept by what may be claimed.
    left_today: Option<AtomicI64>,
    is_capped: bool,
}

/// Turns that the store gave to this process.
struct SharedTurns {
    store: Arc<dyn Store>,
    pace: SharedPace,
    /// How many workers wait for one.
    waiting: AtomicU32,
    turns: tokio::sync::Mutex<VecDeque<Duration>>,
}

impl Limits {
    pub(super) async fn of(context: &AppContext) -> Result<Self, AppError> {
        let (store, pace) = (&context.store, context.config.mail.pace);
        let left = left_today(context).await?;
        let turns = |per_second| SharedTurns {
            store: Arc::clone(store),
            pace: SharedPace::new(per_second),
            waiting: AtomicU32::new(0),
            turns: tokio::sync::Mutex::default(),
        };
        Ok(Self {
            pace: Mutex::new(Pace::new(pace.per_second.filter(|_| !store.is_shared()))),
            shared: pace.per_second.filter(|_| store.is_shared()).map(turns),
            left_today: left.filter(|_| !store.is_shared()).map(AtomicI64::new),
            is_capped: left.is_some_and(|left| left <= 0),
        })
    }

    /// Whether no edition's mail might leave today any more when the run began.
    pub(super) fn is_capped(&self) -> bool {
        self.is_capped
    }

    /// Whether nobody needs to wait for a turn.
    pub(super) fn are_none(&self) -> bool {
        self.left_today.is_none() && self.shared.is_none() && self.pace.lock().is_unlimited()
    }

    /// What is left of the day's cap, for a mail that counts towards it.
    fn cap_of(&self, mailing: Mailing) -> Option<&AtomicI64> {
        self.left_today.as_ref().filter(|_| mailing.number().is_some())
    }

    /// Takes one of what the day's cap leaves; whether there was one.
    pub(super) fn take_of_day(&self, mailing: Mailing) -> bool {
        let Some(left) = self.cap_of(mailing) else { return true };
        let is_there = left.fetch_sub(1, Ordering::Relaxed) > 0;
        if !is_there {
            left.fetch_add(1, Ordering::Relaxed);
        }
        is_there
    }

    /// It was not handed over.
    pub(super) fn give_back(&self, mailing: Mailing) {
        if let Some(left) = self.cap_of(mailing) {
            left.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// When the next mail may leave, in a run that began at `begun`; none when the run stops first.
    pub(super) async fn turn(&self, begun: Instant, stop: &CancellationToken) -> Option<Duration> {
        let shared = match &self.shared {
            Some(turns) => turns.take(begun, stop).await?,
            None => Duration::ZERO,
        };
        Some(self.pace.lock().take(begun.elapsed()).max(shared))
    }

    pub(super) fn accept(&self, now: Duration) {
        self.pace.lock().accept(now);
    }

    pub(super) fn slow_down(&self, now: Duration) {
        self.pace.lock().slow_down(now);
    }
}

impl SharedTurns {
    /// The next turn; the first who finds none asks for all who wait.
    async fn take(&self, begun: Instant, stop: &CancellationToken) -> Option<Duration> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = unless_stopped(stop, self.next(begun, stop)).await.flatten();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        turn
    }

    async fn next(&self, begun: Instant, stop: &CancellationToken) -> Option<Duration> {
        let mut turns = self.turns.lock().await;
        while !stop.is_cancelled() {
            let good = |turn: &Duration| SharedPace::is_good(*turn, begun.elapsed());
            if let Some(turn) = std::iter::from_fn(|| turns.pop_front()).find(good) {
                return Some(turn);
            }
            let number = self.waiting.load(Ordering::Relaxed).max(1);
            match self.store.take_turns(self.pace.wanted(number)).await {
                // What was given just now is good, however long the answer took: at a high rate there would never be a better one.
                Ok(first) => {
                    let mut given = self.pace.turns(number, begun.elapsed(), first);
                    let turn = given.next();
                    turns.extend(given);
                    return turn;
                }
                // Nobody knows what others send meanwhile.
                Err(error) => {
                    tracing::warn!("{error}");
                    let _ = tokio::time::timeout(PAUSE, stop.cancelled()).await;
                }
            }
        }
        None
    }
}

/// The day's cap on what all processes together hand over, which begins at midnight in the service's time zone.
pub(super) fn daily_cap(context: &AppContext) -> Option<DailyCap> {
    let most = context.config.mail.pace.per_day?;
    Some(DailyCap { most, since: context.config.schedule.midnight_before(context.clock.now()) })
}

/// How fast a mail to many leaves at most.
pub(in crate::app) async fn throughput(context: &AppContext) -> Result<Throughput, AppError> {
    let pace = context.config.mail.pace;
    let left = left_today(context).await?.map(|left| u32::try_from(left).unwrap_or(0));
    let midnight = context.config.schedule.midnight_after(context.clock.now());
    let day = pace.per_day.zip(left).map(|(most, left)| DaysCap { most, left, midnight });
    Ok(Throughput { per_second: pace.per_second, day })
}

/// What it leaves, if nothing is in anyone's hands.
async fn left_today(context: &AppContext) -> Result<Option<i64>, AppError> {
    let Some(cap) = daily_cap(context) else { return Ok(None) };
    let used = context.store.handed_over_since(cap.since).await?;
    Ok(Some(i64::from(cap.left(used, 0))))
}
