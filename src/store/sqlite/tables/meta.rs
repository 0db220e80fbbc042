//! What the store remembers about itself: the anchor, and the fortnight in which it began.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::audit;
use crate::domain::address::Address;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::refusal::Refusal;
use crate::domain::subscription::rows::UnfinishedImport;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::StoreMeta;
use crate::store::shared::meta::{IMPORTS, RESTORED, SYNCS, import_lines, read_imports};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Remembers whose keys hash this store's addresses, or checks that they are the same as ever: with other keys nobody who is
/// subscribed or has left would be recognised.
pub(in crate::store::sqlite) fn check_keys(conn: &Connection, hasher: &AddressHasher) -> Result<(), SqliteError> {
    let probe: Address = sql::parse("keys@fortnightly.invalid")?;
    let print = data_encoding::HEXLOWER.encode(&hasher.key(&probe).0);
    let known = || sql::row(conn, "SELECT value FROM meta WHERE key = 'keys'", [], |row| Ok(row.get::<_, String>(0)?));
    if known()?.is_none() {
        sql::run(conn, "INSERT INTO meta (key, value) VALUES ('keys', ?1) ON CONFLICT (key) DO NOTHING", [&print])?;
    }
    if known()? != Some(print) {
        return Err(Refusal::OtherKeys.into());
    }
    Ok(())
}

/// What it remembers, if anything.
pub(in crate::store::sqlite) fn read(conn: &Connection) -> Result<Option<StoreMeta>, SqliteError> {
    let (Some(anchor), Some(first)) = (get(conn, "anchor")?, get(conn, "first")?) else { return Ok(None) };
    Ok(Some(StoreMeta { anchor: sql::parse(&anchor)?, first: EditionNumber(sql::parse(&first)?) }))
}

/// Remembers `meta` if nothing is remembered, or if the anchor differs and nothing was published.
pub(in crate::store::sqlite) fn begin(
    conn: &Connection,
    meta: StoreMeta,
    at: DateTime<Utc>,
) -> Result<StoreMeta, SqliteError> {
    match read(conn)? {
        Some(known) if known.anchor == meta.anchor => return Ok(known),
        Some(known) => {
            let last = BulletinId::LAST_EDITION.0;
            let published = sql::number(
                conn,
                "SELECT count(*) FROM editions WHERE number <= ?1 AND published_at IS NOT NULL",
                [last],
            )?;
            if published > 0 {
                return Err(Refusal::AnchorChanged { began: known.anchor, wished: meta.anchor }.into());
            }
            sql::run(conn, "DELETE FROM editions WHERE number <= ?1", [last])?;
        }
        None => {}
    }
    put(conn, "anchor", &meta.anchor.to_string())?;
    put(conn, "first", &meta.first.to_string())?;
    let detail = format!("anchor {}, first fortnight {}", meta.anchor, meta.first);
    audit::write(conn, sql::millis(at), "program", "begin", "store", &detail)?;
    Ok(meta)
}

/// When the backup was made, while a restored store is not released.
pub(in crate::store::sqlite) fn restored(conn: &Connection) -> Result<Option<DateTime<Utc>>, SqliteError> {
    get(conn, RESTORED)?.map(|made| sql::instant(sql::parse(&made)?)).transpose()
}

/// Imports of which parts are written, and others are not; oldest first.
pub(in crate::store::sqlite) fn unfinished_imports(conn: &Connection) -> Result<Vec<UnfinishedImport>, SqliteError> {
    let known = get(conn, IMPORTS)?.unwrap_or_default();
    read_imports(&known).map_err(|what| sql::damaged(&what))
}

/// Remembers them, and no others.
pub(in crate::store::sqlite) fn put_unfinished_imports(
    conn: &Connection,
    imports: &[UnfinishedImport],
) -> Result<(), SqliteError> {
    if imports.is_empty() {
        return take(conn, IMPORTS).map(drop);
    }
    put(conn, IMPORTS, &import_lines(imports))
}

/// How often a sync has changed anything.
pub(in crate::store::sqlite) fn syncs(conn: &Connection) -> Result<u64, SqliteError> {
    Ok(get(conn, SYNCS)?.map(|known| sql::parse(&known)).transpose()?.unwrap_or_default())
}

/// Remembers how often that was.
pub(in crate::store::sqlite) fn put_syncs(conn: &Connection, syncs: u64) -> Result<(), SqliteError> {
    put(conn, SYNCS, &syncs.to_string())
}

/// What is remembered under this key.
pub(in crate::store::sqlite) fn get(conn: &Connection, key: &str) -> Result<Option<String>, SqliteError> {
    sql::row(conn, "SELECT value FROM meta WHERE key = ?1", [key], |row| Ok(row.get(0)?))
}

/// Remembers a value.
pub(in crate::store::sqlite) fn put(conn: &Connection, key: &str, value: &str) -> Result<(), SqliteError> {
    let put = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql::run(conn, put, (key, value)).map(drop)
}

/// Forgets a value; what it was.
pub(in crate::store::sqlite) fn take(conn: &Connection, key: &str) -> Result<Option<String>, SqliteError> {
    let found = get(conn, key)?;
    sql::run(conn, "DELETE FROM meta WHERE key = ?1", [key])?;
    Ok(found)
}
