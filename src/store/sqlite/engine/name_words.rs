//! The words by which subscribers are found: kept by whatever writes their names and register numbers.

use rusqlite::Connection;

use super::error::SqliteError;
use super::sql;
use crate::domain::name_query::index_words;

/// How many subscribers are read at once when the words are filled in.
const PART: i64 = 10_000;

/// A subscriber's name and register number.
pub(in crate::store::sqlite) type Called<'a> = (&'a str, Option<&'a str>);

/// A subscriber is found by these words now, and no longer by those before.
pub(in crate::store::sqlite) fn put(
    conn: &Connection,
    subscriber: i64,
    before: Option<Called<'_>>,
    now: Option<Called<'_>>,
) -> Result<(), SqliteError> {
    let words = |called: Option<Called<'_>>| called.map(|(name, urn)| index_words(name, urn)).unwrap_or_default();
    let (before, now) = (words(before), words(now));
    for word in before.difference(&now) {
        sql::run(conn, "DELETE FROM name_words WHERE word = ?1 AND subscriber = ?2", (word, subscriber))?;
    }
    for word in now.difference(&before) {
        sql::run(conn, "INSERT OR IGNORE INTO name_words (word, subscriber) VALUES (?1, ?2)", (word, subscriber))?;
    }
    Ok(())
}

/// A subscriber is found by no word any more.
pub(in crate::store::sqlite) fn forget(conn: &Connection, subscriber: i64) -> Result<(), SqliteError> {
    let called = "SELECT n.name, s.urn FROM subscribers s CROSS JOIN names n ON n.id = s.name_id WHERE s.id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?));
    let Some((name, urn)) = sql::row(conn, called, [subscriber], read)? else { return Ok(()) };
    put(conn, subscriber, Some((&name, urn.as_deref())), None)
}

/// Those of everyone who was there before there were such words, in the order of the words, so that the table is filled
/// from its beginning to its end.
pub(in crate::store::sqlite) fn fill(conn: &Connection) -> Result<(), SqliteError> {
    let query = "SELECT s.id, n.name, s.urn FROM subscribers s CROSS JOIN names n ON n.id = s.name_id
                 WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = sql::rows(conn, query, (after, PART), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
        })?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        for (id, name, urn) in &page {
            all.extend(index_words(name, urn.as_deref()).into_iter().map(|word| (word, *id)));
        }
    }
    all.sort_unstable();
    for (word, id) in all {
        sql::run(conn, "INSERT INTO name_words (word, subscriber) VALUES (?1, ?2)", (word, id))?;
    }
    Ok(())
}
