//! Hands out deliveries to the workers, and claims the next ones before the last are gone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::domain::edition::EditionNumber;
use crate::store::{Claimed, Store, StoreError};

/// Deliveries claimed at once.
const CLAIM: u32 = 500;

/// When so few are left, the next are claimed.
const LOW: usize = 250;

/// What is claimed and not yet begun.
pub(super) struct Feed {
    store: Arc<dyn Store>,
    clock: Clock,
    edition: EditionNumber,
    stock: Mutex<Stock>,
    drained: AtomicBool,
}

#[derive(Default)]
struct Stock {
    ready: VecDeque<Claimed>,
    refill: Option<JoinHandle<Result<Vec<Claimed>, StoreError>>>,
}

impl Feed {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock, edition: EditionNumber) -> Self {
        Self { store, clock, edition, stock: Mutex::default(), drained: AtomicBool::new(false) }
    }

    /// Whether nothing could be claimed any more.
    pub(super) fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Relaxed)
    }

    /// The next delivery; none when nothing can be claimed.
    pub(super) async fn next(&self) -> Result<Option<Claimed>, StoreError> {
        let mut stock = self.stock.lock().await;
        if stock.ready.len() < LOW && stock.refill.is_none() && !self.is_drained() {
            let (store, edition, now) = (Arc::clone(&self.store), self.edition, self.clock.now());
            stock.refill = Some(tokio::spawn(async move { store.claim(edition, now, CLAIM).await }));
        }
        if (stock.ready.is_empty() || stock.refill.as_ref().is_some_and(JoinHandle::is_finished))
            && let Some(refill) = stock.refill.take()
        {
            let claimed =
                refill.await.unwrap_or_else(|error| Err(StoreError::Refused(format!("a claim broke off: {error}"))))?;
            if claimed.is_empty() {
                self.drained.store(true, Ordering::Relaxed);
            }
            stock.ready.extend(claimed);
        }
        Ok(stock.ready.pop_front())
    }

    /// Waits for a claim that is on its way, and forgets what was not begun: the store still knows it is in hand.
    pub(super) async fn close(&self) {
        let mut stock = self.stock.lock().await;
        stock.ready.clear();
        if let Some(refill) = stock.refill.take() {
            let _ = refill.await;
        }
    }
}
