//! Leaving, suppressing, and moving a mailbox to another address.

use rusqlite::Connection;

use super::audit;
use super::people::{People, word};
use crate::domain::address::Address;
use crate::domain::subscriber::{MailboxState, RecipientId, SuppressionReason};
use crate::store::Suppression;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

/// Ends every subscription of the address and suppresses it; the name it belonged to while it was active.
pub(in crate::store::sqlite) fn unsubscribe(
    people: &People<'_>,
    address: &Address,
    reason: SuppressionReason,
    actor: &str,
) -> Result<Option<String>, SqliteError> {
    let fresh = suppress(people, people.hasher.key(address).0, Some(address.as_str()), reason)?;
    let Some(mailbox) = people.find(address)? else {
        if fresh {
            audit::write(people.conn, people.at, actor, "suppress", "an address without a mailbox", reason.as_str())?;
        }
        return Ok(None);
    };
    let name = match mailbox.state {
        MailboxState::Ended => None,
        MailboxState::Active | MailboxState::Pending => Some(people.profile(mailbox.owner)?.name),
    };
    people.end_all(mailbox.id, reason.as_str())?;
    if fresh || name.is_some() {
        people.note(actor, "unsubscribe", mailbox.id, reason.as_str())?;
    }
    Ok(name)
}

/// As [`unsubscribe`], by the mailbox's number.
pub(in crate::store::sqlite) fn leave(
    people: &People<'_>,
    recipient: RecipientId,
    reason: SuppressionReason,
    actor: &str,
) -> Result<Option<String>, SqliteError> {
    let recipient = sql::column(recipient.0)?;
    let query = "SELECT mac, address FROM recipients WHERE id = ?1";
    let found = sql::row(people.conn, query, [recipient], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let Some((mac, address)) = found else { return Ok(None) };
    let mut name = subscribed_name(people.conn, RecipientId(sql::count(recipient)))?;
    let fresh = suppress(people, mac, address.as_deref(), reason)?;
    people.end_all(recipient, reason.as_str())?;
    if address.is_none() {
        // It was forgotten; if it was subscribed anew since, that is another row with the same hash.
        let query = "SELECT id FROM recipients WHERE mac = ?1 AND address IS NOT NULL";
        for other in sql::rows(people.conn, query, [mac], |row| Ok(row.get::<_, i64>(0)?))? {
            name = name.or(subscribed_name(people.conn, RecipientId(sql::count(other)))?);
            people.end_all(other, reason.as_str())?;
        }
    }
    if fresh || name.is_some() {
        people.note(actor, "unsubscribe", recipient, reason.as_str())?;
    }
    Ok(name)
}

/// The name of the subscriber that a mailbox belongs to, unless it has ended.
pub(in crate::store::sqlite) fn subscribed_name(
    conn: &Connection,
    recipient: RecipientId,
) -> Result<Option<String>, SqliteError> {
    let query = "SELECT n.name FROM recipients r JOIN subscribers s ON s.id = r.owner JOIN names n ON n.id = s.name_id
                 WHERE r.id = ?1 AND r.state <> 'ended'";
    sql::row(conn, query, [sql::column(recipient.0)?], |row| Ok(row.get(0)?))
}

/// Every suppression, oldest first.
pub(in crate::store::sqlite) fn suppressions(conn: &Connection) -> Result<Vec<Suppression>, SqliteError> {
    let query = "SELECT address, reason, at FROM suppressions ORDER BY at, address";
    sql::rows(conn, query, [], |row| {
        let address = row.get::<_, Option<String>>(0)?;
        Ok(Suppression {
            address: address.as_deref().map(sql::parse).transpose()?,
            reason: word(row, 1)?,
            since: sql::instant(row.get(2)?)?,
        })
    })
}

/// Lifts a suppression; why it was there.
pub(in crate::store::sqlite) fn lift(
    people: &People<'_>,
    address: &Address,
    actor: &str,
) -> Result<Option<SuppressionReason>, SqliteError> {
    let Some(reason) = people.suppression(address)? else { return Ok(None) };
    let key = people.hasher.key(address).0;
    sql::run(people.conn, "DELETE FROM suppressions WHERE mac = ?1", [key])?;
    // Whoever is let back begins with a clean slate.
    let forget = "DELETE FROM bounces WHERE recipient IN (SELECT id FROM recipients WHERE mac = ?1)";
    sql::run(people.conn, forget, [key])?;
    audit::write(people.conn, people.at, actor, "lift-suppression", "an address", reason.as_str())?;
    Ok(Some(reason))
}

/// Suppresses a mailbox because of what a relay said.
pub(in crate::store::sqlite) fn bounced(
    people: &People<'_>,
    recipient: i64,
    reason: SuppressionReason,
) -> Result<(), SqliteError> {
    let query = "SELECT mac, address FROM recipients WHERE id = ?1";
    let found = sql::row(people.conn, query, [recipient], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let Some((mac, Some(address))) = found else { return Ok(()) };
    if suppress(people, mac, Some(&address), reason)? {
        people.note("relay", "suppress", recipient, reason.as_str())?;
    }
    people.end_all(recipient, reason.as_str())
}

/// Adds a suppression; an earlier reason stays, but a complaint or a bounce counts for more than leaving, which its reader may
/// take back. Whether anything is new.
pub(in crate::store::sqlite) fn suppress(
    people: &People<'_>,
    mac: [u8; 16],
    address: Option<&str>,
    reason: SuppressionReason,
) -> Result<bool, SqliteError> {
    let insert = "INSERT INTO suppressions (mac, address, reason, at) VALUES (?1, ?2, ?3, ?4)
                  ON CONFLICT DO UPDATE SET reason = excluded.reason
                  WHERE reason = 'unsubscribed' AND excluded.reason IN ('bounced', 'complained')";
    Ok(sql::run(people.conn, insert, (mac, address, reason.as_str(), people.at))? > 0)
}

/// The mailbox moves and keeps its number.
pub(in crate::store::sqlite) fn change_address(
    people: &People<'_>,
    old: &Address,
    new: &Address,
) -> Result<(), SqliteError> {
    let mailbox = people.find(old)?.ok_or_else(|| {
        SqliteError::refused("no mailbox has the old address: look it up with `fortnightly subscribers list`")
    })?;
    for address in [old, new] {
        if let Some(reason) = people.suppression(address)? {
            let which = if address == old { "old" } else { "new" };
            return Err(SqliteError::refused(format!(
                "the {which} address is suppressed ({reason}): only its own confirmation brings it back"
            )));
        }
    }
    if old != new && people.find(new)?.is_some() {
        return Err(SqliteError::refused("the new address is a mailbox already: unsubscribe one of the two"));
    }
    // What came back from the old address says nothing about the new one.
    sql::run(people.conn, "DELETE FROM bounces WHERE recipient = ?1", [mailbox.id])?;
    let update = "UPDATE recipients SET address = ?2, folded = ?3, mac = ?4, changed_at = ?5 WHERE id = ?1";
    let key = people.hasher.key(new).0;
    sql::run(people.conn, update, (mailbox.id, new.as_str(), new.folded(), key, people.at))?;
    people.note("cli", "change-address", mailbox.id, "")
}
