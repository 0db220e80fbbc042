//! Texts that were mended after they went out.

use rusqlite::Connection;

use super::audit;
use crate::domain::edition::EditionNumber;
use crate::domain::revised::TextRevision;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// The newest of each text of an edition.
pub(super) fn newest(conn: &Connection, edition: EditionNumber) -> Result<Vec<TextRevision>, SqliteError> {
    let query = "SELECT number, at, content FROM text_revisions r WHERE edition = ?1
                 AND number = (SELECT max(number) FROM text_revisions WHERE edition = r.edition AND text = r.text)
                 ORDER BY text";
    sql::rows(conn, query, [edition.0], |row| {
        let text = sql::from_json(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
        Ok(TextRevision { text, number: row.get(0)?, at: sql::instant(row.get(1)?)? })
    })
}

/// Adds one, unless there is one of this number already, or the edition was never published.
pub(super) fn add(
    conn: &Connection,
    edition: EditionNumber,
    revision: &TextRevision,
    actor: &str,
) -> Result<bool, SqliteError> {
    let (at, key) = (sql::millis(revision.at), revision.text.key());
    let insert = "INSERT INTO text_revisions (edition, text, number, at, content)
                  SELECT number, ?2, ?3, ?4, ?5 FROM editions WHERE number = ?1 AND published_at IS NOT NULL
                  ON CONFLICT DO NOTHING";
    let content = sql::to_json(&revision.text)?;
    if sql::run(conn, insert, (edition.0, key, revision.number, at, content))? == 0 {
        return Ok(false);
    }
    audit::write(conn, at, actor, "correct-text", &format!("edition {edition}"), key)?;
    Ok(true)
}
