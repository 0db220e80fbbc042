//! Rows of bulletins: read and written as they are, whatever they mean.

use rusqlite::{Connection, Row};

use super::edition_rows;
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinRecord, PublishedBulletin};
use crate::domain::edition::EditionNumber;
use crate::domain::fingerprint::Fingerprint;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Every bulletin by number, or the one of this name.
pub(super) fn some(conn: &Connection, only: Option<&BulletinName>) -> Result<Vec<BulletinRecord>, SqliteError> {
    let query =
        "SELECT number, name, approved, content, audience, beside_edition, withdrawn_at FROM bulletins WHERE ?1 IS NULL OR name = ?1
                 ORDER BY number";
    let found = sql::rows(conn, query, [only.map(BulletinName::as_str)], |row| {
        let approved = row.get::<_, Option<String>>(2)?.map(Into::into);
        let withdrawn_at = sql::maybe_instant(row.get(6)?)?;
        Ok((EditionNumber(row.get(0)?), sql::word(row, 1)?, approved, published(row)?, withdrawn_at))
    })?;
    let mut bulletins = Vec::new();
    for (number, name, approved, published, withdrawn_at) in found {
        let id = BulletinId::of(number).ok_or_else(|| sql::damaged("a bulletin has the number of an edition"))?;
        let course = edition_rows::one(conn, number)?.ok_or_else(|| sql::damaged("a bulletin's row is missing"))?;
        bulletins.push(BulletinRecord { id, name, course, approved, published, withdrawn_at });
    }
    Ok(bulletins)
}

fn published(row: &Row<'_>) -> Result<Option<PublishedBulletin>, SqliteError> {
    let (text, audience) = (row.get::<_, Option<String>>(3)?, row.get::<_, Option<String>>(4)?);
    let (Some(text), Some(audience)) = (text, audience) else { return Ok(None) };
    Ok(Some(PublishedBulletin {
        text: sql::from_json(&text)?,
        audience: sql::from_json(&audience)?,
        beside_edition: row.get(5)?,
    }))
}

/// The one of this name.
pub(super) fn one(conn: &Connection, name: &BulletinName) -> Result<Option<BulletinRecord>, SqliteError> {
    Ok(some(conn, Some(name))?.pop())
}

/// Puts `after` in the place of `before`, if that is how it stands and the number is free; whether it did.
pub(super) fn replace(
    conn: &Connection,
    before: Option<&BulletinRecord>,
    after: &BulletinRecord,
) -> Result<bool, SqliteError> {
    let is_as_read = one(conn, &after.name)?.as_ref() == before;
    let is_free = before.is_some() || edition_rows::one(conn, after.id.mailing())?.is_none();
    if !is_as_read || !is_free {
        return Ok(false);
    }
    edition_rows::write(conn, before.map(|before| &before.course), Some(&after.course))?;
    let put = "INSERT INTO bulletins (number, name, approved, content, audience, beside_edition, withdrawn_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (number) DO UPDATE SET
                   approved = excluded.approved, content = excluded.content, audience = excluded.audience,
                   beside_edition = excluded.beside_edition, withdrawn_at = excluded.withdrawn_at";
    let beside_edition = after.published.as_ref().is_some_and(|published| published.beside_edition);
    let text = after.published.as_ref().map(|published| sql::to_json(&published.text)).transpose()?;
    let audience = after.published.as_ref().map(|published| sql::to_json(&published.audience)).transpose()?;
    let approved = after.approved.as_ref().map(Fingerprint::as_str);
    let (number, name) = (after.id.mailing().0, after.name.as_str());
    let withdrawn_at = after.withdrawn_at.map(sql::millis);
    sql::run(conn, put, (number, name, approved, text, audience, beside_edition, withdrawn_at))?;
    Ok(true)
}

/// Whether this is a bulletin that was withdrawn in the middle of its sending.
pub(super) fn is_withdrawn(conn: &Connection, number: EditionNumber) -> Result<bool, SqliteError> {
    let query = "SELECT EXISTS (SELECT 1 FROM bulletins WHERE number = ?1 AND withdrawn_at IS NOT NULL)";
    Ok(sql::number(conn, query, [number.0])? != 0)
}
