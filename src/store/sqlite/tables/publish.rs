//! Publishing: who gets an edition, and the one transaction that makes it so.

use rusqlite::{Connection, ErrorCode};

use super::columns::BandBook;
use super::{approved, audit, edition_rows, meta, segments};
use crate::domain::subscriber::MailboxState;
use crate::store::shared::segments::Packed;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Publication, PublishResult};

/// Publishes with these segments, if the edition is as it was when they were rendered, and everybody is in one of them.
pub(in crate::store::sqlite) fn publish(
    conn: &Connection,
    publication: &Publication,
    segments: &[Packed],
) -> Result<PublishResult, SqliteError> {
    let number = publication.before.number;
    let withdrawn = edition_rows::withdrawn(conn)?;
    let spoiled = publication.before.selection.picks.iter().any(|pick| withdrawn.contains(&pick.id));
    let is_as_rendered = edition_rows::one(conn, number)?.as_ref() == Some(&publication.before);
    if meta::restored(conn)?.is_some() || spoiled || !is_as_rendered {
        return Ok(PublishResult::Changed);
    }
    sql::run(conn, "SAVEPOINT publication", [])?;
    edition_rows::write(conn, Some(&publication.before), Some(&publication.after))?;
    approved::drop_of(conn, number)?;
    segments::write(conn, number, segments)?;
    write_texts(conn, publication)?;
    let Some(recipients) = enqueue(conn, publication)? else {
        sql::run(conn, "ROLLBACK TO publication", [])?;
        sql::run(conn, "RELEASE publication", [])?;
        return Ok(PublishResult::Changed);
    };
    sql::run(conn, "RELEASE publication", [])?;
    sql::run(conn, "UPDATE editions SET mails = ?2 WHERE number = ?1", (number.0, sql::column(recipients)?))?;
    let subject = format!("edition {number}");
    let detail = format!("{recipients} recipients in {} segments", segments.len());
    audit::write(conn, sql::millis(publication.at), "program", "publish", &subject, &detail)?;
    Ok(PublishResult::Published { recipients })
}

fn write_texts(conn: &Connection, publication: &Publication) -> Result<(), SqliteError> {
    let number = publication.before.number.0;
    let insert = "INSERT INTO edition_texts (edition, activity, content) VALUES (?1, ?2, ?3)";
    for text in &publication.texts {
        sql::run(conn, insert, (number, text.activity.as_str(), sql::to_json(&text.content)?))?;
    }
    let update = "UPDATE editions SET sender = ?2, theme_text = ?3, notices = ?4 WHERE number = ?1";
    let texts = (sql::to_json(&publication.sender)?, sql::to_json(&publication.theme)?);
    let notices = sql::to_json(&publication.notices)?;
    sql::run(conn, update, (number, texts.0, texts.1, notices)).map(drop)
}

/// One delivery per recipient; `None` if one of them is in no rendered segment, which shows as a segment that is null.
fn enqueue(conn: &Connection, publication: &Publication) -> Result<Option<u64>, SqliteError> {
    // CROSS JOIN fixes the order: recipients by number, so that rows are appended to the table.
    let insert = "INSERT INTO deliveries (mailing, recipient, segment, name_id)
                  SELECT ?1, r.id,
                         (SELECT s.number FROM segments s WHERE s.edition = ?1 AND s.bands = r.bands & ?2
                          AND s.sector = o.sector AND s.locale = o.locale),
                         o.name_id
                  FROM recipients r CROSS JOIN subscribers o ON o.id = r.owner
                  WHERE r.state = ?3 AND r.bands & ?2 <> 0
                    AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)";
    let served = BandBook::open(conn)?.seen(&publication.served);
    match sql::run(conn, insert, (publication.before.number.0, served, MailboxState::Active)) {
        Ok(recipients) => Ok(Some(recipients)),
        Err(SqliteError::Sqlite(error)) if is_null_segment(&error) => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn is_null_segment(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL)
}
