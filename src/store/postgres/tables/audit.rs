//! The audit table: one row per decision, never with an address in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use crate::store::acting;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::audit;
use crate::store::{AuditNumber, AuditRecord};

/// Writes one row. `subject` is such as `edition 7`, `recipient 34`.
pub(in crate::store::postgres) async fn write(
    transaction: &Transaction,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<(), PostgresError> {
    let insert = "INSERT INTO audit (at, actor, action, subject, detail, person) VALUES ($1, $2, $3, $4, $5, $6)";
    let person = acting::person();
    transaction.run(insert, params![at, actor, action, subject, detail, person.as_deref()]).await.map(drop)
}

/// Writes rows of one actor and moment in their order; each has an action, a subject and a detail.
pub(in crate::store::postgres) async fn write_all(
    transaction: &Transaction,
    at: i64,
    actor: &str,
    rows: &[(&str, String, &str)],
) -> Result<(), PostgresError> {
    if rows.is_empty() {
        return Ok(());
    }
    let actions: Vec<&str> = rows.iter().map(|(action, ..)| *action).collect();
    let subjects: Vec<&str> = rows.iter().map(|(_, subject, _)| subject.as_str()).collect();
    let details: Vec<&str> = rows.iter().map(|(.., detail)| *detail).collect();
    let person = acting::person();
    let insert = "INSERT INTO audit (at, actor, action, subject, detail, person)
                  SELECT $1, $2, action, subject, detail, $6
                  FROM unnest($3, $4, $5) WITH ORDINALITY AS line (action, subject, detail, place) ORDER BY place";
    transaction.run(insert, params![at, actor, actions, subjects, details, person.as_deref()]).await.map(drop)
}

/// Writes what a number of parts came to: each gives the row of the one before the new number. Nothing changed, nothing written.
pub(in crate::store::postgres) async fn write_parts(
    transaction: &Transaction,
    at: DateTime<Utc>,
    [actor, action, subject]: [&str; 3],
    (before, more): (u64, u64),
    detail: impl Fn(u64) -> String,
) -> Result<(), PostgresError> {
    let (told, now) = (detail(before), detail(before + more));
    if more == 0 || before > 0 && replace(transaction, [actor, action, subject, &told], &now).await? {
        return Ok(());
    }
    write(transaction, sql::millis(at), actor, action, subject, &now).await
}

/// Gives the newest row of this actor, this person, action, subject and detail another detail; whether there is one.
pub(in crate::store::postgres) async fn replace(
    transaction: &Transaction,
    [actor, action, subject, before]: [&str; 4],
    detail: &str,
) -> Result<bool, PostgresError> {
    let replace = "UPDATE audit SET detail = $5 WHERE id = (
                       SELECT id FROM audit WHERE subject = $3 AND actor = $1 AND action = $2 AND detail = $4
                           AND person IS NOT DISTINCT FROM $6 ORDER BY id DESC LIMIT 1)";
    let person = acting::person();
    Ok(transaction.run(replace, params![actor, action, subject, before, detail, person.as_deref()]).await? > 0)
}

/// Rows of all, or of these subjects, oldest first, after this one.
pub(in crate::store::postgres) async fn page(
    transaction: &Transaction,
    subjects: Option<&BTreeSet<String>>,
    after: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditRecord)>, PostgresError> {
    let after = sql::column(after.map_or(0, |after| after.0))?;
    let subjects: Option<Vec<&str>> = subjects.map(|subjects| subjects.iter().map(String::as_str).collect());
    let about = if subjects.is_some() { "subject = ANY ($3)" } else { "$3::text[] IS NULL" };
    let query = format!(
        "SELECT at, actor, action, subject, detail, person, id FROM audit
         WHERE {about} AND id > $1 ORDER BY id LIMIT $2"
    );
    transaction.rows(&query, params![after, i64::from(limit), subjects], numbered).await
}

/// Rows of all, newest first, before this one.
pub(in crate::store::postgres) async fn page_before(
    transaction: &Transaction,
    before: Option<AuditNumber>,
    limit: u32,
) -> Result<Vec<(AuditNumber, AuditRecord)>, PostgresError> {
    let before = before.map_or(Ok(i64::MAX), |before| sql::column(before.0))?;
    let query =
        "SELECT at, actor, action, subject, detail, person, id FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
    transaction.rows(query, params![before, i64::from(limit)], numbered).await
}

fn numbered(row: &Row) -> Result<(AuditNumber, AuditRecord), PostgresError> {
    Ok((AuditNumber(sql::count(row.try_get(6)?)), record(row)?))
}

/// Every row about `subject`, oldest first.
pub(in crate::store::postgres) async fn about(
    transaction: &Transaction,
    subject: &str,
) -> Result<Vec<AuditRecord>, PostgresError> {
    let query = "SELECT at, actor, action, subject, detail, person FROM audit WHERE subject = $1 ORDER BY id";
    transaction.rows(query, params![subject], record).await
}

fn record(row: &Row) -> Result<AuditRecord, PostgresError> {
    Ok(AuditRecord {
        at: sql::instant(row.try_get(0)?)?,
        actor: audit::actor(row.try_get(1)?),
        action: row.try_get(2)?,
        subject: row.try_get(3)?,
        detail: row.try_get(4)?,
        by: row.try_get(5)?,
    })
}
