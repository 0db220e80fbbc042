//! [`Archive`] on `SQLite`: what was published, read back.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::Connection;

use super::columns::BandBook;
use super::{edition_rows, publish};
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{
    Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedSegment, PublishedText, PublishedView,
    SegmentNumber, StoreError,
};

#[async_trait]
impl Archive for SqliteStore {
    async fn publish(&self, publication: &Publication) -> Result<PublishResult, StoreError> {
        let publication = publication.clone();
        self.write(move |conn| publish::publish(conn, &publication)).await
    }

    async fn published(&self, edition: EditionNumber) -> Result<Option<PublishedMails>, StoreError> {
        self.read(move |conn| mails(conn, edition)).await
    }

    async fn addressees(&self, edition: EditionNumber) -> Result<Vec<Addressee>, StoreError> {
        self.read(move |conn| addressees(conn, edition)).await
    }

    async fn published_view(&self, number: EditionNumber) -> Result<Option<PublishedView>, StoreError> {
        self.read(move |conn| view(conn, number)).await
    }

    async fn published_activity(&self, id: &ActivityId) -> Result<Option<(EditionNumber, Activity)>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            let query = "SELECT edition, content FROM edition_texts WHERE activity = ?1 ORDER BY edition DESC LIMIT 1";
            sql::row(conn, query, [id.as_str()], |row| {
                let content = sql::from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
                Ok((EditionNumber(row.get(0)?), content))
            })
        })
        .await
    }
}

fn mails(conn: &Connection, edition: EditionNumber) -> Result<Option<PublishedMails>, SqliteError> {
    let query = "SELECT published_at, sender FROM editions
                 WHERE number = ?1 AND published_at IS NOT NULL AND sender IS NOT NULL";
    let found = sql::row(conn, query, [edition.0], |row| {
        Ok((sql::instant(row.get(0)?)?, sql::from_json(&row.get::<_, String>(1)?)?))
    })?;
    let Some((at, sender)) = found else { return Ok(None) };
    Ok(Some(PublishedMails { edition, at, sender, segments: segments(conn, edition)? }))
}

fn segments(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<BTreeMap<SegmentNumber, PublishedSegment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT number, bands, sector, locale, rendered FROM segments WHERE edition = ?1 ORDER BY number";
    let found = sql::rows(conn, query, [edition.0], |row| {
        let key = SegmentKey { bands: bands.set(row.get(1)?), sector: sql::word(row, 2)?, locale: sql::word(row, 3)? };
        let rendered = sql::from_json(&row.get::<_, String>(4)?)?;
        Ok((SegmentNumber(row.get(0)?), PublishedSegment { key, rendered }))
    })?;
    Ok(found.into_iter().collect())
}

fn view(conn: &Connection, number: EditionNumber) -> Result<Option<PublishedView>, SqliteError> {
    let query = "SELECT theme_text, notices FROM editions WHERE number = ?1 AND published_at IS NOT NULL";
    let texts = sql::row(conn, query, [number.0], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let Some((Some(theme), notices)) = texts else { return Ok(None) };
    let Some(edition) = edition_rows::one(conn, number)? else { return Ok(None) };
    let query = "SELECT activity, content FROM edition_texts WHERE edition = ?1 ORDER BY activity";
    let texts = sql::rows(conn, query, [number.0], |row| {
        let content = sql::from_json(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        Ok(PublishedText { activity: sql::word(row, 0)?, content })
    })?;
    let notices = notices.map_or(Ok(Vec::new()), |text| sql::from_json(&text))?;
    Ok(Some(PublishedView { edition, theme: sql::from_json(&theme)?, texts, notices }))
}

/// Everybody whom a published edition is for. Forgotten ones are left out.
fn addressees(conn: &Connection, edition: EditionNumber) -> Result<Vec<Addressee>, SqliteError> {
    let query = "SELECT d.segment, n.name, r.address FROM deliveries d
                 JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 WHERE d.mailing = ?1 AND r.address IS NOT NULL ORDER BY d.recipient";
    sql::rows(conn, query, [edition.0], |row| {
        Ok(Addressee { segment: SegmentNumber(row.get(0)?), subscriber: row.get(1)?, address: sql::word(row, 2)? })
    })
}
