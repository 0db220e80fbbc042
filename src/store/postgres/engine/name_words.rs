//! Fills in the words by which subscribers are found, for those who were there before this index was.

use tokio_postgres::Client;

use super::error::PostgresError;
use super::sql::params;
use crate::domain::name_query::index_words;

/// How many subscribers are read and written at once.
const PART: i64 = 10_000;

/// Adds words of these subscribers.
pub(in crate::store::postgres) const INSERT: &str =
    "INSERT INTO name_words (word, subscriber) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING";

/// Fills the words in, within the transaction that is open.
pub(super) async fn fill(connection: &Client) -> Result<(), PostgresError> {
    let query = "SELECT s.id, n.name, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                 WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    let mut after = 0_i64;
    loop {
        let page = connection.query_typed(query, params![after, PART]).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.try_get(0)?;
        let (mut words, mut subscribers) = (Vec::new(), Vec::new());
        for row in &page {
            let id: i64 = row.try_get(0)?;
            for word in index_words(row.try_get(1)?, row.try_get(2)?) {
                words.push(word);
                subscribers.push(id);
            }
        }
        connection.execute_typed(INSERT, params![words, subscribers]).await?;
    }
}
