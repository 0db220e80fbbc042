//! Taking up what nodes had in hand: those whose lease is over, and ourselves at the end of a run.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::super::audit;
use super::changes::Changes;
use super::items::{self, few};
use super::replies;
use crate::domain::delivery::DeliveryState;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::params;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::in_hand::after_crash;
use crate::store::shared::items::item;

/// Takes up what nodes left whose lease is over; how many items. One that claims at this moment is left to the next recovery. What
/// is in our own hands is dealt with by the run that has it there, and then by [`abandon`].
pub(super) async fn recover(
    transaction: &Transaction,
    ours: &[i64],
    resend: bool,
    at: i64,
) -> Result<u64, PostgresError> {
    let over = "SELECT id FROM nodes WHERE lease_until <= clock_timestamp() AND id <> ALL ($1)
                ORDER BY id FOR UPDATE SKIP LOCKED";
    let nodes: Vec<i64> = transaction.rows(over, params![ours], |row| Ok(row.try_get(0)?)).await?;
    if nodes.is_empty() {
        return Ok(0);
    }
    let taken = take_up(transaction, &nodes, resend, at).await?;
    for (node, items) in &taken {
        let detail = format!("{items} deliveries of a process that died");
        audit::write(transaction, at, "program", "recover", &format!("claimant {node}"), &detail).await?;
    }
    transaction.run("DELETE FROM nodes WHERE id = ANY ($1)", params![nodes]).await?;
    Ok(taken.values().sum())
}

/// Takes up what is in hand under these numbers of ours, of which all but that of `now` are used no more; how many items.
pub(super) async fn abandon(
    transaction: &Transaction,
    now: Option<i64>,
    ours: &[i64],
    resend: bool,
    at: i64,
) -> Result<u64, PostgresError> {
    let done: Vec<i64> = ours.iter().copied().filter(|number| Some(*number) != now).collect();
    if !done.is_empty() {
        // First the nodes and then what is in their hands, as whoever recovers.
        transaction.run("DELETE FROM nodes WHERE id = ANY ($1)", params![done]).await?;
    }
    Ok(take_up(transaction, ours, resend, at).await?.values().sum())
}

/// Takes up what these nodes have in hand; of each that had some, how many. Whatever was in flight may have been accepted: that
/// counts as an attempt.
pub(in crate::store::postgres) async fn take_up(
    transaction: &Transaction,
    nodes: &[i64],
    resend: bool,
    at: i64,
) -> Result<BTreeMap<i64, u64>, PostgresError> {
    let (in_flight, uncertain) = (DeliveryState::InFlight.code(), items::uncertain());
    let query = format!(
        "SELECT d.mailing, d.recipient, d.state, d.attempts, d.repeated,
                CASE WHEN d.state = {in_flight} THEN {uncertain} ELSE 0 END, d.claim
         FROM deliveries d WHERE d.claim = ANY ($1) ORDER BY d.mailing, d.recipient FOR UPDATE"
    );
    let read = |row: &Row| {
        let id = item(row.try_get(0)?, row.try_get(1)?);
        let known = (row.try_get(2)?, few(row, 3)?, row.try_get(4)?);
        Ok((row.try_get::<_, i64>(6)?, id, after_crash(id, known, few(row, 5)?, resend)?))
    };
    let in_hand = transaction.rows(&query, params![nodes.to_vec()], read).await?;
    let (mut taken, mut changes) = (BTreeMap::new(), Changes::default());
    for (node, id, released) in in_hand {
        *taken.entry(node).or_default() += 1;
        changes.release(id, at, released)?;
    }
    let known = replies::known(transaction, changes.replies()).await?;
    changes.write(transaction, known, 0, false).await?;
    Ok(taken)
}
