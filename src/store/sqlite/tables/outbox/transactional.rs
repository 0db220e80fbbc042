//! Mails that follow from a decision about a mailbox: what they say lies in a table of its own until they are settled.

use rusqlite::Connection;

use super::items::{self, Candidate};
use crate::domain::address::Address;
use crate::domain::delivery::{
    DeliveryState, EnqueuedMail, Event, ItemId, Mailing, TransactionalId, TransactionalMail,
};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::request::{self, RequestId};
use crate::domain::subscription::rows::DueMail;
use crate::domain::subscription::subject_data::SubjectLetter;
use crate::store::shared::items::spared;
use crate::store::shared::replies::join;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{Claimed, ClaimedContent};

/// At most so many are claimed at once: each brings its text along.
const AT_ONCE: u32 = 50;

/// The row of deliveries that belongs to a mail `t`.
const ITS_ROW: &str = "d.mailing = -t.id AND d.recipient = coalesce(t.recipient, 0)";

/// Those that are queued, or due again at `now`, the oldest first.
pub(super) fn candidates(conn: &Connection, now: i64, limit: u32) -> Result<Vec<Candidate>, SqliteError> {
    let (queued, uncertain) = (DeliveryState::Queued.code(), items::uncertain());
    let query = format!(
        "SELECT t.id, d.recipient, coalesce(t.address, r.address), d.attempts, d.repeated,
                EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac AND x.reason <> ?3),
                (SELECT min(at) FROM attempts a WHERE a.mailing = d.mailing AND a.recipient = d.recipient),
                t.kind, t.at, t.request, t.sender, t.rendered, {uncertain},
                q.done_at, q.expires_at
         FROM (SELECT mailing, recipient, attempts, repeated, retried_at FROM deliveries INDEXED BY deliveries_queued
               WHERE mailing < 0 AND state = {queued}
               UNION ALL
               SELECT mailing, recipient, attempts, repeated, retried_at FROM deliveries INDEXED BY deliveries_retry
               WHERE mailing < 0 AND next_at <= ?1) d
         JOIN transactional_mails t ON {ITS_ROW} LEFT JOIN recipients r ON r.id = t.recipient
         LEFT JOIN requests q ON q.id = t.request
         ORDER BY t.id LIMIT ?2"
    );
    let spares = spared(Mailing::Transactional(TransactionalId(0)));
    sql::rows(conn, &query, (now, limit.min(AT_ONCE), spares), |row| {
        let mailing = Mailing::Transactional(TransactionalId(sql::count(row.get(0)?)));
        let id = ItemId { mailing, recipient: RecipientId(sql::count(row.get(1)?)) };
        let is_over = match sql::maybe_instant(row.get(14)?)? {
            Some(expires_at) => !request::is_open(sql::maybe_instant(row.get(13)?)?, expires_at, sql::instant(now)?),
            None => false,
        };
        let withheld = is_over || row.get(5)?;
        let Some(address) = row.get::<_, Option<String>>(2)?.filter(|_| !withheld) else { return Ok((id, None)) };
        let text = |at| -> Result<String, SqliteError> { Ok(row.get(at)?) };
        let mail = TransactionalMail {
            kind: sql::word(row, 7)?,
            sender: sql::from_json(&text(10)?)?,
            rendered: sql::from_json(&text(11)?)?,
        };
        let request = row.get::<_, Option<i64>>(9)?.map(|id| RequestId(sql::count(id)));
        let content = EnqueuedMail { mail, at: sql::instant(row.get(8)?)?, request };
        let claimed = Claimed {
            id,
            address: sql::parse(&address)?,
            attempts: row.get(3)?,
            first_attempt: sql::maybe_instant(row.get(6)?)?,
            repeated: row.get(4)?,
            uncertain: row.get(12)?,
            content: ClaimedContent::Transactional(Box::new(content)),
        };
        Ok((id, Some(claimed)))
    })
}

/// What is forgotten once a mail is settled: what it said, and an operator's address.
const FORGET: &str = "rendered = '', address = CASE WHEN address IS NOT NULL THEN '' END";

/// Forgets what a settled mail said.
pub(super) fn forget_text(conn: &Connection, id: TransactionalId) -> Result<(), SqliteError> {
    let update = format!("UPDATE transactional_mails SET {FORGET} WHERE id = ?1");
    sql::run(conn, &update, [sql::column(id.0)?]).map(drop)
}

