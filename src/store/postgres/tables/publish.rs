//! Publishing: who gets an edition, and the one transaction that makes it so.

use tokio::try_join;
use tokio_postgres::error::SqlState;

use super::columns::BandBook;
use super::{approved, audit, edition_rows, meta, segments};
use crate::domain::subscriber::MailboxState;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::segments::Packed;
use crate::store::{Publication, PublishResult};

/// From so many recipients on, the table is counted anew.
const MANY: u64 = 10_000;

/// Publishes with these segments, if the edition is as it was when they were rendered, and everybody is in one of them.
pub(in crate::store::postgres) async fn publish(
    transaction: &Transaction,
    publication: &Publication,
    packed: &[Packed],
) -> Result<PublishResult, PostgresError> {
    let number = publication.before.number;
    let (withdrawn, now, restored) = try_join!(biased;
        edition_rows::withdrawn(transaction),
        edition_rows::one(transaction, number),
        meta::restored(transaction)
    )?;
    let spoiled = publication.before.selection.picks.iter().any(|pick| withdrawn.contains(&pick.id));
    if restored.is_some() || spoiled || now.as_ref() != Some(&publication.before) {
        return Ok(PublishResult::Changed);
    }
    transaction.run("SAVEPOINT publication", params![]).await?;
    edition_rows::write(transaction, Some(&publication.before), Some(&publication.after)).await?;
    approved::drop_of(transaction, &[number]).await?;
    segments::write(transaction, number, packed).await?;
    let Some(recipients) = enqueue(transaction, publication).await? else {
        transaction.run("ROLLBACK TO SAVEPOINT publication", params![]).await?;
        return Ok(PublishResult::Changed);
    };
    let subject = format!("edition {number}");
    let detail = format!("{recipients} recipients in {} segments", packed.len());
    try_join!(biased;
        write_texts(transaction, publication),
        complete(transaction, publication, recipients),
        audit::write(transaction, sql::millis(publication.at), "program", "publish", &subject, &detail)
    )?;
    if recipients >= MANY {
        // Autovacuum does so within a minute: until then, claims would be planned as for the few rows that were there before.
        transaction.run("ANALYZE (SKIP_LOCKED) deliveries", params![]).await?;
    }
    Ok(PublishResult::Published { recipients })
}

async fn write_texts(transaction: &Transaction, publication: &Publication) -> Result<(), PostgresError> {
    let activities: Vec<&str> = publication.texts.iter().map(|text| text.activity.as_str()).collect();
    let contents = publication.texts.iter().map(|text| sql::to_json(&text.content));
    let contents = contents.collect::<Result<Vec<String>, _>>()?;
    let insert = "INSERT INTO edition_texts (edition, activity, content) SELECT $1, * FROM unnest($2, $3)";
    let number = i64::from(publication.before.number.0);
    transaction.run(insert, params![number, activities, contents]).await.map(drop)
}

/// Writes what an edition has once it is published.
async fn complete(transaction: &Transaction, publication: &Publication, recipients: u64) -> Result<(), PostgresError> {
    let update = "UPDATE editions SET sender = $2, theme_text = $3, notices = $4, mails = $5 WHERE number = $1";
    let number = i64::from(publication.before.number.0);
    let (sender, theme) = (sql::to_json(&publication.sender)?, sql::to_json(&publication.theme)?);
    let (notices, mails) = (sql::to_json(&publication.notices)?, sql::column(recipients)?);
    transaction.run(update, params![number, sender, theme, notices, mails]).await.map(drop)
}

/// One delivery per recipient; `None` if one of them is in no rendered segment, which shows as a segment that is null.
async fn enqueue(transaction: &Transaction, publication: &Publication) -> Result<Option<u64>, PostgresError> {
    // By number, so that rows and keys are appended to the table and its indexes.
    let insert = "INSERT INTO deliveries (mailing, recipient, segment, name_id)
                  SELECT $1, r.id, s.number, o.name_id
                  FROM recipients r JOIN subscribers o ON o.id = r.owner
                       LEFT JOIN segments s ON s.edition = $1 AND s.bands = r.bands & $2
                                           AND s.sector = o.sector AND s.locale = o.locale
                  WHERE r.state = $3 AND r.bands & $2 <> 0
                    AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                  ORDER BY r.id";
    let served = BandBook::open(transaction).await?.seen(&publication.served);
    let number = i64::from(publication.before.number.0);
    match transaction.run(insert, params![number, served, MailboxState::Active]).await {
        Ok(recipients) => Ok(Some(recipients)),
        Err(PostgresError::Postgres(error)) if is_null_segment(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_null_segment(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|told| *told.code() == SqlState::NOT_NULL_VIOLATION && told.column() == Some("segment"))
}
