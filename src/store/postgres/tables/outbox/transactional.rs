//! Mails that follow from a decision about a mailbox: what they say lies in a table of its own until they are settled.

use tokio_postgres::Row;

use super::items::{Candidate, code, few, uncertain};
use crate::domain::delivery::{
    DeliveryState, EnqueuedMail, Event, ItemId, Mailing, TransactionalId, TransactionalMail,
};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::request::{self, RequestId};
use crate::domain::subscription::subject_data::SubjectLetter;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::items::spared;
use crate::store::shared::replies::join;
use crate::store::{Claimed, ClaimedContent};

/// At most so many are claimed at once: each brings its text along.
pub(super) const AT_ONCE: u32 = 50;

/// The row of deliveries that belongs to a mail `t`.
const ITS_ROW: &str = "d.mailing = -t.id AND d.recipient = coalesce(t.recipient, 0)";

/// Those that are queued, or due again at `now`, the oldest first; of those that no other node is about to take.
pub(super) async fn candidates(
    transaction: &Transaction,
    now: i64,
    limit: u32,
) -> Result<Vec<Candidate>, PostgresError> {
    let (queued, uncertain) = (DeliveryState::Queued.code(), uncertain());
    let columns = "mailing, recipient, attempts, repeated, retried_at";
    let query = format!(
        "WITH queued AS (SELECT {columns} FROM deliveries WHERE mailing < 0 AND state = {queued}
                         ORDER BY mailing DESC LIMIT $2 FOR UPDATE SKIP LOCKED),
              due AS (SELECT {columns} FROM deliveries WHERE mailing < 0 AND next_at <= $1
                      ORDER BY mailing DESC LIMIT $2 FOR UPDATE SKIP LOCKED),
              d AS (SELECT * FROM queued UNION ALL SELECT * FROM due ORDER BY mailing DESC LIMIT $2)
         SELECT t.id, d.recipient, coalesce(t.address, r.address), d.attempts, d.repeated,
                EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac AND x.reason <> $3),
                (SELECT min(at) FROM attempts a WHERE a.mailing = d.mailing AND a.recipient = d.recipient),
                t.kind, t.at, t.request, t.sender, t.rendered, {uncertain},
                q.done_at, q.expires_at
         FROM d JOIN transactional_mails t ON {ITS_ROW} LEFT JOIN recipients r ON r.id = t.recipient
         LEFT JOIN requests q ON q.id = t.request
         ORDER BY t.id"
    );
    let spares = spared(Mailing::Transactional(TransactionalId(0)));
    transaction.rows(&query, params![now, i64::from(limit), spares], |row| candidate(row, now)).await
}

fn candidate(row: &Row, now: i64) -> Result<Candidate, PostgresError> {
    let mailing = Mailing::Transactional(TransactionalId(sql::count(row.try_get(0)?)));
    let id = ItemId { mailing, recipient: RecipientId(sql::count(row.try_get(1)?)) };
    let is_over = match sql::maybe_instant(row.try_get(14)?)? {
        Some(expires_at) => !request::is_open(sql::maybe_instant(row.try_get(13)?)?, expires_at, sql::instant(now)?),
        None => false,
    };
    let withheld = is_over || row.try_get(5)?;
    let Some(address) = row.try_get::<_, Option<&str>>(2)?.filter(|_| !withheld) else { return Ok((id, None)) };
    let mail = TransactionalMail {
        kind: sql::word(row, 7)?,
        sender: sql::from_json(row.try_get(10)?)?,
        rendered: sql::from_json(row.try_get(11)?)?,
    };
    let request = row.try_get::<_, Option<i64>>(9)?.map(|id| RequestId(sql::count(id)));
    let content = EnqueuedMail { mail, at: sql::instant(row.try_get(8)?)?, request };
    let claimed = Claimed {
        id,
        address: sql::parse(address)?,
        attempts: few(row, 3)?,
        first_attempt: sql::maybe_instant(row.try_get(6)?)?,
        repeated: row.try_get(4)?,
        uncertain: few(row, 12)?,
        content: ClaimedContent::Transactional(Box::new(content)),
    };
    Ok((id, Some(claimed)))
}

