//! Small helpers that run prepared statements, and turn columns into values and back.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SqliteError;
use crate::domain::refusal::Refusal;

/// Runs a statement that returns no rows; how many it changed.
pub(in crate::store::sqlite) fn run(conn: &Connection, sql: &str, params: impl Params) -> Result<u64, SqliteError> {
    Ok(conn.prepare_cached(sql)?.execute(params)? as u64)
}

/// Every row of a query.
pub(in crate::store::sqlite) fn rows<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, SqliteError>,
) -> Result<Vec<T>, SqliteError> {
    conn.prepare_cached(sql)?.query_and_then(params, read)?.collect()
}

/// The first row of a query.
pub(in crate::store::sqlite) fn row<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, SqliteError>,
) -> Result<Option<T>, SqliteError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    found.next()?.map(read).transpose()
}

/// The integer in the first column of the only row.
pub(in crate::store::sqlite) fn number(conn: &Connection, sql: &str, params: impl Params) -> Result<i64, SqliteError> {
    row(conn, sql, params, |row| Ok(row.get(0)?))?.ok_or_else(|| damaged("a row is missing"))
}

/// An instant as it is stored.
pub(in crate::store::sqlite) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A stored instant.
pub(in crate::store::sqlite) fn instant(millis: i64) -> Result<DateTime<Utc>, SqliteError> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| damaged("an instant is out of range"))
}

/// A stored instant that may be null.
pub(in crate::store::sqlite) fn maybe_instant(millis: Option<i64>) -> Result<Option<DateTime<Utc>>, SqliteError> {
    millis.map(instant).transpose()
}

/// A stored word, name, date or address.
pub(in crate::store::sqlite) fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, SqliteError> {
    text.parse().map_err(|error: T::Err| damaged(&error.to_string()))
}

/// A word of the domain in a column.
pub(in crate::store::sqlite) fn word<T: FromStr<Err: Display>>(row: &Row<'_>, at: usize) -> Result<T, SqliteError> {
    parse(row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?)
}

/// A word of the domain in a column that may be null.
pub(in crate::store::sqlite) fn maybe_word<T: FromStr<Err: Display>>(
    row: &Row<'_>,
    at: usize,
) -> Result<Option<T>, SqliteError> {
    row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from)?.map(parse).transpose()
}

/// A value as JSON text.
pub(in crate::store::sqlite) fn to_json(value: &impl Serialize) -> Result<String, SqliteError> {
    serde_json::to_string(value).map_err(|error| SqliteError::Io(error.into()))
}

/// A value from JSON text.
pub(in crate::store::sqlite) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, SqliteError> {
    serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))
}

/// A count, which is never negative.
pub(in crate::store::sqlite) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A number of the domain as a column.
pub(in crate::store::sqlite) fn column(id: u64) -> Result<i64, SqliteError> {
    i64::try_from(id).map_err(|_| Refusal::TooLarge(id).into())
}

/// A value that we never write.
pub(in crate::store::sqlite) fn damaged(what: &str) -> SqliteError {
    SqliteError::NotOurs(format!("a stored value is not valid: {what}"))
}

/// How `SQLite` would run a statement, step by step.
#[cfg(test)]
pub(in crate::store::sqlite) fn plan(conn: &Connection, query: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let mut steps = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(step) = steps.next().unwrap() {
        plan.push(step.get(3).unwrap());
    }
    plan
}

/// The result, and how many steps `SQLite` took for it.
#[cfg(test)]
pub(in crate::store::sqlite) fn steps<T>(mut conn: Connection, work: impl FnOnce(&mut Connection) -> T) -> (T, u64) {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(count)).unwrap();
    (work(&mut conn), steps.load(Ordering::Relaxed))
}
