//! Remembers how far the database has come, within a second, and looks whether it is still the one that was known: a counter never
//! goes back by itself, but after a loss others may raise it again, further than it was.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio_postgres::Row;

use super::alone;
use super::sql::params;
use super::transaction::Source;
use crate::store::{Epoch, StoreError};

/// How often at most.
const EVERY: Duration = Duration::from_secs(1);

/// What the database shows, and whether it has never had one of two values, although it knows its values from before them.
const NEVER_HAD: &str = "SELECT s.id, l.value, e.value,
        EXISTS (SELECT 1 FROM (VALUES ('list', $1), ('editions', $2)) AS k (what, value)
                WHERE k.value > (SELECT min(p.value) FROM past_epochs p WHERE p.what = k.what)
                  AND NOT EXISTS (SELECT 1 FROM past_epochs p WHERE p.what = k.what AND p.value = k.value))
    FROM store s, epochs l, epochs e WHERE l.what = 'list' AND e.what = 'editions'";

/// The task that does it, as long as the store is open.
pub(in crate::store::postgres) struct Keeper(Option<JoinHandle<()>>);

impl Keeper {
    /// For a store that is opened now, within the runtime that lives as long as it does. What is only looked at changes nothing.
    pub(in crate::store::postgres) fn new(source: &Source) -> Self {
        Self(source.is_shared().then(|| tokio::spawn(keep(source.clone()))))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
        }
    }
}

async fn keep(source: Source) {
    let known = Arc::clone(source.known());
    loop {
        known.news.notified().await;
        let writes = Arc::clone(&known);
        // Should that break off, what was not written is known here all the same.
        let _ = spawn_blocking(move || writes.remember()).await;
        if let Err(error) = look_for_losses(&source).await {
            tracing::debug!("whether the database has lost something is looked for later: {error}");
            known.news.notify_one();
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether the database has had everything that is known of it. Where it has not, the next transaction finds that out.
pub(in crate::store::postgres) async fn look_for_losses(source: &Source) -> Result<(), StoreError> {
    let known = source.known();
    // Nobody deals with a loss meanwhile.
    let _turn = known.holding.lock().await;
    let (all, next) = known.to_find();
    for epoch in &all {
        if has_lost(source, *epoch).await? {
            known.miss(true);
            return Ok(());
        }
    }
    known.found(all.len(), next);
    Ok(())
}

async fn has_lost(source: &Source, epoch: Epoch) -> Result<bool, StoreError> {
    let read = |row: &Row| {
        let shown = Epoch { database: row.try_get(0)?, list: row.try_get(1)?, editions: row.try_get(2)? };
        let never_had: bool = row.try_get(3)?;
        Ok(never_had && shown.database == epoch.database && !shown.is_beyond(epoch))
    };
    let found = alone::row(source, NEVER_HAD, params![epoch.list, epoch.editions], read).await?;
    Ok(found.unwrap_or(false))
}
