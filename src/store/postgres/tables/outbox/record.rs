//! What became of items, and which are in flight next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use tokio_postgres::Row;

use super::super::mailing_list;
use super::changes::Changes;
use super::items::{few, keys};
use super::replies;
use crate::domain::delivery::{ItemId, Mailing, Outcome, TransactionalId};
use crate::domain::edition::EditionState;
use crate::domain::refusal::Refusal;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::in_hand::{InHand, MarkResult, Released};
use crate::store::shared::items::{item, spared};
use crate::store::{AttemptResult, Marked, Step, StoreError};

/// What became of a page of steps.
pub(super) struct Taken {
    /// Of each, whether its mark was set, or why the step was refused.
    steps: Vec<Result<bool, Refusal>>,
    /// How long our lease lasts at least; nothing once it is over.
    lease_until: Option<Instant>,
}

/// Takes every step, in their order: all items are read and locked, the domain decides about one after the other, and what
/// changed is written. One that is refused changes nothing. Once our lease is over, results count as long as nobody took the
/// items up, but what is to be marked is put back.
pub(super) async fn take_steps(
    transaction: &Transaction,
    hasher: &AddressHasher,
    me: i64,
    steps: &[Step],
) -> Result<Taken, PostgresError> {
    let mut taken = Taken { steps: Vec::with_capacity(steps.len()), lease_until: None };
    // Whoever is suppressed by a step is so for those that follow.
    for part in steps.split_inclusive(decides_about_the_list) {
        let begun = Instant::now();
        let (mut page, known) =
            tokio::try_join!(biased; Page::read(transaction, me, part), known_words(transaction, part))?;
        let until = page.lease.map(|left| begun + left);
        taken.lease_until = taken.lease_until.into_iter().chain(until).min();
        taken.steps.extend(part.iter().map(|step| page.take(step)));
        let is_last = !part.last().is_some_and(decides_about_the_list);
        page.changes.write(transaction, &known, me, is_last).await?;
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
    /// The answers, once it is durable. A mark counts only if our lease still lasts: else another node may have taken the item
    /// up since, and would send it.
    pub(super) fn answers(self, steps: &[Step]) -> Vec<Marked> {
        let is_over = self.lease_until.is_none_or(|until| Instant::now() >= until);
        let answer = |(taken, step): (Result<bool, Refusal>, &Step)| match (taken, step.mark) {
            (Ok(true), Some(id)) if is_over => Err(Refusal::NotInHand(id).into()),
            (taken, _) => taken.map_err(StoreError::from),
        };
        self.steps.into_iter().zip(steps).map(answer).collect()
    }
}

/// The items of some steps that we have in hand, and what becomes of them.
struct Page {
    items: BTreeMap<ItemId, InHand>,
    /// How long our lease lasts from when it was asked; nothing if it is over.
    lease: Option<Duration>,
    changes: Changes,
}

impl Page {
    async fn read(transaction: &Transaction, me: i64, steps: &[Step]) -> Result<Self, PostgresError> {
        let ids =
            steps.iter().flat_map(|step| step.result.as_ref().map(|result| result.id).into_iter().chain(step.mark));
        let (mailings, recipients) = keys(ids.collect::<BTreeSet<_>>())?;
        let (spared, sending) = (spared(Mailing::Transactional(TransactionalId(0))), EditionState::Sending.as_str());
        let values = params![mailings, recipients, me, spared, sending];
        let mut lease = None;
        let read = |row: &Row| {
            let left: Option<i64> = row.try_get(8)?;
            lease = left.filter(|left| *left > 0).map(|left| Duration::from_millis(sql::count(left)));
            in_hand(row)
        };
        let items = transaction
            .rows("SELECT * FROM items_in_hand($1, $2, $3, $4, $5)", values, read)
            .await?
            .into_iter()
            .collect();
        Ok(Self { items, lease, changes: Changes::default() })
    }

    /// Records a result, and then a mark; or neither.
    fn take(&mut self, step: &Step) -> Result<bool, Refusal> {
        let recorded = step.result.as_ref().map(|result| self.after(result)).transpose()?;
        let mark = step.mark.map(|id| self.mark(id, step)).transpose()?;
        if let (Some(result), Some(released)) = (&step.result, recorded) {
            self.release(result.id, sql::millis(result.at), released)?;
        }
        match (step.mark, mark) {
            (Some(id), Some(MarkResult::Set(state))) => {
                let item = self.items.get_mut(&id).ok_or(Refusal::NotInHand(id))?;
                item.state = state;
                self.changes.mark(id, state, (item.attempts, item.repeated))?;
                Ok(true)
            }
            // Nothing was tried, so no time is kept.
            (Some(id), Some(MarkResult::LetGo(released))) => self.release(id, 0, released).map(|()| false),
            _ => Ok(false),
        }
    }

    fn held(&self, id: ItemId) -> Result<&InHand, Refusal> {
        self.items.get(&id).ok_or(Refusal::NotInHand(id))
    }

    fn after(&self, result: &AttemptResult) -> Result<Released, Refusal> {
        self.held(result.id)?.after(result)
    }

    fn mark(&self, id: ItemId, step: &Step) -> Result<MarkResult, Refusal> {
        if step.result.as_ref().is_some_and(|result| result.id == id) {
            return Err(Refusal::NotInHand(id));
        }
        let marked = self.held(id)?.marked(id)?;
        if self.lease.is_some() { Ok(marked) } else { self.held(id)?.let_go(id).map(MarkResult::LetGo) }
    }

    fn release(&mut self, id: ItemId, at: i64, released: Released) -> Result<(), Refusal> {
        self.items.remove(&id);
        self.changes.release(id, at, released)
    }
}

fn in_hand(row: &Row) -> Result<(ItemId, InHand), PostgresError> {
    let in_hand = InHand {
        state: row.try_get(2)?,
        attempts: few(row, 3)?,
        repeated: row.try_get(4)?,
        forgotten: row.try_get(5)?,
        suppressed: row.try_get(6)?,
        sending: row.try_get(7)?,
    };
    Ok((item(row.try_get(0)?, row.try_get(1)?), in_hand))
}
