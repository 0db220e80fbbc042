//! [`Archive`] on `PostgreSQL`: what was published, read back.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tokio::try_join;
use tokio_postgres::Row;

use super::{columns, edition_rows, meta, pictures, publish, revised, segments};
use crate::domain::activity::{Activity, ActivityId, Notice, Printable, Theme};
use crate::domain::edition::EditionNumber;
use crate::domain::lasting::{PublicName, Revision};
use crate::domain::picture::{Picture, PictureName};
use crate::domain::revised::TextRevision;
use crate::domain::sender::Sender;
use crate::domain::subscriber::RecipientId;
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::shared::meta::PUBLIC_NAME;
use crate::store::shared::segments::pack;
use crate::store::{
    Actor, Addressee, Archive, Publication, PublishResult, PublishedMails, PublishedText, PublishedView, Recall,
    SegmentNumber, StoreError,
};

#[async_trait]
impl Archive for PostgresStore {
    async fn publish(&self, publication: &Publication) -> Result<PublishResult, StoreError> {
        // Compressed before the transaction: others wait for that one.
        let packed = pack(&publication.segments).map_err(|error| sql::damaged(&error.to_string()).at(&self.place))?;
        within!(self, DecideEditions, |transaction| publish::publish(&transaction, publication, &packed).await)
    }

    async fn published(&self, edition: EditionNumber) -> Result<Option<PublishedMails>, StoreError> {
        within!(self, Look, |transaction| mails(&transaction, edition).await)
    }

    async fn addressed(&self, edition: EditionNumber) -> Result<BTreeMap<SegmentNumber, (u64, String)>, StoreError> {
        within!(self, Look, |transaction| addressed(&transaction, edition).await)
    }

    async fn addressees_page(
        &self,
        edition: EditionNumber,
        after: Option<RecipientId>,
        limit: u32,
    ) -> Result<Vec<Addressee>, StoreError> {
        within!(self, Look, |transaction| addressees(&transaction, edition, after, limit).await)
    }

    async fn published_view(&self, number: EditionNumber) -> Result<Option<PublishedView>, StoreError> {
        within!(self, Look, |transaction| view(&transaction, number).await)
    }

    async fn published_activity(&self, id: &ActivityId) -> Result<Option<(EditionNumber, Activity)>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT edition, content FROM edition_texts WHERE activity = $1 ORDER BY edition DESC LIMIT 1";
            let read = |row: &Row| Ok((columns::edition(row, 0)?, sql::from_json(row.try_get(1)?)?));
            transaction.row(query, params![id.as_str()], read).await
        })
    }

    async fn published_printable(&self, id: &ActivityId, file: &str) -> Result<Option<Printable>, StoreError> {
        within!(self, Look, |transaction| {
            let query = "SELECT (content::json -> 'printable')::text FROM edition_texts
                         WHERE activity = $1 AND content::json -> 'printable' ->> 'file' = $2
                         ORDER BY edition DESC LIMIT 1";
            transaction.row(query, params![id.as_str(), file], |row| sql::from_json(row.try_get(0)?)).await
        })
    }

    async fn published_picture(&self, name: &PictureName) -> Result<Option<Picture>, StoreError> {
        within!(self, Look, |transaction| pictures::named(&transaction, name).await)
    }

    async fn revise_text(
        &self,
        edition: EditionNumber,
        revision: &TextRevision,
        actor: Actor,
    ) -> Result<bool, StoreError> {
        within!(self, Change, |transaction| revised::add(&transaction, edition, revision, actor).await)
    }

    async fn public_name(&self) -> Result<PublicName, StoreError> {
        within!(self, Look, |transaction| {
            let name = meta::get(&transaction, PUBLIC_NAME).await?;
            name.map(PublicName).ok_or_else(|| sql::damaged("the public name is missing"))
        })
    }

    async fn revisions(&self) -> Result<BTreeMap<String, Revision>, StoreError> {
        within!(self, Look, |transaction| {
            let read = |row: &Row| {
                let number = count_of(row, 2)?;
                Ok((row.try_get(0)?, Revision::new(row.try_get(1)?, number, sql::instant(row.try_get(3)?)?)))
            };
            let query = "SELECT subject, fingerprint, number, at FROM revisions";
            Ok(transaction.rows(query, params![], read).await?.into_iter().collect())
        })
    }

    async fn write_revisions(&self, revised: &BTreeMap<String, Revision>) -> Result<(), StoreError> {
        within!(self, Change, |transaction| write_revisions(&transaction, revised).await)
    }
}

fn count_of(row: &Row, at: usize) -> Result<u32, PostgresError> {
    u32::try_from(row.try_get::<_, i64>(at)?).map_err(|error| sql::damaged(&error.to_string()))
}

async fn write_revisions(transaction: &Transaction, revised: &BTreeMap<String, Revision>) -> Result<(), PostgresError> {
    let subjects: Vec<&str> = revised.keys().map(String::as_str).collect();
    let fingerprints: Vec<&str> = revised.values().map(Revision::fingerprint).collect();
    let numbers: Vec<i64> = revised.values().map(|revision| revision.number.into()).collect();
    let moments: Vec<i64> = revised.values().map(|revision| sql::millis(revision.at)).collect();
    // In the order of the subjects, so that no two nodes wait for each other.
    let put = "INSERT INTO revisions (subject, fingerprint, number, at) SELECT * FROM unnest($1, $2, $3, $4)
               ON CONFLICT (subject) DO UPDATE SET
                   fingerprint = excluded.fingerprint, number = excluded.number, at = excluded.at";
    transaction.run(put, params![subjects, fingerprints, numbers, moments]).await.map(drop)
}

