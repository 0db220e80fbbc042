//! Mails that follow from a decision about a mailbox: queued with the decision, and emptied when the mailbox is forgotten.

use rusqlite::Connection;

use crate::domain::delivery::{DeliveryState, Event, TransactionalMail};
use crate::domain::subscription::changes::DueMail;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// Puts a mail on its way.
pub(in crate::store::sqlite) fn enqueue(
    conn: &Connection,
    at: i64,
    due: &DueMail,
    mail: &TransactionalMail,
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO transactional_mails (recipient, request, kind, at, sender, rendered)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (recipient, request) = (sql::column(due.recipient.0)?, sql::column(due.request.0)?);
    let texts = (sql::to_json(&mail.sender)?, sql::to_json(&mail.rendered)?);
    sql::run(conn, insert, (recipient, request, mail.kind.as_str(), at, texts.0, texts.1))?;
    let queue = "INSERT INTO deliveries (mailing, recipient, segment, name_id) VALUES (-last_insert_rowid(), ?1, 0, 0)";
    sql::run(conn, queue, [recipient]).map(drop)
}

/// Empties the mails of a mailbox that is forgotten, and settles those that wait: how many, and of how many attempts the
/// relay's reply. What is in hand is settled by whoever has it.
pub(in crate::store::sqlite) fn forget_all(conn: &Connection, recipient: i64) -> Result<(u64, u64), SqliteError> {
    let ours = "mailing IN (SELECT -id FROM transactional_mails WHERE recipient = ?1) AND recipient = ?1";
    let replies = format!("UPDATE attempts SET reply = '' WHERE {ours} AND reply <> ''");
    let replies = sql::run(conn, &replies, [recipient])?;
    let empty = "UPDATE transactional_mails SET rendered = '' WHERE recipient = ?1 AND rendered <> ''";
    let emptied = sql::run(conn, empty, [recipient])?;
    let (waiting, to) = (states::list(DeliveryState::WAITING), states::change(Event::Suppress).to);
    let settle = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE {ours} AND (state IN {waiting} OR next_at IS NOT NULL)"
    );
    sql::run(conn, &settle, [recipient])?;
    Ok((emptied, replies))
}

/// Whether something waits for a mailbox, or is in hand.
pub(in crate::store::sqlite) fn is_open(conn: &Connection, recipient: i64) -> Result<bool, SqliteError> {
    let open = states::list(DeliveryState::OPEN);
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM transactional_mails t JOIN deliveries d ON d.mailing = -t.id AND d.recipient = t.recipient
                        WHERE t.recipient = ?1 AND (d.state IN {open} OR d.next_at IS NOT NULL))"
    );
    Ok(sql::number(conn, &query, [recipient])? > 0)
}
