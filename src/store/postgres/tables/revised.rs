//! Texts that were mended after they went out.

use tokio_postgres::Row;

use super::audit;
use crate::domain::edition::EditionNumber;
use crate::domain::revised::TextRevision;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// The newest of each text of an edition.
pub(super) async fn newest(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Vec<TextRevision>, PostgresError> {
    let query = "SELECT DISTINCT ON (text) number, at, content FROM text_revisions WHERE edition = $1
                 ORDER BY text, number DESC";
    let read = |row: &Row| {
        let number = u32::try_from(row.try_get::<_, i64>(0)?).map_err(|error| sql::damaged(&error.to_string()))?;
        Ok(TextRevision { text: sql::from_json(row.try_get(2)?)?, number, at: sql::instant(row.try_get(1)?)? })
    };
    let mut found = transaction.rows(query, params![i64::from(edition.0)], read).await?;
    // As a computer orders letters, whatever the database's locale.
    found.sort_by(|a, b| a.text.key().cmp(b.text.key()));
    Ok(found)
}

/// Adds one, unless there is one of this number already, or the edition was never published.
pub(super) async fn add(
    transaction: &Transaction,
    edition: EditionNumber,
    revision: &TextRevision,
    actor: &str,
) -> Result<bool, PostgresError> {
    let (at, key) = (sql::millis(revision.at), revision.text.key());
    let insert = "INSERT INTO text_revisions (edition, text, number, at, content)
                  SELECT number, $2, $3, $4, $5 FROM editions WHERE number = $1 AND published_at IS NOT NULL
                  ON CONFLICT DO NOTHING";
    let content = sql::to_json(&revision.text)?;
    let (edition_number, number) = (i64::from(edition.0), i64::from(revision.number));
    if transaction.run(insert, params![edition_number, key, number, at, content]).await? == 0 {
        return Ok(false);
    }
    audit::write(transaction, at, actor, "correct-text", &format!("edition {edition}"), key).await?;
    Ok(true)
}
