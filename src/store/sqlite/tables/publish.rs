//! Publishing: who gets an edition, and the one transaction that makes it so.

use std::collections::BTreeMap;

use rusqlite::{Connection, ErrorCode};

use super::bands::BandBook;
use super::people::word;
use super::{audit, editions};
use crate::domain::band::BandSet;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::segment::{Segment, SegmentKey};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::maintenance::backup;
use crate::store::{Addressee, Publication, Published, PublishedSegment, SegmentNumber, Stored};

/// Active, unsuppressed mailboxes by segment.
pub(in crate::store::sqlite) fn audience(conn: &Connection, served: &BandSet) -> Result<Vec<Segment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT r.bands & ?1 AS mask, o.sector, o.locale, count(*)
                 FROM recipients r JOIN subscribers o ON o.id = r.owner
                 WHERE r.state = 'active' AND r.bands & ?1 <> 0
                   AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                 GROUP BY mask, o.sector, o.locale";
    let mut segments = sql::rows(conn, query, [bands.seen(served)], |row| {
        let key = SegmentKey { bands: bands.set(row.get(0)?), sector: word(row, 1)?, locale: word(row, 2)? };
        Ok(Segment { key, recipients: sql::count(row.get(3)?) })
    })?;
    segments.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(segments)
}

/// Publishes, if the edition may be and every segment was rendered.
pub(in crate::store::sqlite) fn publish(
    conn: &Connection,
    publication: &Publication,
) -> Result<Published, SqliteError> {
    let number = publication.edition.number;
    if backup::restored(conn)?.is_some() {
        return Ok(Published::Refused(format!("edition {number} waits: {}", backup::RESTORED)));
    }
    match editions::state(conn, number)? {
        Some((EditionState::Planned | EditionState::Approved, _)) => {}
        Some((EditionState::Sending | EditionState::Sent, _)) => return Ok(Published::Already),
        Some((state, reason)) => {
            let why = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            return Ok(Published::Refused(format!("edition {number} is {state}{why}")));
        }
        None => return Ok(Published::Refused(format!("edition {number} is not planned"))),
    }
    // What was rendered must be what is planned now: another process may have picked anew, moved or unapproved it.
    let withdrawn = editions::withdrawn(conn)?;
    let spoiled = publication.edition.selection.picks.iter().any(|pick| withdrawn.contains(&pick.id));
    if spoiled || !editions::all(conn)?.contains(&publication.edition) {
        return Ok(Published::Changed);
    }
    sql::run(conn, "SAVEPOINT publication", [])?;
    write_texts(conn, publication)?;
    let Some(recipients) = enqueue(conn, publication)? else {
        sql::run(conn, "ROLLBACK TO publication", [])?;
        sql::run(conn, "RELEASE publication", [])?;
        return Ok(Published::Changed);
    };
    sql::run(conn, "RELEASE publication", [])?;
    let subject = format!("edition {number}");
    let detail = format!("{recipients} recipients in {} segments", publication.segments.len());
    audit::write(conn, sql::millis(publication.at), "program", "publish", &subject, &detail)?;
    Ok(Published::Now { recipients })
}

fn write_texts(conn: &Connection, publication: &Publication) -> Result<(), SqliteError> {
    let number = publication.edition.number.0;
    let mut bands = BandBook::open(conn)?;
    let insert = "INSERT INTO segments (edition, number, bands, sector, locale, rendered)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    for (at, segment) in (0_u32..).zip(&publication.segments) {
        let key = &segment.key;
        let mask = bands.learn(conn, &key.bands)?;
        let rendered = sql::to_json(&segment.rendered)?;
        sql::run(conn, insert, (number, at, mask, key.sector.as_str(), key.locale.as_str(), rendered))?;
    }
    let insert = "INSERT INTO edition_texts (edition, activity, content) VALUES (?1, ?2, ?3)";
    for text in &publication.texts {
        sql::run(conn, insert, (number, text.activity.as_str(), sql::to_json(&text.content)?))?;
    }
    let update =
        "UPDATE editions SET state = 'sending', reason = NULL, published_at = ?2, sender = ?3, theme_text = ?4,
                                       notices = ?5
                  WHERE number = ?1";
    let texts = (sql::to_json(&publication.sender)?, sql::to_json(&publication.theme)?);
    let notices = sql::to_json(&publication.notices)?;
    sql::run(conn, update, (number, sql::millis(publication.at), texts.0, texts.1, notices)).map(drop)
}

/// One delivery per recipient; `None` if one of them is in no rendered segment, which shows as a segment that is null.
fn enqueue(conn: &Connection, publication: &Publication) -> Result<Option<u64>, SqliteError> {
    // CROSS JOIN fixes the order: recipients by number, so that rows are appended to the table.
    let insert = "INSERT INTO deliveries (edition, recipient, segment, name_id)
                  SELECT ?1, r.id,
                         (SELECT s.number FROM segments s WHERE s.edition = ?1 AND s.bands = r.bands & ?2
                          AND s.sector = o.sector AND s.locale = o.locale),
                         o.name_id
                  FROM recipients r CROSS JOIN subscribers o ON o.id = r.owner
                  WHERE r.state = 'active' AND r.bands & ?2 <> 0
                    AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)";
    let served = BandBook::open(conn)?.seen(&publication.served);
    match sql::run(conn, insert, (publication.edition.number.0, served)) {
        Ok(recipients) => Ok(Some(recipients)),
        Err(SqliteError::Sqlite(error)) if is_null_segment(&error) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn is_null_segment(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL)
}

/// What was published.
pub(in crate::store::sqlite) fn published(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<Option<Stored>, SqliteError> {
    let query = "SELECT published_at, sender FROM editions
                 WHERE number = ?1 AND published_at IS NOT NULL AND sender IS NOT NULL";
    let found = sql::row(conn, query, [edition.0], |row| {
        Ok((sql::instant(row.get(0)?)?, sql::from_json(&row.get::<_, String>(1)?)?))
    })?;
    let Some((at, sender)) = found else { return Ok(None) };
    Ok(Some(Stored { edition, at, sender, segments: segments(conn, edition)? }))
}

fn segments(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<BTreeMap<SegmentNumber, PublishedSegment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT number, bands, sector, locale, rendered FROM segments WHERE edition = ?1 ORDER BY number";
    let found = sql::rows(conn, query, [edition.0], |row| {
        let key = SegmentKey { bands: bands.set(row.get(1)?), sector: word(row, 2)?, locale: word(row, 3)? };
        let rendered = sql::from_json(&row.get::<_, String>(4)?)?;
        Ok((SegmentNumber(row.get(0)?), PublishedSegment { key, rendered }))
    })?;
    Ok(found.into_iter().collect())
}

/// Everybody whom a published edition is for. Forgotten ones are left out.
pub(in crate::store::sqlite) fn addressees(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<Vec<Addressee>, SqliteError> {
    let query = "SELECT d.segment, n.name, r.address FROM deliveries d
                 JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 WHERE d.edition = ?1 AND r.address IS NOT NULL ORDER BY d.recipient";
    sql::rows(conn, query, [edition.0], |row| {
        Ok(Addressee { segment: SegmentNumber(row.get(0)?), subscriber: row.get(1)?, address: word(row, 2)? })
    })
}
