//! Forgetting one mailbox: what tells who it was goes; its number, and what is counted by it, stay.

use rusqlite::Connection;

use super::outbox::transactional;
use super::people::People;
use super::{leave, meta};
use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};
use crate::store::{Erased, Erasure};

/// Set while something forgotten may still lie in the files.
pub(in crate::store::sqlite) const UNSCRUBBED: &str = "unscrubbed";

/// The name of subscribers that were forgotten.
const NAMELESS: &str = "(erased)";

/// Erases a person: whatever is known of the address goes, but for the hash that keeps it suppressed.
pub(in crate::store::sqlite) fn erase(people: &People<'_>, address: &Address) -> Result<Erasure, SqliteError> {
    let conn = people.conn;
    let mac = people.hasher.key(address).0;
    let mailbox = people.find(address)?;
    let clear = "SELECT count(*) FROM suppressions WHERE mac = ?1 AND address IS NOT NULL";
    if mailbox.is_none() && sql::number(conn, clear, [mac])? == 0 {
        let hashed = "SELECT EXISTS (SELECT 1 FROM suppressions WHERE mac = ?1)
                          OR EXISTS (SELECT 1 FROM recipients WHERE mac = ?1 AND address IS NULL)";
        return Ok(if sql::number(conn, hashed, [mac])? > 0 { Erasure::Before } else { Erasure::Unknown });
    }
    leave::suppress(people, mac, None, SuppressionReason::Unsubscribed)?;
    sql::run(conn, "UPDATE suppressions SET address = NULL WHERE mac = ?1", [mac])?;
    let mut erased = Erased::default();
    if let Some(mailbox) = mailbox {
        let active = "SELECT count(*) FROM subscriptions WHERE recipient = ?1 AND ended IS NULL";
        let subscriptions = sql::count(sql::number(conn, active, [mailbox.id])?);
        let requests = close(people, mailbox.id)?;
        people.end_all(mailbox.id, SuppressionReason::Unsubscribed.as_str())?;
        erased = Erased { subscriptions, requests, ..forget(people, mailbox.id)? };
        people.note("operator", "erase", mailbox.id, "")?;
    }
    meta::put(conn, UNSCRUBBED, &people.at.to_string())?;
    Ok(Erasure::Done(erased))
}

/// Forgets a mailbox that has no subscription any more. Its keyed hash stays, so that a link in an old mail still keeps
/// mail away, whatever row the address has by then. The suppression list has an address of its own, until it is erased (contract §4).
pub(in crate::store::sqlite) fn forget(people: &People<'_>, recipient: i64) -> Result<Erased, SqliteError> {
    let conn = people.conn;
    let subscribers = "SELECT owner FROM recipients WHERE id = ?1
                       UNION SELECT subscriber FROM subscriptions WHERE recipient = ?1
                       UNION SELECT subscriber FROM requests WHERE recipient = ?1 AND subscriber IS NOT NULL";
    let subscribers = sql::rows(conn, subscribers, [recipient], |row| Ok(row.get::<_, i64>(0)?))?;
    let address = "UPDATE recipients SET address = NULL, folded = NULL, chosen = NULL, state = 'ended' WHERE id = ?1";
    sql::run(conn, address, [recipient])?;
    let replies = "UPDATE attempts SET reply = ''
                   WHERE recipient = ?1 AND mailing IN (SELECT number FROM editions) AND reply <> ''";
    let replies = sql::run(conn, replies, [recipient])?;
    settle_waiting(conn, recipient)?;
    let requests = close(people, recipient)?;
    let (letters, letter_replies) = transactional::forget_all(conn, recipient)?;
    let mut names = 0;
    for subscriber in subscribers {
        names += u64::from(forget_name(people, subscriber, recipient)?);
    }
    let deliveries =
        "SELECT count(*) FROM editions e CROSS JOIN deliveries d ON d.mailing = e.number WHERE d.recipient = ?1";
    Ok(Erased {
        mailbox: Some(RecipientId(sql::count(recipient))),
        subscriptions: 0,
        deliveries: sql::count(sql::number(conn, deliveries, [recipient])?),
        replies: replies + letter_replies,
        requests,
        letters,
        names,
    })
}

/// What waits to be sent is settled; what is in hand is settled by whoever has it. One that may have been accepted stays
/// uncertain (invariant 3).
fn settle_waiting(conn: &Connection, recipient: i64) -> Result<(), SqliteError> {
    let (waiting, to) = (states::list(DeliveryState::WAITING), states::change(Event::Suppress).to);
    let settle = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE recipient = ?1 AND mailing IN (SELECT number FROM editions)
           AND (state IN {waiting} OR next_at IS NOT NULL)"
    );
    sql::run(conn, &settle, [recipient]).map(drop)
}

/// No click fulfils anything any more, not even an undo of leaving; how many waited for one.
fn close(people: &People<'_>, recipient: i64) -> Result<u64, SqliteError> {
    let close = "UPDATE requests SET expires_at = ?2 WHERE recipient = ?1 AND done_at IS NULL AND expires_at > ?2";
    sql::run(people.conn, close, (recipient, people.at))
}

/// Forgets what a subscriber is called, unless another mailbox of it is known; whether it was forgotten.
fn forget_name(people: &People<'_>, subscriber: i64, recipient: i64) -> Result<bool, SqliteError> {
    let conn = people.conn;
    let others = "SELECT EXISTS (SELECT 1 FROM recipients WHERE owner = ?1 AND address IS NOT NULL)
                      OR EXISTS (SELECT 1 FROM subscriptions s JOIN recipients r ON r.id = s.recipient
                                 WHERE s.subscriber = ?1 AND r.address IS NOT NULL)";
    if sql::number(conn, others, [subscriber])? > 0 {
        return Ok(false);
    }
    let subject = format!("subscriber {subscriber}");
    let called = "SELECT name_id FROM subscribers WHERE id = ?1
                  UNION SELECT n.id FROM audit a JOIN names n ON n.name = a.detail WHERE a.subject = ?2";
    let called = sql::rows(conn, called, (subscriber, &subject), |row| Ok(row.get::<_, i64>(0)?))?;
    let nameless = people.name(NAMELESS)?;
    sql::run(conn, "UPDATE subscribers SET name_id = ?2, urn = NULL WHERE id = ?1", (subscriber, nameless))?;
    sql::run(conn, "UPDATE audit SET detail = '' WHERE subject = ?1", [&subject])?;
    let mut forgotten = false;
    for name in called.into_iter().filter(|name| *name != nameless) {
        let of_mails = "UPDATE deliveries SET name_id = ?3
                        WHERE recipient = ?1 AND mailing IN (SELECT number FROM editions) AND name_id = ?2";
        sql::run(conn, of_mails, (recipient, name, nameless))?;
        // The row stays: deliveries to a subscriber that was called so before may refer to it.
        let rename = "UPDATE names SET name = '(erased ' || id || ')'
                      WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM subscribers WHERE name_id = ?1)";
        sql::run(conn, rename, [name])?;
        forgotten = true;
    }
    Ok(forgotten)
}