async fn mails(transaction: &Transaction, edition: EditionNumber) -> Result<Option<PublishedMails>, PostgresError> {
    let (head, segments, pictures) = try_join!(biased;
        head(transaction, edition),
        segments::read(transaction, edition),
        pictures::of(transaction, edition)
    )?;
    let (Some((at, sender)), Some(segments)) = (head, segments) else { return Ok(None) };
    Ok(Some(PublishedMails { edition, at, sender, segments, pictures }))
}

/// When an edition was published, and by whom its mails are.
async fn head(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Option<(chrono::DateTime<chrono::Utc>, Sender)>, PostgresError> {
    let query = "SELECT published_at, sender FROM editions
                 WHERE number = $1 AND published_at IS NOT NULL AND sender IS NOT NULL";
    let read = |row: &Row| Ok((sql::instant(row.try_get(0)?)?, sql::from_json(row.try_get(1)?)?));
    transaction.row(query, params![i64::from(edition.0)], read).await
}

async fn view(transaction: &Transaction, number: EditionNumber) -> Result<Option<PublishedView>, PostgresError> {
    let (own, edition, texts, recalls, pictures, revised) = try_join!(biased;
        own_texts(transaction, number),
        edition_rows::one(transaction, number),
        activities(transaction, number),
        recalls(transaction, number),
        pictures::infos(transaction, number),
        revised::newest(transaction, number)
    )?;
    let (Some((theme, notices)), Some(edition)) = (own, edition) else { return Ok(None) };
    Ok(Some(PublishedView { edition, theme, texts, recalls, notices, pictures, revised }))
}

/// An edition's theme and notices as they went out.
async fn own_texts(
    transaction: &Transaction,
    number: EditionNumber,
) -> Result<Option<(Theme, Vec<Notice>)>, PostgresError> {
    let query = "SELECT theme_text, notices FROM editions
                 WHERE number = $1 AND published_at IS NOT NULL AND theme_text IS NOT NULL";
    let read = |row: &Row| {
        let notices = row.try_get::<_, Option<&str>>(1)?.map_or(Ok(Vec::new()), sql::from_json)?;
        Ok((sql::from_json(row.try_get(0)?)?, notices))
    };
    transaction.row(query, params![i64::from(number.0)], read).await
}

async fn activities(transaction: &Transaction, number: EditionNumber) -> Result<Vec<PublishedText>, PostgresError> {
    let query = "SELECT activity, content FROM edition_texts WHERE edition = $1 ORDER BY activity";
    let read =
        |row: &Row| Ok(PublishedText { activity: sql::word(row, 0)?, content: sql::from_json(row.try_get(1)?)? });
    transaction.rows(query, params![i64::from(number.0)], read).await
}

async fn recalls(
    transaction: &Transaction,
    number: EditionNumber,
) -> Result<BTreeMap<ActivityId, Recall>, PostgresError> {
    let query = "SELECT w.activity, w.reinstated_at IS NULL, coalesce(w.reinstated_at, w.at)
                 FROM withdrawn_activities w JOIN edition_texts t ON t.activity = w.activity WHERE t.edition = $1";
    let read =
        |row: &Row| Ok((sql::word(row, 0)?, Recall { stands: row.try_get(1)?, at: sql::instant(row.try_get(2)?)? }));
    Ok(transaction.rows(query, params![i64::from(number.0)], read).await?.into_iter().collect())
}

/// How many mailboxes of an edition each segment has, and whose the first is. Forgotten ones are left out.
async fn addressed(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<BTreeMap<SegmentNumber, (u64, String)>, PostgresError> {
    let query = "SELECT one.segment, one.mailboxes, n.name
                 FROM (SELECT d.segment, count(*) AS mailboxes, min(d.recipient) AS first
                       FROM deliveries d JOIN recipients r ON r.id = d.recipient
                       WHERE d.mailing = $1 AND r.address IS NOT NULL GROUP BY d.segment) one
                 JOIN deliveries d ON d.mailing = $1 AND d.recipient = one.first
                 LEFT JOIN names n ON n.id = d.name_id";
    let read = |row: &Row| {
        let name: Option<String> = row.try_get(2)?;
        let name = name.ok_or_else(|| sql::damaged("a name is missing"))?;
        Ok((segments::number(row, 0)?, (sql::count(row.try_get(1)?), name)))
    };
    Ok(transaction.rows(query, params![i64::from(edition.0)], read).await?.into_iter().collect())
}

/// The mailboxes of an edition by number, after this one. Forgotten ones are left out.
async fn addressees(
    transaction: &Transaction,
    edition: EditionNumber,
    after: Option<RecipientId>,
    limit: u32,
) -> Result<Vec<Addressee>, PostgresError> {
    // Both tables are read from there on: the planner does not see that the one follows from the other.
    let query = "SELECT d.recipient, d.segment, n.name, r.address FROM deliveries d
                 JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 WHERE d.mailing = $1 AND d.recipient > $2 AND r.id > $2 AND r.address IS NOT NULL
                 ORDER BY d.recipient LIMIT $3";
    let after = sql::column(after.map_or(0, |after| after.0))?;
    let read = |row: &Row| {
        Ok(Addressee {
            recipient: RecipientId(sql::count(row.try_get(0)?)),
            segment: segments::number(row, 1)?,
            subscriber: row.try_get(2)?,
            address: sql::word(row, 3)?,
        })
    };
    transaction.rows(query, params![i64::from(edition.0), after, i64::from(limit)], read).await
}
