//! What the workers have for the store: their steps are gathered, so that one commit does for many of them.
//!
//! Nobody waits for a result to be durable, only for a mark, and a mark is entered before its turn comes. So steps may lie
//! here for a moment, until a worker can do nothing without its own.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use crate::app::error::AppError;
use crate::domain::delivery::ItemId;
use crate::domain::refusal::Refusal;
use crate::store::{AttemptResult, Marked, Step, Store, StoreError};

/// How often a store that is locked or full is asked again once the run was told to stop.
pub(super) const LAST_TRIES: u32 = 3;

/// How long between two such questions.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// How long a step lies here at most while everyone has something else to do.
const LINGER: Duration = Duration::from_millis(2);

/// A page with so many steps is not kept open any longer.
const FULL: usize = 64;

/// How many pages may be on their way to a store: one that is shared takes others while one waits for its disk.
const PLACES: u32 = 1;
const SHARED_PLACES: u32 = 3;

/// How often a store may refuse one step for a reason that is not waited for.
const FAILURES: u32 = 20;

/// After so many of these refusals a step is handed over by itself: it may be another of its page that is refused.
const ALONE: u32 = 2;

/// What takes the steps of a page: [`crate::store::Outbox::record_and_mark`].
type Write = dyn Fn(Arc<[Step]>) -> Pin<Box<dyn Future<Output = Result<Vec<Marked>, StoreError>> + Send>> + Send + Sync;

pub(super) struct Ledger {
    write: Box<Write>,
    /// Another node may have taken up what a step is about.
    is_shared: bool,
    /// Pages that may be on their way besides the one that is kept open: all of them, and those that are left.
    all_places: u32,
    places: Arc<Semaphore>,
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
        let is_shared = store.is_shared();
        let write = move |steps: Arc<[Step]>| {
            let store = Arc::clone(&store);
            Box::pin(async move { store.record_and_mark(&steps).await }) as Pin<Box<_>>
        };
        Self::over(Box::new(write), is_shared, stop)
    }

    fn over(write: Box<Write>, is_shared: bool, stop: CancellationToken) -> Self {
        let all_places = if is_shared { SHARED_PLACES } else { PLACES };
        let places = Arc::new(Semaphore::new(all_places as usize));
        Self { write, is_shared, all_places, places, stop, page: Mutex::default(), called: Notify::new() }
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
            let place = Arc::clone(&self.places).acquire_owned().await;
            self.called.notified().await;
            if self.page.lock().entries.is_empty() {
                continue;
            }
            let _ = tokio::time::timeout(LINGER, self.filled()).await;
            let (ledger, page) = (Arc::clone(self), self.turn_the_page());
            // No two pages that are on their way are about the same item: its result is entered once its mark is settled.
            tokio::spawn(async move {
                let refused = ledger.write(page).await;
                drop(place);
                ledger.write_later(refused).await;
            });
        }
    }

    /// Hands over what a worker left that broke off; once, when no worker is left.
    pub(super) async fn close(&self) {
        let left = self.turn_the_page();
        if !left.is_empty() {
            self.write(left).await;
        }
        // Those that are on their way have arrived once all places are free.
        let _all = self.places.acquire_many(self.all_places).await;
    }

    fn turn_the_page(&self) -> Vec<Entry> {
        let mut page = self.page.lock();
        page.is_waited_for = false;
        page.number += 1;
        std::mem::take(&mut page.entries)
    }

    /// Waits until the page is full, or someone waits for it.
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
            let (alone, page): (Vec<_>, Vec<_>) = refused.into_iter().partition(|entry| entry.waiter.failures >= ALONE);
            refused = if page.is_empty() { page } else { self.write(page).await };
            for entry in alone {
                refused.extend(self.write(vec![entry]).await);
            }
        }
    }

    /// Hands steps to the store, and its answers to those who wait for them. Returns what is to be tried again.
    async fn write(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let (steps, waiters): (Vec<_>, Vec<_>) = entries.into_iter().map(|entry| (entry.step, entry.waiter)).unzip();
        let steps: Arc<[Step]> = steps.into();
        let answers = (self.write)(Arc::clone(&steps)).await;
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
                Err(StoreError::Refused(Refusal::NotInHand(_))) if self.is_shared => {
                    refused.extend(taken_up(step, waiter));
                }
                // A worker that broke off does not want the answer.
                answer => drop(waiter.answer.send(answer)),
            }
        }
        refused
    }
}

