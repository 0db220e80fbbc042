//! [`TextVersions`] on `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::audit;
use crate::domain::writing::version::{KeptText, MOST_VERSIONS, TextVersion, digest};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::shared::texts::{ACTOR, pack, subject, unpack};
use crate::store::{StoreError, TextVersions, acting};

#[async_trait]
impl TextVersions for PostgresStore {
    async fn text_versions(&self, file: &str) -> Result<Vec<TextVersion>, StoreError> {
        let query = "SELECT number, at, person FROM text_versions WHERE file = $1 ORDER BY number DESC";
        let read = |row: &tokio_postgres::Row| {
            let number = sql::count(row.try_get(0)?);
            Ok(TextVersion { number, at: sql::instant(row.try_get(1)?)?, by: row.try_get(2)? })
        };
        within!(self, Look, |transaction| transaction.rows(query, params![file], read).await)
    }

    async fn text_version(&self, file: &str, number: u64) -> Result<Option<String>, StoreError> {
        within!(self, Look, |transaction| version(&transaction, file, sql::column(number)?).await)
    }

    async fn keep_text(&self, kept: &KeptText, at: DateTime<Utc>) -> Result<(), StoreError> {
        within!(self, Change, |transaction| keep(&transaction, kept, sql::millis(at)).await)
    }
}

async fn version(transaction: &Transaction, file: &str, number: i64) -> Result<Option<String>, PostgresError> {
    let query = "SELECT packed FROM text_versions WHERE file = $1 AND number = $2";
    let read = |row: &tokio_postgres::Row| Ok(row.try_get::<_, Vec<u8>>(0)?);
    let packed = transaction.row(query, params![file, number], read).await?;
    packed.map(|packed| unpack(&packed).map_err(|error| unreadable(&error))).transpose()
}

async fn keep(transaction: &Transaction, kept: &KeptText, at: i64) -> Result<(), PostgresError> {
    // Two nodes may keep one at the same time.
    transaction.run("LOCK TABLE text_versions IN SHARE ROW EXCLUSIVE MODE", params![]).await?;
    let newest = "SELECT number, digest FROM text_versions WHERE file = $1 ORDER BY number DESC LIMIT 1";
    let read = |row: &tokio_postgres::Row| Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, String>(1)?));
    let newest = transaction.row(newest, params![kept.file], read).await?;
    let mark = digest(Some(&kept.text));
    if newest.as_ref().is_none_or(|(_, known)| *known != mark) {
        let number = newest.map_or(1, |(number, _)| number + 1);
        let person = kept.saved.and_then(|_| acting::person());
        let packed = pack(&kept.text).map_err(|error| unreadable(&error))?;
        let insert =
            "INSERT INTO text_versions (file, number, at, person, digest, packed) VALUES ($1, $2, $3, $4, $5, $6)";
        transaction.run(insert, params![kept.file, number, at, person.as_deref(), mark, packed]).await?;
        let forget = "DELETE FROM text_versions WHERE file = $1 AND number <= $2";
        transaction.run(forget, params![kept.file, number - i64::from(MOST_VERSIONS)]).await?;
    }
    match kept.saved {
        Some(action) => audit::write(transaction, at, ACTOR, action.as_str(), &subject(kept), "").await,
        None => Ok(()),
    }
}

fn unreadable(error: &std::io::Error) -> PostgresError {
    sql::damaged(&format!("a version of a text: {error}"))
}
