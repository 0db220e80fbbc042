//! Rows of bulletins: read and written as they are, whatever they mean.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{columns, edition_rows};
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinRecord, PublishedBulletin};
use crate::domain::edition::EditionNumber;
use crate::domain::fingerprint::Fingerprint;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;

/// A row, without how far it has come.
type Own = (EditionNumber, BulletinName, Option<String>, Option<PublishedBulletin>, Option<DateTime<Utc>>);

/// Every bulletin by number, or the one of this name.
pub(super) async fn some(
    transaction: &Transaction,
    only: Option<&BulletinName>,
) -> Result<Vec<BulletinRecord>, PostgresError> {
    let query = "SELECT number, name, approved, content, audience, beside_edition, withdrawn_at FROM bulletins WHERE $1::text IS NULL OR name = $1
                 ORDER BY number";
    let mut bulletins = Vec::new();
    for (number, name, approved, published, withdrawn_at) in
        transaction.rows(query, params![only.map(BulletinName::as_str)], own).await?
    {
        let id = BulletinId::of(number).ok_or_else(|| sql::damaged("a bulletin has the number of an edition"))?;
        let course = edition_rows::one(transaction, number).await?;
        let course = course.ok_or_else(|| sql::damaged("a bulletin's row is missing"))?;
        let approved = approved.map(Into::into);
        bulletins.push(BulletinRecord { id, name, course, approved, published, withdrawn_at });
    }
    Ok(bulletins)
}

fn own(row: &Row) -> Result<Own, PostgresError> {
    let (text, audience): (Option<&str>, Option<&str>) = (row.try_get(3)?, row.try_get(4)?);
    let published = match (text, audience) {
        (Some(text), Some(audience)) => Some(PublishedBulletin {
            text: sql::from_json(text)?,
            audience: sql::from_json(audience)?,
            beside_edition: row.try_get(5)?,
        }),
        _ => None,
    };
    Ok((
        columns::edition(row, 0)?,
        sql::word(row, 1)?,
        row.try_get(2)?,
        published,
        sql::maybe_instant(row.try_get(6)?)?,
    ))
}

/// The one of this name.
pub(super) async fn one(
    transaction: &Transaction,
    name: &BulletinName,
) -> Result<Option<BulletinRecord>, PostgresError> {
    Ok(some(transaction, Some(name)).await?.pop())
}

/// Puts `after` in the place of `before`, if that is how it stands and the number is free; whether it did.
pub(super) async fn replace(
    transaction: &Transaction,
    before: Option<&BulletinRecord>,
    after: &BulletinRecord,
) -> Result<bool, PostgresError> {
    let is_as_read = one(transaction, &after.name).await?.as_ref() == before;
    let is_free = before.is_some() || edition_rows::one(transaction, after.id.mailing()).await?.is_none();
    if !is_as_read || !is_free {
        return Ok(false);
    }
    edition_rows::write(transaction, before.map(|before| &before.course), Some(&after.course)).await?;
    let put = "INSERT INTO bulletins (number, name, approved, content, audience, beside_edition, withdrawn_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (number) DO UPDATE SET
                   approved = excluded.approved, content = excluded.content, audience = excluded.audience,
                   beside_edition = excluded.beside_edition, withdrawn_at = excluded.withdrawn_at";
    let beside_edition = after.published.as_ref().is_some_and(|published| published.beside_edition);
    let text = after.published.as_ref().map(|published| sql::to_json(&published.text)).transpose()?;
    let audience = after.published.as_ref().map(|published| sql::to_json(&published.audience)).transpose()?;
    let approved = after.approved.as_ref().map(Fingerprint::as_str);
    let number = i64::from(after.id.mailing().0);
    let withdrawn_at = after.withdrawn_at.map(sql::millis);
    let name = after.name.as_str();
    let row = params![number, name, approved, text, audience, beside_edition, withdrawn_at];
    transaction.run(put, row).await?;
    Ok(true)
}

/// Whether this is a bulletin that was withdrawn in the middle of its sending.
pub(super) async fn is_withdrawn(transaction: &Transaction, number: EditionNumber) -> Result<bool, PostgresError> {
    let query = "SELECT 1 FROM bulletins WHERE number = $1 AND withdrawn_at IS NOT NULL";
    Ok(transaction.row(query, params![i64::from(number.0)], |_| Ok(())).await?.is_some())
}
