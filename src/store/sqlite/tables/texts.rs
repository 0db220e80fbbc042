//! [`TextVersions`] on `SQLite`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::audit;
use crate::domain::writing::version::{KeptText, MOST_VERSIONS, TextVersion, digest};
use crate::store::shared::texts::{ACTOR, pack, subject, unpack};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{StoreError, TextVersions, acting};

#[async_trait]
impl TextVersions for SqliteStore {
    async fn text_versions(&self, file: &str) -> Result<Vec<TextVersion>, StoreError> {
        let file = file.to_owned();
        self.read(move |conn| versions(conn, &file)).await
    }

    async fn text_version(&self, file: &str, number: u64) -> Result<Option<String>, StoreError> {
        let file = file.to_owned();
        self.read(move |conn| version(conn, &file, sql::column(number)?)).await
    }

    async fn keep_text(&self, kept: &KeptText, at: DateTime<Utc>) -> Result<(), StoreError> {
        let kept = kept.clone();
        self.write(move |conn| keep(conn, &kept, sql::millis(at))).await
    }
}

fn versions(conn: &Connection, file: &str) -> Result<Vec<TextVersion>, SqliteError> {
    let query = "SELECT number, at, person FROM text_versions WHERE file = ?1 ORDER BY number DESC";
    sql::rows(conn, query, [file], |row| {
        Ok(TextVersion { number: sql::count(row.get(0)?), at: sql::instant(row.get(1)?)?, by: row.get(2)? })
    })
}

fn version(conn: &Connection, file: &str, number: i64) -> Result<Option<String>, SqliteError> {
    let query = "SELECT packed FROM text_versions WHERE file = ?1 AND number = ?2";
    let packed: Option<Vec<u8>> = sql::row(conn, query, (file, number), |row| Ok(row.get(0)?))?;
    let unreadable = |error: std::io::Error| sql::damaged(&format!("a version of a text: {error}"));
    packed.map(|packed| unpack(&packed).map_err(unreadable)).transpose()
}

fn keep(conn: &Connection, kept: &KeptText, at: i64) -> Result<(), SqliteError> {
    let newest = "SELECT number, digest FROM text_versions WHERE file = ?1 ORDER BY number DESC LIMIT 1";
    let newest: Option<(i64, String)> = sql::row(conn, newest, [&kept.file], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mark = digest(Some(&kept.text));
    if newest.as_ref().is_none_or(|(_, known)| *known != mark) {
        let number = newest.map_or(1, |(number, _)| number + 1);
        let person = kept.saved.and_then(|_| acting::person());
        let insert =
            "INSERT INTO text_versions (file, number, at, person, digest, packed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        sql::run(conn, insert, (&kept.file, number, at, person, mark, pack(&kept.text)?))?;
        let forget = "DELETE FROM text_versions WHERE file = ?1 AND number <= ?2";
        sql::run(conn, forget, (&kept.file, number - i64::from(MOST_VERSIONS)))?;
    }
    match kept.saved {
        Some(action) => audit::write(conn, at, ACTOR, action.as_str(), &subject(kept), ""),
        None => Ok(()),
    }
}
