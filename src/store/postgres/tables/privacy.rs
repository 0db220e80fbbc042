//! What is held about one mailbox, table by table, and the verbs that forget.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::try_join;
use tokio_postgres::Row;

use super::outbox::{cap, transactional};
use super::{audit, columns, mailing_list, meta};
use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryState, OutcomeKind};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::subject_data::{
    SubjectAttempt, SubjectBounce, SubjectData, SubjectDelivery, SubjectRequest,
};
use crate::store::postgres::PostgresStore;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::schema;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::{Transaction, within};
use crate::store::postgres::maintenance::retention;
use crate::store::shared::meta::{TIDIED, UNSCRUBBED};
use crate::store::shared::replies::join;
use crate::store::{Privacy, Records, StoreError};

#[async_trait]
impl Privacy for PostgresStore {
    async fn subject_data(&self, recipient: RecipientId) -> Result<SubjectData, StoreError> {
        within!(self, Look, |transaction| subject_data(&transaction, sql::column(recipient.0)?).await)
    }

    async fn forget_records(
        &self,
        records: Records,
        before: DateTime<Utc>,
    ) -> Result<(u64, Option<Records>), StoreError> {
        match records {
            Records::Bounces | Records::Letters | Records::Requests => {
                within!(self, DecideList, |transaction| retention::part(&transaction, records, before).await)
            }
            Records::Attempts(..) | Records::Mails | Records::Notices | Records::Replies => {
                within!(self, Change, |transaction| retention::part(&transaction, records, before).await)
            }
        }
    }

    async fn is_unscrubbed(&self) -> Result<bool, StoreError> {
        within!(self, Look, |transaction| Ok(meta::get(&transaction, UNSCRUBBED).await?.is_some()))
    }

    /// Only notes that it was asked for. The files are the database's own affair: its vacuum gives the place of what was
    /// forgotten to other rows, its log is overwritten or archived, and copies of both are kept by whoever looks after it.
    async fn scrub(&self, _erased: Option<&Address>) -> Result<bool, StoreError> {
        within!(self, Change, |transaction| {
            meta::take(&transaction, UNSCRUBBED).await?;
            Ok(true)
        })
    }

    async fn tidied(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        within!(self, Look, |transaction| meta::moment(&transaction, TIDIED).await)
    }

    async fn note_tidied(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        within!(self, Change, |transaction| {
            for statement in schema::FORGET {
                transaction.run(statement, params![]).await?;
            }
            cap::forget_old(&transaction, at).await?;
            meta::put(&transaction, TIDIED, &sql::millis(at).to_string()).await
        })
    }
}

async fn subject_data(transaction: &Transaction, recipient: i64) -> Result<SubjectData, PostgresError> {
    let subject = format!("recipient {recipient}");
    let ((known_since, suppressed_since), waits_in, deliveries, mut attempts, requests, letters, audit) = try_join!(biased;
        moments(transaction, recipient),
        mailing_list::waits_in(transaction, recipient),
        deliveries(transaction, recipient),
        attempts(transaction, recipient),
        requests(transaction, recipient),
        transactional::of_mailbox(transaction, recipient),
        audit::about(transaction, &subject)
    )?;
    let with_attempts = |delivery: SubjectDelivery| {
        let attempts = attempts.remove(&delivery.edition).unwrap_or_default();
        SubjectDelivery { attempts, ..delivery }
    };
    let deliveries = deliveries.into_iter().map(with_attempts).collect();
    Ok(SubjectData { known_since, suppressed_since, waits_in, deliveries, requests, letters, audit })
}

/// Since when a mailbox is known, and since when it is suppressed.
async fn moments(
    transaction: &Transaction,
    recipient: i64,
) -> Result<(Option<DateTime<Utc>>, Option<DateTime<Utc>>), PostgresError> {
    let query = "SELECT r.created_at, x.at FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac WHERE r.id = $1";
    let read = |row: &Row| Ok((Some(sql::instant(row.try_get(0)?)?), sql::maybe_instant(row.try_get(1)?)?));
    Ok(transaction.row(query, params![recipient], read).await?.unwrap_or_default())
}

/// The mails of editions, without the attempts at them.
async fn deliveries(transaction: &Transaction, recipient: i64) -> Result<Vec<SubjectDelivery>, PostgresError> {
    let query = "SELECT e.number, d.state, b.at, b.status, l.name FROM editions e
                 JOIN deliveries d ON d.mailing = e.number AND d.recipient = $1
                 LEFT JOIN bounces b ON b.recipient = $1 AND b.edition = e.number
                 LEFT JOIN bulletins l ON l.number = e.number ORDER BY e.number";
    let read = |row: &Row| {
        let bounce = sql::maybe_instant(row.try_get(2)?)?;
        let status = row.try_get(3)?;
        Ok(SubjectDelivery {
            edition: columns::edition(row, 0)?,
            bulletin: sql::maybe_word(row, 4)?,
            state: row.try_get::<_, DeliveryState>(1)?.group(),
            attempts: Vec::new(),
            bounce: bounce.map(|at| SubjectBounce { at, status }),
        })
    };
    transaction.rows(query, params![recipient], read).await
}

async fn attempts(
    transaction: &Transaction,
    recipient: i64,
) -> Result<BTreeMap<EditionNumber, Vec<SubjectAttempt>>, PostgresError> {
    let query = "SELECT a.mailing, a.at, a.outcome, a.code, a.reply, w.words FROM editions e
                 JOIN attempts a ON a.mailing = e.number AND a.recipient = $1 LEFT JOIN replies w ON w.id = a.words
                 ORDER BY a.mailing, a.number";
    let read = |row: &Row| {
        let code = row.try_get::<_, Option<i32>>(3)?.map(u16::try_from).transpose();
        let attempt = SubjectAttempt {
            at: sql::instant(row.try_get(1)?)?,
            outcome: row.try_get::<_, OutcomeKind>(2)?.as_str().to_owned(),
            code: code.map_err(|error| sql::damaged(&error.to_string()))?,
            reply: join(row.try_get(5)?, row.try_get(4)?),
        };
        Ok((columns::edition(row, 0)?, attempt))
    };
    let mut found: BTreeMap<EditionNumber, Vec<SubjectAttempt>> = BTreeMap::new();
    for (edition, attempt) in transaction.rows(query, params![recipient], read).await? {
        found.entry(edition).or_default().push(attempt);
    }
    Ok(found)
}

async fn requests(transaction: &Transaction, recipient: i64) -> Result<Vec<SubjectRequest>, PostgresError> {
    let query = "SELECT kind, made_at, expires_at, done_at FROM requests WHERE recipient = $1 ORDER BY id";
    let read = |row: &Row| {
        Ok(SubjectRequest {
            kind: sql::word(row, 0)?,
            made_at: sql::instant(row.try_get(1)?)?,
            expires_at: sql::instant(row.try_get(2)?)?,
            done_at: sql::maybe_instant(row.try_get(3)?)?,
        })
    };
    transaction.rows(query, params![recipient], read).await
}
