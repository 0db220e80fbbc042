//! A store that was restored from a backup: held back as a whole, until a person lets it send again.

use chrono::{DateTime, Utc};

use super::{audit, edition_rows, meta, outbox};
use crate::domain::audit::OPERATOR;
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, HoldReason};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::shared::meta::{RELEASING, RESTORED};
use crate::store::{Release, StoreError};

/// How many mails are given up at once: some milliseconds.
const PART: u32 = 1_000;

/// How many are doubted at once: a second at most.
const DOUBTED: u32 = 20_000;

/// The key under which a store keeps that what waits in it does not count as repeated yet.
const DOUBTING: &str = "doubting";

impl PostgresStore {
    /// Holds back a store whose database was set back to the moment `made`. From the first transaction on nothing is taken in hand;
    /// the second waits for nodes that are at work, row by row, and is done by whoever recovers or releases the store if it was not done before.
    ///
    /// # Errors
    /// Returns what the database says; then nothing changed, or the store is held back.
    pub async fn hold_back(&self, made: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), StoreError> {
        within!(self, DecideEditions, |transaction| hold_back(&transaction, made, at).await)?;
        self.doubt(at).await
    }

    /// Does the second part if it is not done yet. It must be before the store is moved: no other backend knows that it was not.
    pub(super) async fn end_doubting(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        let is_begun = within!(self, Look, |transaction| Ok(meta::get(&transaction, DOUBTING).await?.is_some()))?;
        if is_begun { self.doubt(at).await } else { Ok(()) }
    }

    /// The second part, some thousand mails at once.
    pub(super) async fn doubt(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        while !within!(self, Change, |transaction| doubt(&transaction, at).await)? {}
        Ok(())
    }
}

/// The first part, from which on nothing is taken in hand.
pub(super) async fn hold_back(
    transaction: &Transaction,
    made: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), PostgresError> {
    meta::put(transaction, RESTORED, &sql::millis(made).to_string()).await?;
    meta::put(transaction, DOUBTING, "").await?;
    let editions = edition_rows::to_many(transaction).await?;
    let sending = editions.iter().filter(|edition| edition.state == EditionState::Sending);
    let holds = sending.map(|edition| EditionChange::Hold(edition.number, HoldReason::RestoredStore));
    edition_rows::change_here(transaction, &editions, &holds.collect::<Vec<_>>(), "restore", at).await?;
    let detail = format!("backup of {}", made.to_rfc3339());
    audit::write(transaction, sql::millis(at), OPERATOR, "restore", "store", &detail).await
}

/// What a store knows that was set back may be out of date: whatever waited may have been accepted since, so it counts as
/// repeated. Does a part of it; whether that was the last.
async fn doubt(transaction: &Transaction, at: DateTime<Utc>) -> Result<bool, PostgresError> {
    // First the nodes: a claim that had begun before the store was held back is waited for, and is then in hand.
    transaction.run("DELETE FROM nodes", params![]).await?;
    let in_hand = "SELECT DISTINCT claim FROM deliveries WHERE claim IS NOT NULL ORDER BY claim";
    let nodes: Vec<i64> = transaction.rows(in_hand, params![], |row| Ok(row.try_get(0)?)).await?;
    outbox::take_up(transaction, &nodes, true, sql::millis(at)).await?;
    outbox::transactional::expire_all(transaction).await?;
    let waiting = states::list(DeliveryState::WAITING);
    let doubt = format!(
        "UPDATE deliveries SET repeated = true WHERE (mailing, recipient) IN (
             SELECT mailing, recipient FROM deliveries WHERE mailing > 0 AND state IN {waiting} AND NOT repeated
             ORDER BY mailing, recipient LIMIT $1)"
    );
    let is_last = transaction.run(&doubt, params![i64::from(DOUBTED)]).await? < u64::from(DOUBTED);
    if is_last {
        meta::take(transaction, DOUBTING).await?;
    }
    Ok(is_last)
}

/// Gives up a part of what nobody knows whether it was accepted, unless it is to be sent again; then lets the store send again.
pub(in crate::store::postgres) async fn release(
    transaction: &Transaction,
    resend: bool,
    at: DateTime<Utc>,
) -> Result<Release, PostgresError> {
    let is_begun = meta::take(transaction, RELEASING).await?.is_some();
    let release = Release { editions: Vec::new(), is_begun, is_last: true };
    if meta::get(transaction, RESTORED).await?.is_none() {
        return Ok(release);
    }
    if meta::get(transaction, DOUBTING).await?.is_some() {
        while !doubt(transaction, at).await? {}
    }
    let editions = edition_rows::to_many(transaction).await?;
    // Also of editions that a person holds: whoever releases them later must not send again what nobody knows.
    let in_doubt: Vec<&Edition> = editions.iter().filter(|edition| edition.is_published() && !resend).collect();
    if give_up(transaction, &in_doubt).await? == u64::from(PART) {
        meta::put(transaction, RELEASING, "").await?;
        return Ok(Release { is_last: false, ..release });
    }
    meta::take(transaction, RESTORED).await?;
    audit::write(transaction, sql::millis(at), OPERATOR, "release", "store", "").await?;
    let held = editions.iter().filter(|edition| edition.hold_reason() == Some(&HoldReason::RestoredStore));
    let held: Vec<EditionNumber> = held.map(|edition| edition.number).collect();
    let releases: Vec<EditionChange> = held.iter().map(|number| EditionChange::Release(*number)).collect();
    edition_rows::change_here(transaction, &editions, &releases, OPERATOR, at).await?;
    // One or two: the others are sent already.
    for edition in in_doubt.iter().filter(|edition| edition.state != EditionState::Sent) {
        outbox::finish(transaction, edition.number, at).await?;
    }
    Ok(Release { editions: held, ..release })
}

/// Gives up a part of what waits in these editions and may have been accepted before; how many.
async fn give_up(transaction: &Transaction, editions: &[&Edition]) -> Result<u64, PostgresError> {
    let (is_queued, to) = (DeliveryState::Queued.code(), states::change(Event::Expire).to);
    let expire = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL WHERE (mailing, recipient) IN (
             SELECT mailing, recipient FROM deliveries
             WHERE mailing = ANY ($1) AND (state = {is_queued} OR next_at IS NOT NULL) AND repeated
             ORDER BY mailing, recipient LIMIT $2)"
    );
    let numbers: Vec<i64> = editions.iter().map(|edition| edition.number.0.into()).collect();
    transaction.run(&expire, params![numbers, i64::from(PART)]).await
}
