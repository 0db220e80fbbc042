//! Hands out what is claimed to the workers, and claims the next before the last is gone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::ledger::PAUSE;
use super::limits::daily_cap;
use crate::app::AppContext;
use crate::app::error::AppError;
use crate::domain::edition::EditionNumber;
use crate::store::{Claimed, StoreError, WithinCap};

/// Items claimed at once.
const CLAIM: u32 = 500;

/// When so few are left, the next are claimed.
const LOW: usize = 250;

/// How often a long run looks for what goes first: confirmations and good-byes do not wait for 500 mails to leave.
const LOOK: Duration = Duration::from_secs(1);

/// What is claimed and not yet begun.
pub(super) struct Feed {
    context: AppContext,
    /// The edition that is sent; none when only that is sent which belongs to no edition.
    edition: Option<EditionNumber>,
    stop: CancellationToken,
    stock: Mutex<Stock>,
    /// The last claim of everything came back empty.
    drained: AtomicBool,
    /// It was because all nodes together have as much in hand as the day's cap leaves.
    capped: AtomicBool,
    /// How many of the stock are ready.
    ready: AtomicUsize,
    /// How often something was put back.
    reopened: AtomicU64,
}

struct Stock {
    ready: VecDeque<Claimed>,
    refill: Option<Refill>,
    looked: Instant,
}

/// A claim on its way.
struct Refill {
    claim: JoinHandle<Result<WithinCap, StoreError>>,
    /// Whether it asks for everything; if so and nothing comes, nothing is left.
    whole: bool,
    /// As [`Feed::reopened`] when it began.
    reopened: u64,
}

impl Feed {
    pub(super) fn new(context: AppContext, edition: Option<EditionNumber>, stop: CancellationToken) -> Self {
        let stock = Stock { ready: VecDeque::new(), refill: None, looked: Instant::now() };
        Self {
            context,
            edition,
            stop,
            stock: Mutex::new(stock),
            drained: AtomicBool::new(false),
            capped: AtomicBool::new(false),
            ready: AtomicUsize::new(0),
            reopened: AtomicU64::new(0),
        }
    }

    /// Whether nothing is left: nothing could be claimed any more, and all that was claimed was handed out.
    pub(super) fn is_drained(&self) -> bool {
        self.is_claimed() && self.ready.load(Ordering::Relaxed) == 0
    }

    fn is_claimed(&self) -> bool {
        self.drained.load(Ordering::Relaxed)
    }

    /// Whether nothing is left to be claimed but what the day's cap keeps back.
    pub(super) fn is_capped(&self) -> bool {
        self.is_claimed() && self.capped.load(Ordering::Relaxed)
    }

    /// Something was put back that may be claimed again.
    pub(super) fn reopen(&self) {
        self.reopened.fetch_add(1, Ordering::Relaxed);
        self.drained.store(false, Ordering::Relaxed);
    }

    /// The next item; none when nothing can be claimed. A store that may answer later is waited for until the run stops.
    pub(super) async fn next(&self) -> Result<Option<Claimed>, AppError> {
        let mut stock = self.stock.lock().await;
        loop {
            if stock.refill.is_none() && !self.is_claimed() {
                if stock.ready.len() < LOW {
                    self.begin_refill(&mut stock, true);
                } else if stock.looked.elapsed() >= LOOK {
                    self.begin_refill(&mut stock, false);
                }
            }
            let has_come = stock.refill.as_ref().is_some_and(|refill| refill.claim.is_finished());
            if (stock.ready.is_empty() || has_come)
                && let Some(refill) = stock.refill.take()
            {
                self.take_in(&mut stock, refill).await?;
            }
            let next = stock.ready.pop_front();
            self.ready.store(stock.ready.len(), Ordering::Relaxed);
            if next.is_some() || self.is_claimed() || self.stop.is_cancelled() {
                return Ok(next);
            }
        }
    }

    async fn take_in(&self, stock: &mut Stock, Refill { claim, whole, reopened }: Refill) -> Result<(), AppError> {
        let WithinCap { claimed, is_reached } =
            match claim.await.map_err(|error| AppError::BrokeOff("a claim", error.to_string()))? {
                Err(error) if error.is_waited_for() => {
                    tracing::warn!("{error}");
                    if stock.ready.is_empty() {
                        let _ = tokio::time::timeout(PAUSE, self.stop.cancelled()).await;
                    }
                    return Ok(());
                }
                claimed => claimed?,
            };
        // A claim that began earlier did not see what was put back.
        if claimed.is_empty() && whole && reopened == self.reopened.load(Ordering::Relaxed) {
            self.capped.store(is_reached, Ordering::Relaxed);
            self.drained.store(true, Ordering::Relaxed);
        }
        stock.take_in(claimed);
        Ok(())
    }

    fn begin_refill(&self, stock: &mut Stock, whole: bool) {
        let (store, now) = (Arc::clone(&self.context.store), self.context.clock.now());
        let edition = self.edition.filter(|_| whole);
        let reopened = self.reopened.load(Ordering::Relaxed);
        // A process that is alone counts for itself.
        let cap = daily_cap(&self.context).filter(|_| edition.is_some() && store.is_shared());
        let claim = tokio::spawn(async move {
            match cap {
                Some(cap) => store.claim_within(cap, edition, now, CLAIM).await,
                None => store.claim(edition, now, CLAIM).await.map(|claimed| WithinCap { claimed, is_reached: false }),
            }
        });
        stock.refill = Some(Refill { claim, whole, reopened });
        stock.looked = Instant::now();
    }

    /// Waits for a claim that is on its way, and forgets what was not begun: the store still knows it is in hand.
    pub(super) async fn close(&self) {
        let mut stock = self.stock.lock().await;
        stock.ready.clear();
        if let Some(refill) = stock.refill.take() {
            let _ = refill.claim.await;
        }
    }
}

impl Stock {
    /// What belongs to no edition goes before what waits here already.
    fn take_in(&mut self, claimed: Vec<Claimed>) {
        let (digests, first): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|claimed| claimed.id.mailing.number().is_some());
        for claimed in first.into_iter().rev() {
            self.ready.push_front(claimed);
        }
        self.ready.extend(digests);
    }
}
