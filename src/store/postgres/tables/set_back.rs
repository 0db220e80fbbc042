//! A database that has lost something is held back, as one that was restored from a backup.

use std::pin::Pin;

use tokio_postgres::Row;

use super::epoch::read_epoch;
use super::restored;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::postgres::engine::watch::unwatched;
use crate::store::{Epoch, StoreError};

/// What it shows, when it was last written to by anyone, and when that is asked.
const SHOWN: &str = "SELECT s.id, l.value, e.value,
                            floor(extract(epoch FROM coalesce((SELECT max(at) FROM traces), now())) * 1000)::bigint,
                            floor(extract(epoch FROM now()) * 1000)::bigint
                     FROM store s, epochs l, epochs e WHERE l.what = 'list' AND e.what = 'editions'";

/// Numbers that nobody can remember from before, however many were lost: so that only one node holds the store back, and one that
/// comes later sees that it was done.
const RAISE: &str = "WITH raised AS (
                         UPDATE epochs AS e SET value = greatest(e.value, k.value) + $3
                         FROM unnest($1::text[], $2::bigint[]) AS k (what, value) WHERE e.what = k.what RETURNING e.what, e.value),
                     kept AS (INSERT INTO past_epochs (what, value) SELECT what, value FROM raised)
                     SELECT what, value FROM raised";

/// How far the store has come.
pub(super) async fn epoch(transaction: &Transaction) -> Result<Option<Epoch>, PostgresError> {
    transaction.row(SHOWN, params![], |row| read_epoch(row, 0)).await
}

impl PostgresStore {
    /// Holds the store back until a person releases it, unless that is done already. Its future has a name, because every
    /// transaction may need it, also those in it.
    pub(in crate::store::postgres) fn hold_after_loss(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> {
        Box::pin(unwatched(self.hold_if_behind()))
    }

    async fn hold_if_behind(&self) -> Result<(), StoreError> {
        let known = self.source.known();
        let _turn = known.holding.lock().await;
        // Until it is held back, nobody else gets an answer.
        let is_missing = known.is_missing();
        let shown = within!(self, Look, |transaction| {
            let read =
                |row: &Row| Ok((read_epoch(row, 0)?, sql::instant(row.try_get(3)?)?, sql::instant(row.try_get(4)?)?));
            transaction.row(SHOWN, params![], read).await
        })?;
        let Some((shown, made, now)) = shown else { return Ok(()) };
        let highest = known.highest().or_else(|| known.remembered(shown.database)).unwrap_or(shown);
        if !is_missing && !shown.is_behind(highest) {
            return Ok(());
        }
        if !self.source.is_shared() {
            within!(self, DecideEditions, |transaction| restored::hold_back(&transaction, made, now).await)?;
            known.accept(shown, false);
            return Ok(());
        }
        let raised = within!(self, DecideEditions, |transaction| {
            // Another node may have been at it meanwhile.
            match epoch(&transaction).await? {
                Some(shown) if !shown.is_beyond(highest) => {
                    restored::hold_back(&transaction, made, now).await?;
                    raise(&transaction, shown.or_higher(highest)).await.map(|raised| (raised, true))
                }
                shown => Ok((shown.unwrap_or(highest), false)),
            }
        })?;
        let (epoch, is_ours) = raised;
        self.accept(epoch);
        if is_ours {
            tracing::warn!("the database has lost its latest changes: nothing is sent until the store is released");
            // What is left of it, whoever releases the store does.
            if let Err(error) = self.doubt(now).await {
                tracing::warn!("{error}");
            }
        }
        Ok(())
    }

    /// A loss was dealt with: what was remembered from before does not count any more.
    fn accept(&self, epoch: Epoch) {
        self.source.forget_traces();
        self.source.known().accept(epoch, true);
    }
}

/// Raises both counters beyond whatever anyone can remember.
async fn raise(transaction: &Transaction, higher: Epoch) -> Result<Epoch, PostgresError> {
    let (whats, values) = (vec!["editions", "list"], vec![higher.editions, higher.list]);
    let read = |row: &Row| Ok((row.try_get::<_, String>(0)?, row.try_get::<_, i64>(1)?));
    let raised = transaction.rows(RAISE, params![whats, values, Epoch::BEYOND], read).await?;
    let raised_to = |what| raised.iter().find(|(name, _)| name == what).map_or(0, |(_, value)| *value);
    Ok(Epoch { list: raised_to("list"), editions: raised_to("editions"), ..higher })
}
