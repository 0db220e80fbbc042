//! Mail that follows from a decision about a mailbox: put on its way with the decision, and emptied when its mailbox is forgotten.

use rusqlite::Connection;

use crate::domain::subscription::changes::DueMail;
use crate::store::NewLetter;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Puts a letter on its way.
pub(in crate::store::sqlite) fn enqueue(
    conn: &Connection,
    at: i64,
    due: &DueMail,
    letter: &NewLetter,
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO letters (recipient, request, kind, at, subscriber, sender, rendered)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (recipient, request) = (sql::column(due.recipient.0)?, sql::column(due.request.0)?);
    let texts = (sql::to_json(&letter.sender)?, sql::to_json(&letter.rendered)?);
    let values = (recipient, request, letter.kind.as_str(), at, &due.subscriber, texts.0, texts.1);
    sql::run(conn, insert, values).map(drop)
}

/// Empties the letters of a mailbox that is forgotten, and settles those that wait: how many, and of how many the relay's
/// reply. What is in hand is settled by whoever has it.
pub(in crate::store::sqlite) fn forget(conn: &Connection, recipient: i64) -> Result<(u64, u64), SqliteError> {
    let replies = "UPDATE letters SET reply = NULL WHERE recipient = ?1 AND reply <> ''";
    let replies = sql::run(conn, replies, [recipient])?;
    let empty = "UPDATE letters SET rendered = '', subscriber = ''
                 WHERE recipient = ?1 AND (rendered <> '' OR subscriber <> '')";
    let emptied = sql::run(conn, empty, [recipient])?;
    let settle = "UPDATE letters SET state = CASE WHEN repeated THEN 5 ELSE 8 END, next_at = NULL
                  WHERE recipient = ?1 AND (state IN (0, 4) OR next_at IS NOT NULL)";
    sql::run(conn, settle, [recipient])?;
    Ok((emptied, replies))
}
