//! Whether mails are still wanted, just before they leave.
//!
//! Each sender asks about its next mail and waits. A database takes longer to be asked than to answer, so those who ask while
//! an answer is on its way are asked about together, in the question after it: each by a question that began after it asked.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::super::epoch::read_epoch;
use super::items::keys;
use super::memory::Memory;
use crate::domain::delivery::{ItemId, Mailing, TransactionalId};
use crate::domain::edition::EditionState;
use crate::store::postgres::engine::alone;
use crate::store::postgres::engine::sql::params;
use crate::store::postgres::engine::transaction::Source;
use crate::store::shared::items::spared;
use crate::store::{Epoch, StoreError};

/// Who asks, and about what.
struct Question {
    id: ItemId,
    /// The numbers of ours under one of which it must be in hand; none if there is no such number.
    ours: Option<Vec<i64>>,
    /// How far the database had come at least when it was known to be wanted, and under which number we have it, if its lease
    /// lasts.
    wanted_as_of: Option<(Epoch, i64)>,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

/// What is to be asked next.
#[derive(Default)]
struct Queue {
    questions: Vec<Question>,
    /// An answer is on its way.
    is_asking: bool,
}

/// The questions of this process.
pub(in crate::store::postgres) struct Questions {
    source: Source,
    /// Where they are asked, whoever waits for them.
    runtime: Handle,
    queue: Arc<Mutex<Queue>>,
    memory: Arc<Memory>,
}

impl Questions {
    /// Of a store that is opened now, within the runtime that lives as long as it does.
    pub(in crate::store::postgres) fn new(source: Source, memory: Arc<Memory>) -> Self {
        Self { source, runtime: Handle::current(), queue: Arc::default(), memory }
    }

    /// Whether an item's mailbox may get it, its edition is being sent, and we have it in hand under one of our numbers, if
    /// there are some, whose lease is not over.
    pub(super) async fn is_wanted(&self, id: ItemId, ours: Option<Vec<i64>>) -> Result<bool, StoreError> {
        let (answer, answered) = oneshot::channel();
        // An answer may take so long, and the lease must last until then.
        let wanted_as_of = self.memory.wanted_as_of(id, Instant::now() + self.source.brief());
        let is_asking = {
            let mut queue = self.queue.lock();
            queue.questions.push(Question { id, ours, wanted_as_of, answer });
            std::mem::replace(&mut queue.is_asking, true)
        };
        if !is_asking {
            self.runtime.spawn(ask_all(self.source.clone(), Arc::clone(&self.queue)));
        }
        let broke_off = || {
            let reason = "whether mails are wanted was not answered".to_owned();
            StoreError::Unreachable { place: self.source.place().to_owned(), reason }
        };
        answered.await.unwrap_or_else(|_| Err(broke_off()))
    }
}

/// Whoever asks; should that break off, the next question finds nobody asking.
struct Asking(Arc<Mutex<Queue>>);

impl Asking {
    /// What is to be asked next; nothing, and nobody is asking any more.
    fn next(&self) -> Vec<Question> {
        let mut queue = self.0.lock();
        queue.is_asking = !queue.questions.is_empty();
        std::mem::take(&mut queue.questions)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.lock();
            queue.is_asking = false;
            queue.questions.clear();
        }
    }
}

/// Asks until nobody does.
async fn ask_all(source: Source, queue: Arc<Mutex<Queue>>) {
    let asking = Asking(queue);
    loop {
        let questions = asking.next();
        // Whoever asked last knows of all numbers that those before knew of.
        let Some(ours) = questions.last().map(|question| question.ours.clone()) else { return };
        let wanted_as_of = questions.iter().map(|question| question.wanted_as_of).reduce(common);
        let ids = questions.iter().map(|question| question.id).collect();
        let answers = ask(&source, wanted_as_of.flatten(), ours, ids).await;
        for Question { id, answer, .. } in questions {
            let wanted = answers.as_ref().map(|wanted| wanted.contains(&id)).map_err(Clone::clone);
            // Whoever stopped waiting does not send.
            let _ = answer.send(wanted);
        }
    }
}

/// What is so of both, if we have them under one number.
fn common(one: Option<(Epoch, i64)>, other: Option<(Epoch, i64)>) -> Option<(Epoch, i64)> {
    let ((one, claim), (other, its_claim)) = (one?, other?);
    (claim == its_claim).then(|| (one.lower(other), claim))
}

/// Those of the items that are wanted: none in a database that has lost something, of which nobody knows what it was. All of them
/// were, when the database had come so far.
async fn ask(
    source: &Source,
    wanted_as_of: Option<(Epoch, i64)>,
    ours: Option<Vec<i64>>,
    ids: Vec<ItemId>,
) -> Result<Vec<ItemId>, StoreError> {
    let (mailings, recipients) = keys(ids.iter().copied())?;
    let (spared, sending) = (spared(Mailing::Transactional(TransactionalId(0))), EditionState::Sending.as_str());
    let (epoch, claim) = wanted_as_of.unzip();
    let (list, editions) = epoch.map(|epoch| (epoch.list, epoch.editions)).unzip();
    let values = params![list, editions, claim, ours, mailings, recipients, spared, sending];
    let query = "SELECT database, list, editions, wanted FROM wanted_since($1, $2, $3, $4, $5, $6, $7, $8)";
    let (known, expected) = (source.known(), source.known().highest());
    let read = |row: &tokio_postgres::Row| {
        let epoch = read_epoch(row, 0)?;
        let is_lost = known.is_missing() || expected.is_some_and(|expected| epoch.is_behind(expected));
        let wanted = row.try_get::<_, Option<Vec<bool>>>(3)?.unwrap_or_else(|| vec![true; ids.len()]);
        Ok(if is_lost { Vec::new() } else { wanted })
    };
    let wanted = alone::row(source, query, values, read).await?;
    Ok(ids
        .iter()
        .copied()
        .zip(wanted.unwrap_or_default())
        .filter_map(|(id, is_wanted)| is_wanted.then_some(id))
        .collect())
}
