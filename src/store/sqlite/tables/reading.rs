//! Published editions and activities, read back for the web.

use async_trait::async_trait;
use rusqlite::Connection;

use super::editions;
use super::people::word;
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::edition::EditionNumber;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{PublishedEdition, PublishedText, Reading, StoreError};

#[async_trait]
impl Reading for SqliteStore {
    async fn published_edition(&self, number: EditionNumber) -> Result<Option<PublishedEdition>, StoreError> {
        self.read(move |conn| edition(conn, number)).await
    }

    async fn published_activity(&self, id: &ActivityId) -> Result<Option<(EditionNumber, Activity)>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let query = "SELECT edition, content FROM edition_texts WHERE activity = ?1 ORDER BY edition DESC LIMIT 1";
            sql::row(conn, query, [id.as_str()], |row| {
                Ok((
                    EditionNumber(row.get(0)?),
                    sql::from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?,
                ))
            })
        })
        .await
    }
}

fn edition(conn: &Connection, number: EditionNumber) -> Result<Option<PublishedEdition>, SqliteError> {
    let query = "SELECT theme_text, notices FROM editions WHERE number = ?1 AND published_at IS NOT NULL";
    let texts = sql::row(conn, query, [number.0], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let Some((Some(theme), notices)) = texts else { return Ok(None) };
    let Some(edition) = editions::all(conn)?.into_iter().find(|edition| edition.number == number) else {
        return Ok(None);
    };
    let query = "SELECT activity, content FROM edition_texts WHERE edition = ?1 ORDER BY activity";
    let texts = sql::rows(conn, query, [number.0], |row| {
        let content = sql::from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        Ok(PublishedText { activity: word(row, 0)?, content })
    })?;
    let notices = notices.map_or(Ok(Vec::new()), |text| sql::from_json(&text))?;
    Ok(Some(PublishedEdition { edition, theme: sql::from_json(&theme)?, texts, notices }))
}
