//! What a page of steps, or a recovery, makes of many items: written in as many statements for a thousand as for one.

use std::collections::BTreeMap;

use super::{accepted, replies, transactional};
use crate::domain::delivery::{DeliveryState, ItemId, Mailing, OutcomeKind};
use crate::domain::edition::EditionNumber;
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
    accepted: BTreeMap<EditionNumber, i64>,
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

/// What one attempt came to.
pub(super) struct Attempt {
    pub(super) key: (i64, i64),
    pub(super) at: i64,
    pub(super) reply: String,
    number: i32,
    kind: OutcomeKind,
    code: Option<i32>,
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
            let (code, reply) = (reply.code.map(i32::from), replies::storable(reply.text));
            self.attempts.push(Attempt { key, at, reply, number: attempts, kind, code });
        }
        match id.mailing {
            Mailing::Edition(edition) if state == DeliveryState::Accepted => {
                *self.accepted.entry(edition).or_default() += 1;
            }
            Mailing::Transactional(_) if settled.is_final() => self.settled.push(-key.0),
            _ => {}
        }
        Ok(())
    }

    /// What is said of the attempts.
    pub(super) fn replies(&self) -> impl Iterator<Item = &str> {
        self.attempts.iter().map(|attempt| attempt.reply.as_str())
    }

    /// Writes it; `known` are words of replies that the store has, and `node` had the items in hand.
    pub(super) async fn write(
        &self,
        transaction: &Transaction,
        known: &replies::Known,
        node: i64,
    ) -> Result<(), PostgresError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let replies = replies::store(transaction, known, &self.attempts).await?;
        tokio::try_join!(biased;
            self.write_rows(transaction, node),
            self.write_attempts(transaction, replies),
            accepted::add(transaction, node, &self.accepted),
            transactional::forget_texts(transaction, &self.settled),
        )
        .map(drop)
    }

    async fn write_rows(&self, transaction: &Transaction, node: i64) -> Result<(), PostgresError> {
        let update = "UPDATE deliveries AS d
            SET state = k.state, attempts = k.attempts, next_at = k.next_at, repeated = k.repeated,
                claim = CASE WHEN k.is_in_hand THEN $8::bigint END
            FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::integer[], $5::bigint[], $6::boolean[],
                        $7::boolean[]) AS k (mailing, recipient, state, attempts, next_at, repeated, is_in_hand)
            WHERE d.mailing = k.mailing AND d.recipient = k.recipient";
        let (mailings, recipients): (Vec<i64>, Vec<i64>) = self.rows.keys().copied().unzip();
        let states: Vec<DeliveryState> = self.rows.values().map(|row| row.state).collect();
        let attempts: Vec<i32> = self.rows.values().map(|row| row.attempts).collect();
        let times: Vec<Option<i64>> = self.rows.values().map(|row| row.next_at).collect();
        let repeated: Vec<bool> = self.rows.values().map(|row| row.repeated).collect();
        let in_hand: Vec<bool> = self.rows.values().map(|row| row.is_in_hand).collect();
        let values = params![mailings, recipients, states, attempts, times, repeated, in_hand, node];
        transaction.run(update, values).await.map(drop)
    }

    async fn write_attempts(
        &self,
        transaction: &Transaction,
        replies: Vec<replies::Stored>,
    ) -> Result<(), PostgresError> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        let insert = "INSERT INTO attempts (mailing, recipient, number, at, outcome, code, reply, words)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::text[], $6::integer[],
                                 $7::text[], $8::bigint[])";
        let (mailings, recipients): (Vec<i64>, Vec<i64>) = self.attempts.iter().map(|one| one.key).unzip();
        let numbers: Vec<i32> = self.attempts.iter().map(|one| one.number).collect();
        let times: Vec<i64> = self.attempts.iter().map(|one| one.at).collect();
        let kinds: Vec<OutcomeKind> = self.attempts.iter().map(|one| one.kind).collect();
        let codes: Vec<Option<i32>> = self.attempts.iter().map(|one| one.code).collect();
        let (words, own): (Vec<Option<i64>>, Vec<String>) = replies.into_iter().unzip();
        let values = params![mailings, recipients, numbers, times, kinds, codes, own, words];
        transaction.run(insert, values).await.map(drop)
    }
}

fn few(attempts: u32) -> i32 {
    i32::try_from(attempts).unwrap_or(i32::MAX)
}
