//! What became of items, and which are in flight next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use chrono::DateTime;
use tokio_postgres::Row;

use super::super::mailing_list;
use super::changes::Changes;
use super::items::{few, keys};
use super::memory::{self, Remembered};
use super::replies;
use crate::domain::delivery::{ItemId, Mailing, Outcome, TransactionalId};
use crate::domain::edition::EditionState;
use crate::domain::refusal::Refusal;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::lease::Lease;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::in_hand::{InHand, MarkResult, Released};
use crate::store::shared::items::{item, spared};
use crate::store::{AttemptResult, Epoch, Marked, Step};

/// What became of a page of steps.
#[derive(Default)]
pub(super) struct Taken {
    /// Of each, until when the lease of the item lasts that is now in flight, if one is; or why it was refused.
    steps: Vec<Result<Option<Instant>, Refusal>>,
    /// What is to be remembered of its items once it is committed, and of the words of replies.
    pub(super) items: Vec<(ItemId, Option<memory::InFlight>)>,
    pub(super) words: replies::Known,
}

/// Takes every step, in their order: all items are read and locked, the domain decides about one after the other, and what
/// changed is written. One that is refused changes nothing. Once the lease is over under which an item was claimed, its result
/// counts as long as nobody took it up, but if it is to be marked it is put back.
pub(super) async fn take_steps(
    transaction: &Transaction,
    hasher: &AddressHasher,
    lease: &Lease,
    steps: &[Step],
) -> Result<Taken, PostgresError> {
    let (me, ours) = (lease.number().unwrap_or_default(), lease.numbers());
    let mut taken = Taken::default();
    // Whoever is suppressed by a step is so for those that follow.
    for part in steps.split_inclusive(decides_about_the_list) {
        let (mut page, known) =
            tokio::try_join!(biased; Page::read(transaction, &ours, part), known_words(transaction, part))?;
        for step in part {
            let done = page.take(step);
            taken.steps.push(done);
        }
        let is_last = !part.last().is_some_and(decides_about_the_list);
        taken.words.extend(page.changes.write(transaction, known, me, is_last).await?);
        taken.items.extend(page.after);
        if let (Some(Ok(_)), Some(Step { result: Some(result), .. })) = (taken.steps.last(), part.last())
            && let Outcome::Permanent { suppress: Some(reason), reply } = &result.outcome
        {
            mailing_list::refused(transaction, (hasher, result.at), result.id, reply, *reason).await?;
        }
    }
    Ok(taken)
}

/// Whether a step suppresses a mailbox: its relay says that there is none.
pub(super) fn decides_about_the_list(step: &Step) -> bool {
    matches!(&step.result, Some(AttemptResult { outcome: Outcome::Permanent { suppress: Some(_), .. }, .. }))
}

async fn known_words(transaction: &Transaction, steps: &[Step]) -> Result<replies::Known, PostgresError> {
    let outcomes = steps.iter().filter_map(|step| Some(&step.result.as_ref()?.outcome));
    let said = outcomes.filter(|outcome| outcome.is_attempt()).filter_map(Outcome::reply);
    replies::known(transaction, said.map(|reply| reply.text.as_str())).await
}

impl Taken {
    /// The answers, once it is durable, and what puts back the marks that came too late. A mark counts only if the lease still
    /// lasts: else another node may take the item up at any time, and would send it.
    pub(super) fn answers(self, steps: &[Step]) -> (Vec<Marked>, Vec<Step>) {
        let now = Instant::now();
        let is_late = |taken: &Result<Option<Instant>, Refusal>| matches!(taken, Ok(Some(until)) if now >= *until);
        let late = self.steps.iter().zip(steps).filter(|(taken, _)| is_late(taken)).filter_map(|(_, step)| step.mark);
        let back = late.map(|id| Step { result: Some(withheld(id)), mark: None }).collect();
        let answer =
            |taken: Result<Option<Instant>, Refusal>| -> Marked { Ok(taken?.is_some_and(|until| now < until)) };
        (self.steps.into_iter().map(answer).collect(), back)
    }
}

/// Nothing was tried, so no time is kept.
fn withheld(id: ItemId) -> AttemptResult {
    AttemptResult { id, outcome: Outcome::Withheld, at: DateTime::UNIX_EPOCH, retry_at: None }
}

/// The items that steps are about.
pub(super) fn items_of(steps: &[Step]) -> impl Iterator<Item = ItemId> {
    steps.iter().flat_map(|step| step.result.as_ref().map(|result| result.id).into_iter().chain(step.mark))
}

/// The items of some steps that we have in hand, and what becomes of them.
pub(super) struct Page {
    items: BTreeMap<ItemId, Held>,
    changes: Changes,
    /// How far the database had come at least when they were read.
    epoch: Epoch,
    /// What they are afterwards.
    after: Vec<(ItemId, Option<memory::InFlight>)>,
}

