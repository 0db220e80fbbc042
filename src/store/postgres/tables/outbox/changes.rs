//! What a page of steps, or a recovery, makes of many items: written in one statement, for a thousand as for one.

use std::collections::BTreeMap;

use super::items::Attempt;
use super::{cap, replies, transactional};
use crate::domain::delivery::{DeliveryState, ItemId, Mailing, OutcomeKind};
use crate::domain::refusal::Refusal;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::in_hand::Released;
use crate::store::shared::items::key;

/// What is to be written.
#[derive(Default)]
pub(super) struct Changes {
    rows: BTreeMap<(i64, i64), Changed>,
    attempts: Vec<Attempt>,
    accepted: BTreeMap<i64, i64>,
    /// How many of the editions' mails were handed over in which quarter of an hour, or may have been.
    handed_over: BTreeMap<i64, i64>,
    /// Transactional mails of which nothing more is sent.
    settled: Vec<i64>,
}

/// An item's row as it becomes.
struct Changed {
    state: DeliveryState,
    attempts: i32,
    next_at: Option<i64>,
    repeated: bool,
    is_in_hand: bool,
}

impl Changes {
    /// An item is in flight.
    pub(super) fn mark(
        &mut self,
        id: ItemId,
        state: DeliveryState,
        (attempts, repeated): (u32, bool),
    ) -> Result<(), Refusal> {
        let changed = Changed { state, attempts: few(attempts), next_at: None, repeated, is_in_hand: true };
        self.rows.insert(key(id)?, changed);
        Ok(())
    }

    /// Nobody has an item in hand any more; its attempt ended then, if one did.
    pub(super) fn release(&mut self, id: ItemId, at: i64, released: Released) -> Result<(), Refusal> {
        let (Released { settled, attempts, attempt }, key) = (released, key(id)?);
        let (attempts, next_at) = (few(attempts), settled.next_at.map(sql::millis));
        let (state, repeated) = (settled.state, settled.repeated);
        self.rows.insert(key, Changed { state, attempts, next_at, repeated, is_in_hand: false });
        if let Some((kind, reply)) = attempt {
            if id.mailing.number().is_some() && OutcomeKind::ARRIVED.contains(&kind) {
                *self.handed_over.entry(cap::quarter(at)).or_default() += 1;
            }
            let (code, reply) = (reply.code.map(i32::from), replies::storable(reply.text));
            self.attempts.push(Attempt { key, at, reply, number: attempts, kind, code });
        }
        match id.mailing {
            Mailing::Edition(_) | Mailing::Bulletin(_) if state == DeliveryState::Accepted => {
                *self.accepted.entry(key.0).or_default() += 1;
            }
            Mailing::Transactional(_) if settled.is_final() => self.settled.push(-key.0),
            _ => {}
        }
        Ok(())
    }

    /// What ended.
    pub(super) fn tried(&self) -> &[Attempt] {
        &self.attempts
    }

    /// What is said of the attempts.
    pub(super) fn replies(&self) -> impl Iterator<Item = &str> {
        self.attempts.iter().map(|attempt| attempt.reply.as_str())
    }

    /// Writes it; `known` are words of replies that the store has, and `node` counts what is accepted. If nothing else is to
    /// be done, the transaction ends with it. Returns the words that the store has then.
    pub(super) async fn write(
        &self,
        transaction: &Transaction,
        mut known: replies::Known,
        node: i64,
        is_last: bool,
    ) -> Result<replies::Known, PostgresError> {
        if self.rows.is_empty() {
            return Ok(known);
        }
        let replies = replies::store(transaction, &mut known, &self.attempts).await?;
        transactional::forget_texts(transaction, &self.settled).await?;
        self.write_items(transaction, replies, node, is_last).await?;
        Ok(known)
    }

    async fn write_items(
        &self,
        transaction: &Transaction,
        replies: Vec<replies::Stored>,
        node: i64,
        is_last: bool,
    ) -> Result<(), PostgresError> {
        let Items { mailings, recipients, states, attempts, times, repeated, in_hand } = self.items();
        let Attempts { mailings: tried_of, recipients: tried, numbers, ended, kinds, codes, own, words } =
            self.attempts(replies);
        let ((editions, more), (quarters, arrived)) = (self.accepted(), self.handed_over());
        let write =
            "SELECT write_items($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                                        $19, $20, $21)";
        let trace = transaction.trace_row();
        let values = params![
            node, trace, mailings, recipients, states, attempts, times, repeated, in_hand, tried_of, tried, numbers,
            ended, kinds, codes, own, words, editions, more, quarters, arrived,
        ];
        if is_last { transaction.run_last(write, values).await } else { transaction.run(write, values).await.map(drop) }
    }

    /// What else belongs to a transactional mail is forgotten with it, which takes a statement of its own.
    pub(super) fn settles_texts(&self) -> bool {
        !self.settled.is_empty()
    }

    /// The rows as they become, in the order of their keys.
    pub(super) fn items(&self) -> Items {
        let (mailings, recipients) = self.rows.keys().copied().unzip();
        let rows = || self.rows.values();
        Items {
            mailings,
            recipients,
            states: rows().map(|row| row.state).collect(),
            attempts: rows().map(|row| row.attempts).collect(),
            times: rows().map(|row| row.next_at).collect(),
            repeated: rows().map(|row| row.repeated).collect(),
            in_hand: rows().map(|row| row.is_in_hand).collect(),
        }
    }

    /// What attempts came to; `replies` are theirs as they are stored.
    pub(super) fn attempts(&self, replies: Vec<replies::Stored>) -> Attempts {
        let (mailings, recipients) = self.attempts.iter().map(|one| one.key).unzip();
        let (words, own) = replies.into_iter().unzip();
        let all = || self.attempts.iter();
        Attempts {
            mailings,
            recipients,
            numbers: all().map(|one| one.number).collect(),
            ended: all().map(|one| one.at).collect(),
            kinds: all().map(|one| one.kind).collect(),
            codes: all().map(|one| one.code).collect(),
            own,
            words,
        }
    }

    /// How many more are accepted of which edition.
    pub(super) fn accepted(&self) -> (Vec<i64>, Vec<i64>) {
        self.accepted.iter().unzip()
    }

    /// How many were handed over in which quarter of an hour.
    pub(super) fn handed_over(&self) -> (Vec<i64>, Vec<i64>) {
        self.handed_over.iter().unzip()
    }
}

/// Items in columns.
pub(super) struct Items {
    pub(super) mailings: Vec<i64>,
    pub(super) recipients: Vec<i64>,
    pub(super) states: Vec<DeliveryState>,
    pub(super) attempts: Vec<i32>,
    pub(super) times: Vec<Option<i64>>,
    pub(super) repeated: Vec<bool>,
    pub(super) in_hand: Vec<bool>,
}

/// Attempts in columns.
pub(super) struct Attempts {
    pub(super) mailings: Vec<i64>,
    pub(super) recipients: Vec<i64>,
    pub(super) numbers: Vec<i32>,
    pub(super) ended: Vec<i64>,
    pub(super) kinds: Vec<OutcomeKind>,
    pub(super) codes: Vec<Option<i32>>,
    pub(super) own: Vec<String>,
    pub(super) words: Vec<Option<i64>>,
}

pub(super) fn few(attempts: u32) -> i32 {
    i32::try_from(attempts).unwrap_or(i32::MAX)
}
