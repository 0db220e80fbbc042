//! What an edition's segments read, as [`crate::store::shared::segments`] compresses it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::columns::BandBook;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::segment::SegmentKey;
use crate::store::shared::segments::{Packed, Stored, Unpacker};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{PublishedSegment, SegmentNumber};

/// Stores an edition's segments, numbered in their order after those that it has.
pub(super) fn write(conn: &Connection, edition: EditionNumber, packed: &[Packed]) -> Result<(), SqliteError> {
    let mut bands = BandBook::open(conn)?;
    let insert = "INSERT INTO segments (edition, number, bands, sector, locale, rendered, packed, base)
                  VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7)";
    let first = "SELECT coalesce(max(number) + 1, 0) FROM segments WHERE edition = ?1";
    let first = sql::number(conn, first, [edition.0])?;
    for (number, Packed { key, frame, base }) in (first..).zip(packed) {
        let mask = bands.learn(conn, &key.bands)?;
        sql::run(conn, insert, (edition.0, number, mask, key.sector, key.locale, frame, base))?;
    }
    Ok(())
}

/// An edition's segments; `None` when what they read is no longer kept.
pub(super) fn read(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<Option<BTreeMap<SegmentNumber, PublishedSegment>>, SqliteError> {
    let bands = BandBook::open(conn)?;
    // The dictionary of the others comes first.
    let query = "SELECT number, bands, sector, locale, rendered, packed, base IS NULL FROM segments WHERE edition = ?1
                 ORDER BY base IS NOT NULL, number";
    let mut unpacker = Unpacker::default();
    let found = sql::rows(conn, query, [edition.0], |row| {
        let key = SegmentKey { bands: bands.set(row.get(1)?), sector: row.get(2)?, locale: row.get(3)? };
        let stored = Stored {
            rendered: row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?,
            packed: row.get_ref(5)?.as_blob_or_null().map_err(rusqlite::Error::from)?,
            is_base: row.get(6)?,
        };
        let unreadable = |error: std::io::Error| sql::damaged(&format!("a segment: {error}"));
        let Some(rendered) = unpacker.rendered(&stored).map_err(unreadable)? else { return Ok(None) };
        Ok(Some((SegmentNumber(row.get(0)?), PublishedSegment { key, rendered })))
    })?;
    Ok(found.into_iter().collect())
}

/// Whether what some segment read is no longer kept.
pub(super) fn is_forgotten(conn: &Connection, edition: EditionNumber) -> Result<bool, SqliteError> {
    let query = "SELECT EXISTS (SELECT 1 FROM segments WHERE edition = ?1 AND packed IS NULL AND rendered = '')";
    Ok(sql::number(conn, query, [edition.0])? != 0)
}

/// Forgets what segments read, of editions and bulletins that were finished before `before`: at most `limit` segments. The newest
/// edition keeps them, and so do bulletins since, because what did not arrive of them may be taken up again.
pub(in crate::store::sqlite) fn forget_old(conn: &Connection, before: i64, limit: u32) -> Result<u64, SqliteError> {
    let forget = "UPDATE segments SET rendered = '', packed = NULL, base = NULL WHERE (edition, number) IN (
                      SELECT s.edition, s.number
                      FROM editions e CROSS JOIN segments s ON s.edition = e.number
                      WHERE e.state = ?2 AND e.finished_at < ?1
                        AND CASE WHEN e.number <= ?4
                                 THEN e.number < (SELECT max(number) FROM editions
                                                  WHERE number <= ?4 AND published_at IS NOT NULL)
                                 ELSE e.published_at < coalesce(
                                     (SELECT max(published_at) FROM editions WHERE number <= ?4), ?1) END
                        AND (s.packed IS NOT NULL OR s.rendered <> '')
                      -- The dictionary goes last: what is read without one is damaged, and not forgotten.
                      ORDER BY s.edition, s.base IS NULL LIMIT ?3)";
    sql::run(conn, forget, (before, EditionState::Sent.as_str(), limit, BulletinId::LAST_EDITION.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::rendered::{Body, Piece, Rendered};
    use crate::domain::subscriber::{Locale, Sector};
    use crate::store::shared::segments::pack;
    use crate::store::sqlite::engine::connect;

    fn segment(band: &str, html: &str) -> PublishedSegment {
        let bands = BTreeSet::from([band.parse().unwrap()]).into_iter().collect();
        let key = SegmentKey { bands, sector: Sector::School, locale: Locale::EnGb };
        let body = |text: &str| Body(vec![Piece::Literal(text.to_owned())]);
        let (html, text) = (body(html), body("T"));
        let rendered = Rendered { subject: "S".to_owned(), html, text, pictures: Vec::new() };
        PublishedSegment { key, rendered }
    }

    /// The fullest comes first here: were it forgotten first, the others could be neither read nor told to be gone.
    #[test]
    fn what_is_half_forgotten_is_not_damaged() {
        let conn = connect::memory().unwrap();
        conn.execute_batch(
            "INSERT INTO editions (number, state, date, due_at, theme, theme_reason, published_at, finished_at)
             VALUES (1, 'sent', '2026-01-01', 1, '', '', 1, 1), (2, 'sent', '2026-01-15', 2, '', '', 2, 2)",
        )
        .unwrap();
        let segments = [segment("4-5", "the fullest of all"), segment("5-7", "short"), segment("8-10", "brief")];
        write(&conn, EditionNumber(1), &pack(&segments).unwrap()).unwrap();
        assert_eq!(read(&conn, EditionNumber(1)).unwrap().unwrap().len(), 3);
        for _ in 0..3 {
            assert_eq!(forget_old(&conn, 9, 1).unwrap(), 1);
            assert_eq!(read(&conn, EditionNumber(1)).unwrap(), None);
        }
        assert_eq!(forget_old(&conn, 9, 1).unwrap(), 0);
    }
}
