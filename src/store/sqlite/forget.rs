//! Forgetting: one person at their wish, and whatever is old.
//!
//! Numbers stay, so that an edition's deliveries still add up; the keyed hash of a suppressed address stays, so that it is
//! never mailed again. `secure_delete` is always on, so what is deleted is overwritten where it stood.

use super::fault::Fault;
use super::people::People;
use super::sql;
use crate::domain::address::Address;
use crate::domain::subscriber::SuppressionReason;
use crate::store::{Erased, Old};

/// Editions whose bounces are kept however old: the rules look back on them.
const LOOK_BACK: u32 = 12;

/// Forgets the address and what is about it. `None` when nothing is known of it.
pub(super) fn erase(people: &People<'_>, address: &Address) -> Result<Option<Erased>, Fault> {
    let key = people.hasher.key(address).0;
    let hashed = "UPDATE suppressions SET address = NULL WHERE mac = ?1";
    let known_as_suppressed = sql::run(people.conn, hashed, [key])? > 0;
    let Some(mailbox) = people.find(address)? else {
        return Ok(known_as_suppressed.then(Erased::default));
    };
    let never = "INSERT INTO suppressions (mac, address, reason, at) VALUES (?1, NULL, ?2, ?3) ON CONFLICT DO NOTHING";
    sql::run(people.conn, never, (key, SuppressionReason::Unsubscribed.as_str(), people.at))?;
    let name = forget(people, mailbox.id)?;
    people.note("operator", "erase", mailbox.id, "")?;
    Ok(Some(Erased { mailbox: true, name, is_gone_from_disk: false }))
}

/// Forgets a mailbox's address and what is about it; whether its subscriber's name went with it.
fn forget(people: &People<'_>, recipient: i64) -> Result<bool, Fault> {
    people.end_all(recipient, SuppressionReason::Unsubscribed.as_str())?;
    for statement in [
        "DELETE FROM letters WHERE recipient = ?1",
        "DELETE FROM requests WHERE recipient = ?1",
        "DELETE FROM bounces WHERE recipient = ?1",
        "UPDATE suppressions SET address = NULL WHERE mac = (SELECT mac FROM recipients WHERE id = ?1)",
        "UPDATE recipients SET address = NULL, folded = NULL, chosen = NULL, state = 'ended' WHERE id = ?1",
    ] {
        sql::run(people.conn, statement, [recipient])?;
    }
    // Attempts are kept by edition; what a relay said may have named somebody.
    let editions = "SELECT number FROM editions WHERE published_at IS NOT NULL";
    for edition in sql::rows(people.conn, editions, [], |row| Ok(row.get::<_, u32>(0)?))? {
        let blank = "UPDATE attempts SET reply = '' WHERE edition = ?1 AND recipient = ?2";
        sql::run(people.conn, blank, (edition, recipient))?;
    }
    let subscribers = "SELECT owner FROM recipients WHERE id = ?1
                       UNION SELECT subscriber FROM subscriptions WHERE recipient = ?1";
    let mut named = false;
    for subscriber in sql::rows(people.conn, subscribers, [recipient], |row| Ok(row.get::<_, i64>(0)?))? {
        named |= forget_name(people, subscriber)?;
    }
    Ok(named)
}