/// Something of a step is not ours any more: our lease was over, and another node has it. What was to be marked is not. What was
/// sent may still be ours if the step had both: that is left of it.
fn taken_up(step: &Step, waiter: Waiter) -> Option<Entry> {
    if let Step { result: Some(result), mark: Some(_) } = step {
        return Some(Entry { step: Step { result: Some(result.clone()), mark: None }, waiter });
    }
    if step.result.is_some() {
        tracing::warn!("another node took up a mail that was in our hands: what came of it here is not kept");
    }
    // A worker that broke off does not want the answer.
    drop(waiter.answer.send(Ok(false)));
    None
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    use crate::domain::delivery::{Mailing, Outcome, TransactionalId};
    use crate::domain::subscriber::RecipientId;

    /// The pages that a store got, each as the numbers of its marks, or of results that are alone.
    type Pages = Arc<Mutex<Vec<Vec<u64>>>>;

    fn item(number: u64) -> ItemId {
        ItemId { mailing: Mailing::Transactional(TransactionalId(number)), recipient: RecipientId(number) }
    }

    fn locked() -> StoreError {
        StoreError::Locked { place: "here".to_owned() }
    }

    /// A ledger over a store that answers as it is told: about a mark, by how often it has seen it.
    fn ledger(answer: fn(u64, usize) -> Marked) -> (Arc<Ledger>, Pages, CancellationToken) {
        ledger_over(false, answer)
    }

    fn ledger_over(is_shared: bool, answer: fn(u64, usize) -> Marked) -> (Arc<Ledger>, Pages, CancellationToken) {
        let (pages, stop) = (Pages::default(), CancellationToken::new());
        let seen = Arc::clone(&pages);
        let write = move |steps: Arc<[Step]>| {
            let mut pages = seen.lock();
            let about = |step: &Step| step.mark.or_else(|| Some(step.result.as_ref()?.id));
            let marks: Vec<u64> = steps.iter().filter_map(|step| Some(about(step)?.recipient.0)).collect();
            pages.push(marks.clone());
            let times = |mark: u64| pages.iter().flatten().filter(|seen| **seen == mark).count();
            let answers = marks.iter().map(|mark| answer(*mark, times(*mark))).collect();
            Box::pin(std::future::ready(Ok(answers))) as Pin<Box<_>>
        };
        (Arc::new(Ledger::over(Box::new(write), is_shared, stop.clone())), pages, stop)
    }

    fn kept(ledger: &Arc<Ledger>) {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move { ledger.keep().await });
    }

    #[tokio::test]
    async fn what_is_entered_before_someone_waits_is_one_page() {
        let (ledger, pages, _) = ledger(|mark, _| Ok(mark != 2));
        kept(&ledger);
        let entered = [1, 2, 3].map(|number| ledger.enter(None, Some(item(number))));
        let mut marked = Vec::new();
        for marking in entered {
            marked.push(ledger.settled(marking).await.unwrap());
        }
        assert_eq!((marked, pages.lock().as_slice()), (vec![true, false, true], &[vec![1, 2, 3]][..]));
        let next = ledger.enter(None, Some(item(4)));
        assert!(ledger.settled(next).await.unwrap());
        assert_eq!(pages.lock().as_slice(), [vec![1, 2, 3], vec![4]]);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_does_not_lie_there() {
        let (ledger, pages, _) = ledger(|_, _| Ok(true));
        kept(&ledger);
        let entered = ledger.enter(None, Some(item(1)));
        assert!(entered.answer.await.unwrap().unwrap());
        assert_eq!(pages.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_step_that_may_pass_later_holds_up_nobody() {
        let (ledger, pages, _) = ledger(|mark, times| if (mark, times) == (1, 1) { Err(locked()) } else { Ok(true) });
        kept(&ledger);
        let (first, second) = (ledger.enter(None, Some(item(1))), ledger.enter(None, Some(item(2))));
        assert!(ledger.settled(second).await.unwrap());
        let third = ledger.enter(None, Some(item(3)));
        assert!(ledger.settled(third).await.unwrap());
        assert!(ledger.settled(first).await.unwrap());
        assert_eq!(pages.lock().as_slice(), [vec![1, 2], vec![3], vec![1]]);
    }

    /// A store that refuses every page with a step about this mail in it.
    #[tokio::test]
    async fn a_step_that_is_always_refused_takes_no_other_with_it() {
        let backend = || StoreError::Backend { place: "here".to_owned(), reason: "a value".to_owned() };
        let write = move |steps: Arc<[Step]>| {
            let is_refused = steps.iter().any(|step| step.mark == Some(item(2)));
            let answer = if is_refused { Err(backend()) } else { Ok(steps.iter().map(|_| Ok(true)).collect()) };
            Box::pin(std::future::ready(answer)) as Pin<Box<_>>
        };
        let stop = CancellationToken::new();
        let ledger = Arc::new(Ledger::over(Box::new(write), true, stop.clone()));
        kept(&ledger);
        let [first, second, third] = [1, 2, 3].map(|number| ledger.enter(None, Some(item(number))));
        assert!(ledger.settled(first).await.unwrap() && ledger.settled(third).await.unwrap());
        stop.cancel();
        assert!(ledger.settled(second).await.is_err());
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let (ledger, pages, _) = ledger(|mark, _| Err(Refusal::NotInHand(item(mark)).into()));
        kept(&ledger);
        let entered = ledger.enter(None, Some(item(1)));
        assert!(ledger.settled(entered).await.is_err());
        assert_eq!(pages.lock().len(), 1);
    }

    #[tokio::test]
    async fn what_another_node_took_up_is_not_sent_and_what_was_sent_is_recorded_if_it_is_still_ours() {
        let (ledger, pages, _) =
            ledger_over(true, |mark, _| if mark == 1 { Ok(false) } else { Err(Refusal::NotInHand(item(mark)).into()) });
        kept(&ledger);
        let sent = AttemptResult { id: item(1), outcome: Outcome::Withheld, at: DateTime::UNIX_EPOCH, retry_at: None };
        let entered = ledger.enter(Some(sent), Some(item(2)));
        assert!(!ledger.settled(entered).await.unwrap());
        let alone = ledger.enter(None, Some(item(3)));
        assert!(!ledger.settled(alone).await.unwrap());
        assert_eq!(pages.lock().as_slice(), [vec![2], vec![1], vec![3]]);
    }

    #[tokio::test]
    async fn once_stopped_a_store_that_stays_locked_is_asked_a_few_times_more() {
        let (ledger, pages, stop) = ledger(|_, _| Err(locked()));
        kept(&ledger);
        stop.cancel();
        let entered = ledger.enter(None, Some(item(1)));
        assert!(ledger.settled(entered).await.is_err());
        assert_eq!(pages.lock().len(), 1 + usize::try_from(LAST_TRIES).unwrap());
    }

    #[tokio::test]
    async fn what_a_worker_left_is_handed_over_at_the_end() {
        let (ledger, pages, _) = ledger(|_, _| Ok(true));
        drop([1, 2].map(|number| ledger.enter(None, Some(item(number)))));
        ledger.close().await;
        ledger.close().await;
        assert_eq!(pages.lock().as_slice(), [vec![1, 2]]);
    }

    #[test]
    fn only_what_is_waited_for_is_tried_for_ever() {
        let waiter = || Waiter { answer: oneshot::channel().0, failures: 0, last_tries: LAST_TRIES };
        let backend = StoreError::Backend { place: "here".to_owned(), reason: "a constraint".to_owned() };
        let tries = |error: &StoreError, stopped: bool| {
            let mut waiter = waiter();
            (0..1_000).take_while(|_| waiter.is_patient(error, stopped)).count()
        };
        assert_eq!((tries(&backend, false), tries(&locked(), false)), (20, 1_000));
        assert_eq!((tries(&backend, true), tries(&locked(), true)), (3, 3));
        let gone = StoreError::Gone { place: "here".to_owned() };
        assert_eq!((tries(&gone, false), tries(&gone, true)), (0, 0));
    }
}