/// Forgets what every settled mail said.
fn forget_settled(conn: &Connection) -> Result<(), SqliteError> {
    let open = states::list(DeliveryState::OPEN);
    let update = format!(
        "UPDATE transactional_mails AS t SET {FORGET}
         WHERE rendered <> '' AND NOT EXISTS (SELECT 1 FROM deliveries d
                                              WHERE {ITS_ROW} AND (d.state IN {open} OR d.next_at IS NOT NULL))"
    );
    sql::run(conn, &update, []).map(drop)
}

/// Nothing that waited in a backup is sent from it: what it asked for may be settled long since.
pub(in crate::store::sqlite) fn expire_all(conn: &Connection) -> Result<(), SqliteError> {
    let states::Change { from, to, .. } = states::change(Event::Expire);
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL WHERE mailing < 0 AND (state IN {from} OR next_at IS NOT NULL)"
    );
    sql::run(conn, &update, [])?;
    forget_settled(conn)
}

/// Removes mails that are settled and were made before `before`: how many. They are numbered as they were made, so only the
/// oldest `limit` are looked at.
pub(in crate::store::sqlite) fn remove_old(conn: &Connection, before: i64, limit: u32) -> Result<u64, SqliteError> {
    let open = states::list(DeliveryState::OPEN);
    let query = format!(
        "SELECT t.id, d.recipient FROM (SELECT id, recipient, at FROM transactional_mails ORDER BY id LIMIT ?2) t
         JOIN deliveries d ON {ITS_ROW} WHERE t.at < ?1 AND d.state NOT IN {open} AND d.next_at IS NULL"
    );
    let old = sql::rows(conn, &query, (before, limit), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    for (id, recipient) in &old {
        for table in ["attempts", "deliveries"] {
            let delete = format!("DELETE FROM {table} WHERE mailing = -?1 AND recipient = ?2");
            sql::run(conn, &delete, (id, recipient))?;
        }
        sql::run(conn, "DELETE FROM transactional_mails WHERE id = ?1", [id])?;
    }
    Ok(old.len() as u64)
}

/// A mailbox's mails, oldest first, without what they say.
pub(in crate::store::sqlite) fn of_mailbox(
    conn: &Connection,
    recipient: i64,
) -> Result<Vec<SubjectLetter>, SqliteError> {
    let query = format!(
        "SELECT t.kind, t.at, d.state, a.code, a.reply, w.words FROM transactional_mails t JOIN deliveries d ON {ITS_ROW}
         LEFT JOIN attempts a ON a.mailing = d.mailing AND a.recipient = d.recipient AND a.number = d.attempts
         LEFT JOIN replies w ON w.id = a.words
         WHERE t.recipient = ?1 ORDER BY t.id"
    );
    sql::rows(conn, &query, [recipient], |row| {
        let (own, words) = (row.get::<_, Option<String>>(4)?, row.get(5)?);
        Ok(SubjectLetter {
            kind: sql::word(row, 0)?,
            at: sql::instant(row.get(1)?)?,
            state: row.get::<_, DeliveryState>(2)?.group(),
            code: row.get(3)?,
            reply: own.map(|own| join(words, own)).filter(|reply| !reply.is_empty()),
        })
    })
}

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

/// Puts a mail to an operator on its way.
pub(in crate::store::sqlite) fn enqueue_notice(
    conn: &Connection,
    at: i64,
    address: &Address,
    mail: &TransactionalMail,
) -> Result<(), SqliteError> {
    let insert = "INSERT INTO transactional_mails (address, kind, at, sender, rendered) VALUES (?1, ?2, ?3, ?4, ?5)";
    let texts = (sql::to_json(&mail.sender)?, sql::to_json(&mail.rendered)?);
    sql::run(conn, insert, (address.as_str(), mail.kind.as_str(), at, texts.0, texts.1))?;
    let queue = "INSERT INTO deliveries (mailing, recipient, segment, name_id) VALUES (-last_insert_rowid(), ?1, 0, 0)";
    sql::run(conn, queue, [sql::column(RecipientId::NOBODY.0)?]).map(drop)
}

/// Empties the mails of a mailbox that is forgotten, and settles those that wait: how many, and of how many attempts the
/// relay's reply. What is in hand is settled by whoever has it.
pub(in crate::store::sqlite) fn forget_all(conn: &Connection, recipient: i64) -> Result<(u64, u64), SqliteError> {
    let ours = "mailing IN (SELECT -id FROM transactional_mails WHERE recipient = ?1) AND recipient = ?1";
    let replies =
        format!("UPDATE attempts SET reply = '', words = NULL WHERE {ours} AND (reply <> '' OR words IS NOT NULL)");
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
