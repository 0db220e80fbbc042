//! [`Archive`] on `SQLite`: what was published, read back.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::Connection;

use super::{edition_rows, meta, pictures, publish, revised, segments};
use crate::domain::activity::{Activity, ActivityId, Printable};
use crate::domain::edition::EditionNumber;
use crate::domain::lasting::{PublicName, Revision};
use crate::domain::picture::{Picture, PictureName};
use crate::domain::revised::TextRevision;
use crate::domain::subscriber::RecipientId;
use crate::store::shared::meta::PUBLIC_NAME;
use crate::store::shared::segments::pack;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{
    Actor, Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedText, PublishedView, Recall,
    SegmentNumber, StoreError,
};

#[async_trait]
impl Archive for SqliteStore {
    async fn publish(&self, publication: &Publication) -> Result<PublishResult, StoreError> {
        // Compressed here and not by the thread that writes: others wait for that one.
        let packed = pack(&publication.segments).map_err(|error| SqliteError::from(error).at(&self.place))?;
        let publication = Publication { segments: Vec::new(), ..publication.clone() };
        self.write(move |conn| publish::publish(conn, &publication, &packed)).await
    }

    async fn published(&self, edition: EditionNumber) -> Result<Option<PublishedMails>, StoreError> {
        self.read(move |conn| mails(conn, edition)).await
    }

    async fn addressed(&self, edition: EditionNumber) -> Result<BTreeMap<SegmentNumber, (u64, String)>, StoreError> {
        self.read(move |conn| addressed(conn, edition)).await
    }

    async fn addressees_page(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError> {
        self.read(move |conn| addressees(conn, edition, after, limit)).await
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

    async fn published_printable(&self, id: &ActivityId, file: &str) -> Result<Option<Printable>, StoreError> {
        let (id, file) = (id.clone(), file.to_owned());
        self.read(move |conn| {
            let query = "SELECT json_extract(content, '$.printable') FROM edition_texts
                         WHERE activity = ?1 AND json_extract(content, '$.printable.file') = ?2
                         ORDER BY edition DESC LIMIT 1";
            sql::row(conn, query, (id.as_str(), &file), |row| {
                sql::from_json(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)
            })
        })
        .await
    }

    async fn published_picture(&self, name: &PictureName) -> Result<Option<Picture>, StoreError> {
        let name = name.clone();
        self.read(move |conn| pictures::named(conn, &name)).await
    }

    async fn revise_text(
        &self,
        edition: EditionNumber,
        revision: &TextRevision,
        actor: Actor,
    ) -> Result<bool, StoreError> {
        let revision = revision.clone();
        self.write(move |conn| revised::add(conn, edition, &revision, actor)).await
    }

    async fn public_name(&self) -> Result<PublicName, StoreError> {
        self.read(|conn| {
            let name = meta::get(conn, PUBLIC_NAME)?;
            name.map(PublicName).ok_or_else(|| sql::damaged("the public name is missing"))
        })
        .await
    }

    async fn revisions(&self) -> Result<BTreeMap<String, Revision>, StoreError> {
        self.read(|conn| {
            let found = sql::rows(conn, "SELECT subject, fingerprint, number, at FROM revisions", [], |row| {
                Ok((row.get(0)?, Revision::new(row.get(1)?, row.get(2)?, sql::instant(row.get(3)?)?)))
            })?;
            Ok(found.into_iter().collect())
        })
        .await
    }

    async fn write_revisions(&self, revised: &BTreeMap<String, Revision>) -> Result<(), StoreError> {
        let revised = revised.clone();
        self.write(move |conn| {
            let put = "INSERT OR REPLACE INTO revisions (subject, fingerprint, number, at) VALUES (?1, ?2, ?3, ?4)";
            for (subject, revision) in &revised {
                sql::run(conn, put, (subject, revision.fingerprint(), revision.number, sql::millis(revision.at)))?;
            }
            Ok(())
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
    let Some(segments) = segments::read(conn, edition)? else { return Ok(None) };
    Ok(Some(PublishedMails { edition, at, sender, segments, pictures: pictures::of(conn, edition)? }))
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
    let query = "SELECT w.activity, w.reinstated_at IS NULL, coalesce(w.reinstated_at, w.at)
                 FROM withdrawn_activities w JOIN edition_texts t ON t.activity = w.activity WHERE t.edition = ?1";
    let recalls = sql::rows(conn, query, [number.0], |row| {
        Ok((sql::word(row, 0)?, Recall { stands: row.get(1)?, at: sql::instant(row.get(2)?)? }))
    })?;
    let notices = notices.map_or(Ok(Vec::new()), |text| sql::from_json(&text))?;
    let (theme, recalls) = (sql::from_json(&theme)?, recalls.into_iter().collect());
    let pictures = pictures::infos(conn, number)?;
    let revised = revised::newest(conn, number)?;
    Ok(Some(PublishedView { edition, theme, texts, recalls, notices, pictures, revised }))
}

const ADDRESSED: &str = "SELECT d.segment, d.name_id FROM deliveries d CROSS JOIN recipients r ON r.id = d.recipient
                         WHERE d.mailing = ?1 AND r.address IS NOT NULL ORDER BY d.recipient";

/// How many mailboxes of an edition each segment has, and whose the first is. Forgotten ones are left out.
fn addressed(conn: &Connection, edition: EditionNumber) -> Result<BTreeMap<SegmentNumber, (u64, String)>, SqliteError> {
    // Counted here: grouped in the statement, a million rows would be sorted first.
    let mut found: BTreeMap<u32, (u64, i64)> = BTreeMap::new();
    let mut statement = conn.prepare_cached(ADDRESSED)?;
    let mut rows = statement.query([edition.0])?;
    while let Some(row) = rows.next()? {
        let name = row.get(1)?;
        found.entry(row.get(0)?).or_insert((0, name)).0 += 1;
    }
    let named = |(segment, (mailboxes, name)): (u32, (u64, i64))| {
        let query = "SELECT name FROM names WHERE id = ?1";
        let name = sql::row(conn, query, [name], |row| Ok(row.get(0)?))?;
        Ok((SegmentNumber(segment), (mailboxes, name.ok_or_else(|| sql::damaged("a name is missing"))?)))
    };
    found.into_iter().map(named).collect()
}

const ADDRESSEES: &str = "SELECT d.recipient, d.segment, n.name, r.address FROM deliveries d
                          CROSS JOIN recipients r ON r.id = d.recipient CROSS JOIN names n ON n.id = d.name_id
                          WHERE d.mailing = ?1 AND d.recipient > ?2 AND r.address IS NOT NULL
                          ORDER BY d.recipient LIMIT ?3";

/// The mailboxes of an edition by number, after this one. Forgotten ones are left out.
fn addressees(
    conn: &Connection,
    edition: EditionNumber,
    after: Option<RecipientId>,
    limit: u32,
) -> Result<Vec<Addressee>, SqliteError> {
    let after = sql::column(after.map_or(0, |after| after.0))?;
    sql::rows(conn, ADDRESSEES, (edition.0, after, limit), |row| {
        Ok(Addressee {
            recipient: RecipientId(sql::count(row.get(0)?)),
            segment: SegmentNumber(row.get(1)?),
            subscriber: row.get(2)?,
            address: sql::word(row, 3)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn an_edition_is_read_in_the_order_of_its_mailboxes() {
        let conn = connect::memory().unwrap();
        for query in [ADDRESSED, ADDRESSEES] {
            let steps = sql::plan(&conn, query);
            assert!(steps.len() >= 2 && steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        }
    }
}
