//! What the workers have for the store: their steps are gathered, so that one commit does for many of them.
//!
//! Nobody waits for a result to be durable, only for a mark, and a mark is entered before its turn comes. So steps may lie
//! here for a moment, until a worker can do nothing without its own.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::app::error::AppError;
use crate::domain::delivery::ItemId;
use crate::store::{AttemptResult, Marked, Step, Store, StoreError};

/// How often a store that is locked or full is asked again once the run was told to stop.
pub(super) const LAST_TRIES: u32 = 3;

/// How long between two such questions.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// How long a step lies here at most while everybody has something else to do.
const LINGER: Duration = Duration::from_millis(2);

/// A page with so many steps is not kept open any longer.
const FULL: usize = 64;

/// How often a store may refuse one step for a reason that is not waited for.
const FAILURES: u32 = 20;

pub(super) struct Ledger {
    store: Arc<dyn Store>,
    stop: CancellationToken,
    page: Mutex<Page>,
    called: Notify,
}

/// What the next commit takes.
#[derive(Default)]
struct Page {
    number: u64,
    entries: Vec<Entry>,
    /// A worker can do nothing without it.
    is_waited_for: bool,
}

struct Entry {
    step: Step,
    waiter: Waiter,
}

/// Who entered a step, and how patient it is.
struct Waiter {
    answer: oneshot::Sender<Marked>,
    /// How often the store refused it for a reason that is not waited for.
    failures: u32,
    /// How often it is tried again once the run was told to stop.
    last_tries: u32,
}

/// The store's answer to a step, when it comes: whether the mark was set.
pub(super) struct Marking {
    page: u64,
    answer: oneshot::Receiver<Marked>,
}

impl Ledger {
    pub(super) fn new(store: Arc<dyn Store>, stop: CancellationToken) -> Self {
        Self { store, stop, page: Mutex::default(), called: Notify::new() }
    }

    /// Takes a step. A store that is locked or full, or whose disk fails, is waited for. One that refuses the same again and
    /// again for another reason ends the run, and what was in hand is then settled as after a crash.
    pub(super) fn enter(&self, result: Option<AttemptResult>, mark: Option<ItemId>) -> Marking {
        let (answer, answered) = oneshot::channel();
        let waiter = Waiter { answer, failures: 0, last_tries: LAST_TRIES };
        let mut page = self.page.lock();
        page.entries.push(Entry { step: Step { result, mark }, waiter });
        self.called.notify_one();
        Marking { page: page.number, answer: answered }
    }

    /// Waits until a step is durable; whether its mark was set.
    pub(super) async fn settled(&self, mut marking: Marking) -> Result<bool, AppError> {
        let answer = match marking.answer.try_recv() {
            Err(TryRecvError::Empty) => {
                self.hurry(marking.page);
                marking.answer.await.map_err(|error| error.to_string())
            }
            answer => answer.map_err(|error| error.to_string()),
        };
        Ok(answer.map_err(|why| AppError::BrokeOff("a record", why))??)
    }

    fn hurry(&self, number: u64) {
        let mut page = self.page.lock();
        if page.number == number {
            page.is_waited_for = true;
            self.called.notify_one();
        }
    }

    /// Hands the steps to the store, page by page, for ever.
    pub(super) async fn keep(self: &Arc<Self>) -> ! {
        loop {
            self.called.notified().await;
            if self.page.lock().entries.is_empty() {
                continue;
            }
            let _ = tokio::time::timeout(LINGER, self.filled()).await;
            let refused = self.write(self.turn_the_page()).await;
            if !refused.is_empty() {
                tokio::spawn(Arc::clone(self).write_later(refused));
            }
        }
    }

    /// Hands over what a worker left that broke off; once, when no worker is left.
    pub(super) async fn close(&self) {
        let left = self.turn_the_page();
        if !left.is_empty() {
            self.write(left).await;
        }
    }

    fn turn_the_page(&self) -> Vec<Entry> {
        let mut page = self.page.lock();
        page.is_waited_for = false;
        page.number += 1;
        std::mem::take(&mut page.entries)
    }

    /// Waits until the page is full, or somebody waits for it.
    async fn filled(&self) {
        loop {
            {
                let page = self.page.lock();
                if page.is_waited_for || page.entries.len() >= FULL {
                    return;
                }
            }
            self.called.notified().await;
        }
    }

    /// Tries again what the store refused, until it takes it or may refuse it no more.
    async fn write_later(self: Arc<Self>, mut refused: Vec<Entry>) {
        while !refused.is_empty() {
            tokio::time::sleep(PAUSE).await;
            refused = self.write(refused).await;
        }
    }

    /// Hands steps to the store, and its answers to those who wait for them. Returns what is to be tried again.
    async fn write(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let (steps, waiters): (Vec<_>, Vec<_>) = entries.into_iter().map(|entry| (entry.step, entry.waiter)).unzip();
        let steps: Arc<[Step]> = steps.into();
        let answers = self.store.record_and_mark(&steps).await;
        let answers = answers.unwrap_or_else(|error| vec![Err(error); steps.len()]);
        let mut refused = Vec::new();
        for ((step, mut waiter), answer) in steps.iter().zip(waiters).zip(answers) {
            match answer {
                Err(error) if waiter.is_patient(&error, self.stop.is_cancelled()) => {
                    if refused.is_empty() {
                        tracing::warn!("{error}");
                    }
                    refused.push(Entry { step: step.clone(), waiter });
                }
                // A worker that broke off does not want the answer.
                answer => drop(waiter.answer.send(answer)),
            }
        }
        refused
    }
}

impl Waiter {
    /// Whether a step is tried again that the store refused.
    fn is_patient(&mut self, error: &StoreError, is_stopped: bool) -> bool {
        let may_try = error.may_pass() && self.last_tries > 0 && self.failures < FAILURES;
        if may_try {
            self.failures += u32::from(!error.is_waited_for());
            self.last_tries -= u32::from(is_stopped);
        }
        may_try
    }
}