/// A subscriber without any mailbox that is known loses its name and number; deliveries name it by the same row.
fn forget_name(people: &People<'_>, subscriber: i64) -> Result<bool, Fault> {
    let others = "SELECT EXISTS (SELECT 1 FROM recipients WHERE owner = ?1 AND address IS NOT NULL)
                      OR EXISTS (SELECT 1 FROM subscriptions s JOIN recipients r ON r.id = s.recipient
                                 WHERE s.subscriber = ?1 AND r.address IS NOT NULL)";
    if sql::number(people.conn, others, [subscriber])? > 0 {
        return Ok(false);
    }
    let blank = format!("(erased {subscriber})");
    let shared = "SELECT count(*) FROM subscribers WHERE id <> ?1
                  AND name_id = (SELECT name_id FROM subscribers WHERE id = ?1)";
    if sql::number(people.conn, shared, [subscriber])? == 0 {
        let rename = "UPDATE names SET name = ?2 WHERE id = (SELECT name_id FROM subscribers WHERE id = ?1)";
        sql::run(people.conn, rename, (subscriber, &blank))?;
    }
    sql::run(people.conn, "UPDATE subscribers SET urn = NULL WHERE id = ?1", [subscriber])?;
    let told = "UPDATE audit SET detail = '' WHERE subject = ?1";
    sql::run(people.conn, told, [format!("subscriber {subscriber}")])?;
    Ok(true)
}

/// Forgets at most about `limit` rows of what is older than it may be; how many it was.
pub(super) fn old(people: &People<'_>, old: &Old, limit: u32) -> Result<u64, Fault> {
    let mut gone = attempts(people, old, limit)?;
    let (attempts, ended) = (sql::millis(old.attempts_before), sql::millis(old.ended_before));
    let bounces = "DELETE FROM bounces WHERE at < ?1 AND edition NOT IN
                       (SELECT number FROM editions WHERE published_at IS NOT NULL ORDER BY number DESC LIMIT ?2)";
    gone += sql::run(people.conn, bounces, (attempts, LOOK_BACK))?;
    let letters = "DELETE FROM letters WHERE id IN
                       (SELECT id FROM letters WHERE at < ?1 AND state NOT IN (0, 1, 2, 4) AND next_at IS NULL LIMIT ?2)";
    gone += sql::run(people.conn, letters, (attempts, limit))?;
    let requests = "DELETE FROM requests WHERE id IN
                        (SELECT q.id FROM requests q WHERE q.expires_at < ?1
                         AND NOT EXISTS (SELECT 1 FROM letters l WHERE l.request = q.id) LIMIT ?2)";
    gone += sql::run(people.conn, requests, (attempts, limit))?;
    let left = "SELECT r.id FROM recipients r WHERE r.state = 'ended' AND r.address IS NOT NULL
                AND coalesce((SELECT max(s.ended) FROM subscriptions s WHERE s.recipient = r.id), r.created_at) < ?1
                AND NOT EXISTS (SELECT 1 FROM requests q WHERE q.recipient = r.id AND q.done_at IS NULL
                                                           AND q.expires_at > ?2)
                LIMIT ?3";
    // Each of them is a dozen statements.
    let left = sql::rows(people.conn, left, (ended, people.at, (limit / 10).max(1)), |row| Ok(row.get::<_, i64>(0)?))?;
    for recipient in &left {
        forget(people, *recipient)?;
        people.note("program", "forget", *recipient, "")?;
    }
    Ok(gone + left.len() as u64)
}

/// Attempts of editions that were finished long ago, some mailboxes at a time.
fn attempts(people: &People<'_>, old: &Old, limit: u32) -> Result<u64, Fault> {
    let query = "SELECT e.number FROM editions e WHERE e.finished_at < ?1 AND e.state = 'sent'
                 AND EXISTS (SELECT 1 FROM attempts a WHERE a.edition = e.number) ORDER BY e.number LIMIT 1";
    let before = sql::millis(old.attempts_before);
    let Some(edition) = sql::row(people.conn, query, [before], |row| Ok(row.get::<_, u32>(0)?))? else { return Ok(0) };
    let upto = "SELECT recipient FROM attempts WHERE edition = ?1 ORDER BY recipient LIMIT 1 OFFSET ?2";
    let upto = sql::row(people.conn, upto, (edition, limit), |row| Ok(row.get::<_, i64>(0)?))?.unwrap_or(i64::MAX);
    let delete = "DELETE FROM attempts WHERE edition = ?1 AND recipient <= ?2";
    sql::run(people.conn, delete, (edition, upto))
}
