//! What the store remembers about itself: the anchor, and the fortnight in which it began.

use chrono::{DateTime, Utc};

use super::audit;
use crate::domain::address::Address;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::refusal::Refusal;
use crate::domain::subscription::rows::UnfinishedImport;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::shared::meta::{IMPORTS, RESTORED, SYNCS, import_lines, read_imports};
use crate::store::{StoreError, StoreMeta};

/// The key of what tells whose keys hash this store's addresses.
const KEYS: &str = "keys";

impl PostgresStore {
    /// Remembers whose keys hash this store's addresses, or checks that they are the same as ever: with other keys nobody who is
    /// subscribed or has left would be recognised.
    pub(in crate::store::postgres) async fn check_keys(&self) -> Result<(), StoreError> {
        let probe: Address = sql::parse("keys@fortnightly.invalid").map_err(|error| error.at(&self.place))?;
        let print = data_encoding::HEXLOWER.encode(&self.hasher.key(&probe).0);
        let known = within!(self, Look, |transaction| get(&transaction, KEYS).await)?;
        let known = match known {
            Some(known) => known,
            None => within!(self, Change, |transaction| {
                let insert = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
                transaction.run(insert, params![KEYS, print]).await?;
                // Another node may have been first.
                Ok(get(&transaction, KEYS).await?.unwrap_or_default())
            })?,
        };
        if known == print { Ok(()) } else { Err(Refusal::OtherKeys.into()) }
    }
}

/// What it remembers, if anything.
pub(in crate::store::postgres) async fn read(transaction: &Transaction) -> Result<Option<StoreMeta>, PostgresError> {
    let query = "SELECT a.value, f.value FROM meta a, meta f WHERE a.key = 'anchor' AND f.key = 'first'";
    let read = |row: &tokio_postgres::Row| {
        Ok(StoreMeta { anchor: sql::word(row, 0)?, first: EditionNumber(sql::word(row, 1)?) })
    };
    transaction.row(query, params![], read).await
}

/// Remembers `meta` if nothing is remembered, or if the anchor differs and nothing was published.
pub(in crate::store::postgres) async fn begin(
    transaction: &Transaction,
    meta: StoreMeta,
    at: DateTime<Utc>,
) -> Result<StoreMeta, PostgresError> {
    match read(transaction).await? {
        Some(known) if known.anchor == meta.anchor => return Ok(known),
        Some(known) => {
            let published = "SELECT EXISTS (SELECT 1 FROM editions WHERE number <= $1 AND published_at IS NOT NULL)";
            let last = i64::from(BulletinId::LAST_EDITION.0);
            if transaction.is(published, params![last]).await? {
                return Err(Refusal::AnchorChanged { began: known.anchor, wished: meta.anchor }.into());
            }
            transaction.run("DELETE FROM editions WHERE number <= $1", params![last]).await?;
        }
        None => {}
    }
    put(transaction, "anchor", &meta.anchor.to_string()).await?;
    put(transaction, "first", &meta.first.to_string()).await?;
    let detail = format!("anchor {}, first fortnight {}", meta.anchor, meta.first);
    audit::write(transaction, sql::millis(at), "program", "begin", "store", &detail).await?;
    Ok(meta)
}

/// When the backup was made, while a restored store is not released.
pub(in crate::store::postgres) async fn restored(
    transaction: &Transaction,
) -> Result<Option<DateTime<Utc>>, PostgresError> {
    moment(transaction, RESTORED).await
}

/// The moment that is remembered under this key.
pub(in crate::store::postgres) async fn moment(
    transaction: &Transaction,
    key: &str,
) -> Result<Option<DateTime<Utc>>, PostgresError> {
    let found = get(transaction, key).await?;
    found.map(|millis| sql::instant(sql::parse(&millis)?)).transpose()
}

/// Imports of which parts are written, and others are not; oldest first.
pub(in crate::store::postgres) async fn unfinished_imports(
    transaction: &Transaction,
) -> Result<Vec<UnfinishedImport>, PostgresError> {
    let known = get(transaction, IMPORTS).await?.unwrap_or_default();
    read_imports(&known).map_err(|what| sql::damaged(&what))
}

/// Remembers them, and no others.
pub(in crate::store::postgres) async fn put_unfinished_imports(
    transaction: &Transaction,
    imports: &[UnfinishedImport],
) -> Result<(), PostgresError> {
    if imports.is_empty() {
        return take(transaction, IMPORTS).await.map(drop);
    }
    put(transaction, IMPORTS, &import_lines(imports)).await
}

/// How often a sync has changed anything.
pub(in crate::store::postgres) async fn syncs(transaction: &Transaction) -> Result<u64, PostgresError> {
    let known = get(transaction, SYNCS).await?;
    Ok(known.map(|known| sql::parse(&known)).transpose()?.unwrap_or_default())
}

/// Remembers how often that was.
pub(in crate::store::postgres) async fn put_syncs(transaction: &Transaction, syncs: u64) -> Result<(), PostgresError> {
    put(transaction, SYNCS, &syncs.to_string()).await
}

/// What is remembered under this key.
pub(in crate::store::postgres) async fn get(
    transaction: &Transaction,
    key: &str,
) -> Result<Option<String>, PostgresError> {
    let query = "SELECT value FROM meta WHERE key = $1";
    transaction.row(query, params![key], |row| Ok(row.try_get(0)?)).await
}

/// Remembers a value.
pub(in crate::store::postgres) async fn put(
    transaction: &Transaction,
    key: &str,
    value: &str,
) -> Result<(), PostgresError> {
    let put = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    transaction.run(put, params![key, value]).await.map(drop)
}

/// Forgets a value; what it was.
pub(in crate::store::postgres) async fn take(
    transaction: &Transaction,
    key: &str,
) -> Result<Option<String>, PostgresError> {
    let take = "DELETE FROM meta WHERE key = $1 RETURNING value";
    transaction.row(take, params![key], |row| Ok(row.try_get(0)?)).await
}
