//! What relays say, nearly always in the same words but for the name of the mail in their queue: the words stand once, in
//! `replies`, and an attempt has what is its own.
//!
//! Words are shared only once two mailboxes of a mailing were told the same, so that they name neither of them.

use rusqlite::Connection;

use crate::domain::edition::EditionState;
use crate::store::shared::replies::{DAY, MOST, NEIGHBOURS, take_apart};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// A reply as it is stored: the number of its words, and what is its own.
pub(super) type Stored = (Option<i64>, String);

/// Takes a reply apart that was given at a moment, and shares its words if they were said before to another mailbox of the mailing.
pub(super) fn store(
    conn: &Connection,
    (mailing, recipient): (i64, i64),
    (at, reply): (i64, &str),
) -> Result<Stored, SqliteError> {
    let alone = (None, reply.to_owned());
    let Some((words, own)) = take_apart(reply) else { return Ok(alone) };
    let known = "SELECT id, used_at FROM replies WHERE words = ?1";
    if let Some((id, used)) = sql::row(conn, known, [&words], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        if used < at - DAY {
            sql::run(conn, "UPDATE replies SET used_at = ?2 WHERE id = ?1", (id, at))?;
        }
        return Ok((Some(id), own));
    }
    if sql::number(conn, "SELECT count(*) FROM replies", [])? >= MOST {
        return Ok(alone);
    }
    let neighbours =
        "SELECT reply FROM attempts WHERE mailing = ?1 AND recipient <> ?2 ORDER BY recipient DESC LIMIT ?3";
    let neighbours = sql::rows(conn, neighbours, (mailing, recipient, NEIGHBOURS), |row| Ok(row.get::<_, String>(0)?))?;
    if neighbours.iter().filter_map(|said| take_apart(said)).all(|(said, _)| said != words) {
        return Ok(alone);
    }
    sql::run(conn, "INSERT INTO replies (words, used_at) VALUES (?1, ?2)", (&words, at))?;
    Ok((Some(conn.last_insert_rowid()), own))
}

/// Forgets words that no attempt has any more, once those from before a moment are gone of editions that are sent, and of other
/// mail as long as its text. How many.
pub(in crate::store::sqlite) fn forget_unused(conn: &Connection, before: i64) -> Result<u64, SqliteError> {
    let unused = "DELETE FROM replies WHERE used_at < -?2 + min(
                      ?1, (SELECT coalesce(min(published_at), ?1) FROM editions WHERE state <> ?3),
                      (SELECT coalesce(min(at), ?1) FROM transactional_mails))";
    sql::run(conn, unused, (before, DAY, EditionState::Sent.as_str()))
}