/// One of them.
struct Held {
    item: InHand,
    /// Until when the lease lasts at least under which it was claimed, if it does.
    lease_until: Option<Instant>,
}

impl Page {
    async fn read(transaction: &Transaction, ours: &[i64], steps: &[Step]) -> Result<Self, PostgresError> {
        let (mailings, recipients) = keys(items_of(steps).collect::<BTreeSet<_>>())?;
        let (spared, sending) = (spared(Mailing::Transactional(TransactionalId(0))), EditionState::Sending.as_str());
        let values = params![mailings, recipients, ours, spared, sending];
        let begun = Instant::now();
        let items = transaction
            .rows("SELECT * FROM items_in_hand($1, $2, $3, $4, $5)", values, |row| held(row, begun))
            .await?
            .into_iter()
            .collect();
        Ok(Self { items, changes: Changes::default(), epoch: transaction.epoch()?, after: Vec::new() })
    }

    /// Of items as they are remembered, under a lease that lasts.
    pub(super) fn remembered(items: &HashMap<ItemId, Remembered>, epoch: Epoch) -> Self {
        let until = Some(Instant::now());
        let held = |(id, item): (&ItemId, &Remembered)| (*id, Held { item: item.item.clone(), lease_until: until });
        Self { items: items.iter().map(held).collect(), changes: Changes::default(), epoch, after: Vec::new() }
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What became of its steps, of which these were to be marked and all were: under a lease that lasts until then.
    pub(super) fn end(self, marks: &[Option<ItemId>], lease_until: Instant, epoch: Epoch) -> Taken {
        let steps = marks.iter().map(|mark| Ok(mark.map(|_| lease_until))).collect();
        let renew = |marked: memory::InFlight| memory::InFlight {
            wanted_as_of: epoch,
            lease_until: Some(lease_until),
            ..marked
        };
        let items = self.after.into_iter().map(|(id, item)| (id, item.map(renew))).collect();
        Taken { steps, items, words: replies::Known::new() }
    }

    /// Records a result, and then a mark; or neither. Until when the lease lasts under which it is marked, if it is.
    pub(super) fn take(&mut self, step: &Step) -> Result<Option<Instant>, Refusal> {
        let recorded = step.result.as_ref().map(|result| self.after(result)).transpose()?;
        let mark = step.mark.map(|id| self.mark(id, step)).transpose()?;
        if let (Some(result), Some(released)) = (&step.result, recorded) {
            self.release(result.id, sql::millis(result.at), released)?;
        }
        match (step.mark, mark) {
            (Some(id), Some(MarkResult::Set(state))) => {
                let Held { item, lease_until } = self.items.get_mut(&id).ok_or(Refusal::NotInHand(id))?;
                item.state = state;
                self.changes.mark(id, state, (item.attempts, item.repeated))?;
                let (item, lease_until) = (item.clone(), *lease_until);
                self.after.push((id, Some(memory::InFlight { item, wanted_as_of: self.epoch, lease_until })));
                Ok(lease_until)
            }
            // Nothing was tried, so no time is kept.
            (Some(id), Some(MarkResult::LetGo(released))) => self.release(id, 0, released).map(|()| None),
            _ => Ok(None),
        }
    }

    fn held(&self, id: ItemId) -> Result<&Held, Refusal> {
        self.items.get(&id).ok_or(Refusal::NotInHand(id))
    }

    fn after(&self, result: &AttemptResult) -> Result<Released, Refusal> {
        self.held(result.id)?.item.after(result)
    }

    fn mark(&self, id: ItemId, step: &Step) -> Result<MarkResult, Refusal> {
        if step.result.as_ref().is_some_and(|result| result.id == id) {
            return Err(Refusal::NotInHand(id));
        }
        let Held { item, lease_until } = self.held(id)?;
        let marked = item.marked(id)?;
        if lease_until.is_some() { Ok(marked) } else { item.let_go(id).map(MarkResult::LetGo) }
    }

    fn release(&mut self, id: ItemId, at: i64, released: Released) -> Result<(), Refusal> {
        self.items.remove(&id);
        self.after.push((id, None));
        self.changes.release(id, at, released)
    }
}

/// An item as it was read by a question that was asked at `asked`.
fn held(row: &Row, asked: Instant) -> Result<(ItemId, Held), PostgresError> {
    let item_in_hand = InHand {
        state: row.try_get(2)?,
        attempts: few(row, 3)?,
        repeated: row.try_get(4)?,
        forgotten: row.try_get(5)?,
        suppressed: row.try_get(6)?,
        sending: row.try_get(7)?,
    };
    let left = row.try_get::<_, Option<i64>>(8)?.filter(|left| *left > 0);
    let lease_until = left.map(|left| asked + Duration::from_millis(sql::count(left)));
    Ok((item(row.try_get(0)?, row.try_get(1)?), Held { item: item_in_hand, lease_until }))
}
