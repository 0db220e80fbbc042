//! What is held about one mailbox, table by table, and the verbs that forget.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::outbox::transactional;
use super::{audit, forget, mailing_list, meta};
use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryState, OutcomeKind};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::subject_data::{
    SubjectAttempt, SubjectBounce, SubjectData, SubjectDelivery, SubjectRequest,
};
use crate::store::shared::meta::TIDIED;
use crate::store::shared::replies::join;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::engine::connect::PATIENCE;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::maintenance::{retention, scrub};
use crate::store::{Privacy, Records, StoreError};

#[async_trait]
impl Privacy for SqliteStore {
    async fn subject_data(&self, recipient: RecipientId) -> Result<SubjectData, StoreError> {
        self.read(move |conn| subject_data(conn, sql::column(recipient.0)?)).await
    }

    async fn forget_records(
        &self,
        records: Records,
        before: DateTime<Utc>,
    ) -> Result<(u64, Option<Records>), StoreError> {
        self.write(move |conn| retention::part(conn, records, before)).await
    }

    async fn is_unscrubbed(&self) -> Result<bool, StoreError> {
        self.read(|conn| {
            let noted = |key| Ok::<_, SqliteError>(meta::get(conn, key)?.is_some());
            Ok(noted(forget::UNSCRUBBED)? || noted(forget::UNREBUILT)?)
        })
        .await
    }

    async fn scrub(&self, erased: Option<&Address>) -> Result<bool, StoreError> {
        let Some(file) = self.file.clone() else { return Ok(true) };
        let folded = erased.map(Address::folded);
        let work = move || scrub::scrub(&file, PATIENCE, folded.as_deref());
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done.map_err(|fault| fault.at(&self.place)),
            Err(panic) => Err(StoreError::Backend { place: self.place.clone(), reason: panic.to_string() }),
        }
    }

    async fn tidied(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|conn| meta::get(conn, TIDIED)?.map(|at| sql::instant(sql::parse(&at)?)).transpose()).await
    }

    async fn note_tidied(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |conn| meta::put(conn, TIDIED, &sql::millis(at).to_string())).await
    }
}

fn subject_data(conn: &Connection, recipient: i64) -> Result<SubjectData, SqliteError> {
    let since = "SELECT created_at FROM recipients WHERE id = ?1";
    let known_since = sql::row(conn, since, [recipient], |row| sql::instant(row.get(0)?))?;
    let query = "SELECT e.number, d.state, b.at, b.status, l.name FROM editions e
                 CROSS JOIN deliveries d ON d.mailing = e.number AND d.recipient = ?1
                 LEFT JOIN bounces b ON b.recipient = ?1 AND b.edition = e.number
                 LEFT JOIN bulletins l ON l.number = e.number ORDER BY e.number";
    let mut deliveries = sql::rows(conn, query, [recipient], |row| {
        let bounce = sql::maybe_instant(row.get(2)?)?;
        let status = row.get(3)?;
        Ok(SubjectDelivery {
            edition: EditionNumber(row.get(0)?),
            bulletin: sql::maybe_word(row, 4)?,
            state: row.get::<_, DeliveryState>(1)?.group(),
            attempts: Vec::new(),
            bounce: bounce.map(|at| SubjectBounce { at, status }),
        })
    })?;
    for delivery in &mut deliveries {
        let query =
            "SELECT a.at, a.outcome, a.code, a.reply, w.words FROM attempts a LEFT JOIN replies w ON w.id = a.words
             WHERE a.mailing = ?1 AND a.recipient = ?2 ORDER BY a.number";
        delivery.attempts = sql::rows(conn, query, (delivery.edition.0, recipient), |row| {
            Ok(SubjectAttempt {
                at: sql::instant(row.get(0)?)?,
                outcome: row.get::<_, OutcomeKind>(1)?.as_str().to_owned(),
                code: row.get(2)?,
                reply: join(row.get(4)?, row.get(3)?),
            })
        })?;
    }
    Ok(SubjectData {
        known_since,
        suppressed_since: suppressed_since(conn, recipient)?,
        waits_in: mailing_list::waits_in(conn, recipient)?,
        deliveries,
        requests: requests(conn, recipient)?,
        letters: transactional::of_mailbox(conn, recipient)?,
        audit: audit::about(conn, &format!("recipient {recipient}"))?,
    })
}

fn suppressed_since(conn: &Connection, recipient: i64) -> Result<Option<DateTime<Utc>>, SqliteError> {
    let query = "SELECT x.at FROM recipients r JOIN suppressions x ON x.mac = r.mac WHERE r.id = ?1";
    sql::row(conn, query, [recipient], |row| sql::instant(row.get(0)?))
}

fn requests(conn: &Connection, recipient: i64) -> Result<Vec<SubjectRequest>, SqliteError> {
    let query = "SELECT kind, made_at, expires_at, done_at FROM requests WHERE recipient = ?1 ORDER BY id";
    sql::rows(conn, query, [recipient], |row| {
        Ok(SubjectRequest {
            kind: sql::word(row, 0)?,
            made_at: sql::instant(row.get(1)?)?,
            expires_at: sql::instant(row.get(2)?)?,
            done_at: sql::maybe_instant(row.get(3)?)?,
        })
    })
}