/// What is forgotten once a mail is settled: what it said, and an operator's address.
const FORGET: &str = "rendered = '', address = CASE WHEN address IS NOT NULL THEN '' END";

/// Forgets what settled mails said.
pub(super) async fn forget_texts(transaction: &Transaction, mails: &[i64]) -> Result<(), PostgresError> {
    if mails.is_empty() {
        return Ok(());
    }
    let update = format!("UPDATE transactional_mails SET {FORGET} WHERE id = ANY ($1)");
    transaction.run(&update, params![mails.to_vec()]).await.map(drop)
}

/// Nothing that waited in a backup is sent from it: what it asked for may be settled long since.
pub(in crate::store::postgres) async fn expire_all(transaction: &Transaction) -> Result<(), PostgresError> {
    let states::Change { from, to, .. } = states::change(Event::Expire);
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE mailing < 0 AND (state IN {from} OR next_at IS NOT NULL)"
    );
    transaction.run(&update, params![]).await?;
    let open = states::list(DeliveryState::OPEN);
    let forget = format!(
        "UPDATE transactional_mails AS t SET {FORGET}
         WHERE rendered <> '' AND NOT EXISTS (SELECT 1 FROM deliveries d
                                              WHERE {ITS_ROW} AND (d.state IN {open} OR d.next_at IS NOT NULL))"
    );
    transaction.run(&forget, params![]).await.map(drop)
}

/// Removes mails that are settled and were made before `before`: how many. They are numbered as they were made, so only the
/// oldest `limit` are looked at.
pub(in crate::store::postgres) async fn remove_old(
    transaction: &Transaction,
    before: i64,
    limit: u32,
) -> Result<u64, PostgresError> {
    let open = states::list(DeliveryState::OPEN);
    let remove = format!(
        "WITH old AS (
             SELECT t.id, d.recipient FROM (SELECT id, recipient, at FROM transactional_mails ORDER BY id LIMIT $2) t
             JOIN deliveries d ON {ITS_ROW} WHERE t.at < $1 AND d.state NOT IN {open} AND d.next_at IS NULL),
         tries AS (DELETE FROM attempts a USING old WHERE a.mailing = -old.id AND a.recipient = old.recipient),
         items AS (DELETE FROM deliveries d USING old WHERE d.mailing = -old.id AND d.recipient = old.recipient)
         DELETE FROM transactional_mails t USING old WHERE t.id = old.id"
    );
    transaction.run(&remove, params![before, i64::from(limit)]).await
}

/// A mailbox's mails, oldest first, without what they say.
pub(in crate::store::postgres) async fn of_mailbox(
    transaction: &Transaction,
    recipient: i64,
) -> Result<Vec<SubjectLetter>, PostgresError> {
    let query = format!(
        "SELECT t.kind, t.at, d.state, a.code, a.reply, w.words FROM transactional_mails t JOIN deliveries d ON {ITS_ROW}
         LEFT JOIN attempts a ON a.mailing = d.mailing AND a.recipient = d.recipient AND a.number = d.attempts
         LEFT JOIN replies w ON w.id = a.words
         WHERE t.recipient = $1 ORDER BY t.id"
    );
    let read = |row: &Row| {
        let (own, words) = (row.try_get::<_, Option<String>>(4)?, row.try_get(5)?);
        Ok(SubjectLetter {
            kind: sql::word(row, 0)?,
            at: sql::instant(row.try_get(1)?)?,
            state: row.try_get::<_, DeliveryState>(2)?.group(),
            code: code(row, 3)?,
            reply: own.map(|own| join(words, own)).filter(|reply| !reply.is_empty()),
        })
    };
    transaction.rows(&query, params![recipient], read).await
}
