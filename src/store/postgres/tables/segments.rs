//! What an edition's segments read, as [`crate::store::shared::segments`] compresses it.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::columns::{BandBook, each};
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::segment::SegmentKey;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::segments::{Packed, Stored, Unpacker};
use crate::store::{PublishedSegment, SegmentNumber};

/// Stores an edition's segments, numbered in their order after those that it has.
pub(super) async fn write(
    transaction: &Transaction,
    edition: EditionNumber,
    packed: &[Packed],
) -> Result<(), PostgresError> {
    let mut bands = BandBook::open(transaction).await?;
    let masks = packed.iter().map(|segment| bands.mask(&segment.key.bands));
    let masks = masks.collect::<Result<Vec<i64>, _>>()?;
    bands.store_new(transaction).await?;
    let (sectors, locales) = (each(packed, |one| one.key.sector), each(packed, |one| one.key.locale));
    let (frames, bases) = (each(packed, |one| one.frame.as_slice()), each(packed, |one| one.base.map(i64::from)));
    let insert = "INSERT INTO segments (edition, number, bands, sector, locale, rendered, packed, base)
                  SELECT $1, (SELECT coalesce(max(number) + 1, 0) FROM segments WHERE edition = $1) + place - 1, bands, sector, locale, '', packed, base
                  FROM unnest($2, $3, $4, $5, $6) WITH ORDINALITY AS one (bands, sector, locale, packed, base, place)";
    let edition = i64::from(edition.0);
    transaction.run(insert, params![edition, masks, sectors, locales, frames, bases]).await.map(drop)
}

/// An edition's segments; `None` when what they read is no longer kept.
pub(super) async fn read(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Option<BTreeMap<SegmentNumber, PublishedSegment>>, PostgresError> {
    let bands = BandBook::open(transaction).await?;
    // The dictionary of the others comes first.
    let query = "SELECT number, bands, sector, locale, rendered, packed, base IS NULL FROM segments WHERE edition = $1
                 ORDER BY base IS NOT NULL, number";
    let mut unpacker = Unpacker::default();
    let read = |row: &Row| {
        let key = SegmentKey { bands: bands.set(row.try_get(1)?), sector: row.try_get(2)?, locale: row.try_get(3)? };
        let stored = Stored { rendered: row.try_get(4)?, packed: row.try_get(5)?, is_base: row.try_get(6)? };
        let unreadable = |error: std::io::Error| sql::damaged(&format!("a segment: {error}"));
        let Some(rendered) = unpacker.rendered(&stored).map_err(unreadable)? else { return Ok(None) };
        Ok(Some((number(row, 0)?, PublishedSegment { key, rendered })))
    };
    let found = transaction.rows(query, params![i64::from(edition.0)], read).await?;
    Ok(found.into_iter().collect())
}

/// A segment's number in a column.
pub(super) fn number(row: &Row, at: usize) -> Result<SegmentNumber, PostgresError> {
    let number = u32::try_from(row.try_get::<_, i64>(at)?);
    number.map(SegmentNumber).map_err(|error| sql::damaged(&error.to_string()))
}

/// Whether what some segment read is no longer kept.
pub(super) async fn is_forgotten(transaction: &Transaction, edition: EditionNumber) -> Result<bool, PostgresError> {
    let query = "SELECT 1 FROM segments WHERE edition = $1 AND packed IS NULL AND rendered = '' LIMIT 1";
    Ok(transaction.row(query, params![i64::from(edition.0)], |_| Ok(())).await?.is_some())
}

/// Forgets what segments read, of editions and bulletins that were finished before `before`: at most `limit` segments. The newest
/// edition keeps them, and so do bulletins since, because what did not arrive of them may be taken up again.
pub(in crate::store::postgres) async fn forget_old(
    transaction: &Transaction,
    before: i64,
    limit: u32,
) -> Result<u64, PostgresError> {
    let forget = "UPDATE segments SET rendered = '', packed = NULL, base = NULL WHERE (edition, number) IN (
                      SELECT s.edition, s.number
                      FROM editions e JOIN segments s ON s.edition = e.number
                      WHERE e.state = $2 AND e.finished_at < $1
                        AND CASE WHEN e.number <= $4
                                 THEN e.number < (SELECT max(number) FROM editions
                                                  WHERE number <= $4 AND published_at IS NOT NULL)
                                 ELSE e.published_at < coalesce(
                                     (SELECT max(published_at) FROM editions WHERE number <= $4), $1) END
                        AND (s.packed IS NOT NULL OR s.rendered <> '')
                      -- The dictionary goes last: what is read without one is damaged, and not forgotten.
                      ORDER BY s.edition, s.base IS NULL LIMIT $3)";
    let last = i64::from(BulletinId::LAST_EDITION.0);
    transaction.run(forget, params![before, EditionState::Sent.as_str(), i64::from(limit), last]).await
}
