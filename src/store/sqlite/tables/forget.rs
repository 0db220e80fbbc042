//! The traces of a mailbox that is forgotten: what tells who it was goes; its number, and what is counted by it, stay.

use rusqlite::Connection;

use super::outbox::transactional;
use super::{meta, names};
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::EditionState;
use crate::domain::subscription::rows::Forgetting;
use crate::store::Traces;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

pub(in crate::store::sqlite) use crate::store::shared::meta::UNSCRUBBED;

/// Set while the files are to be rebuilt, because something forgotten lies in them all the same.
pub(in crate::store::sqlite) const UNREBUILT: &str = "unrebuilt";

/// Notes that something forgotten may still lie in the files.
pub(in crate::store::sqlite) fn note_unscrubbed(conn: &Connection, at: i64) -> Result<(), SqliteError> {
    meta::put(conn, UNSCRUBBED, &at.to_string())
}

/// Removes what was kept about a mailbox that is forgotten: what relays said, its letters, and names that name nobody else.
pub(super) fn forget(conn: &Connection, forgetting: &Forgetting) -> Result<Traces, SqliteError> {
    let recipient = sql::column(forgetting.recipient.0)?;
    let replies = "UPDATE attempts SET reply = '', words = NULL
                   WHERE recipient = ?1 AND mailing IN (SELECT number FROM editions)
                     AND (reply <> '' OR words IS NOT NULL)";
    let replies = sql::run(conn, replies, [recipient])?;
    settle_waiting(conn, recipient)?;
    let (letters, letter_replies) = transactional::forget_all(conn, recipient)?;
    let mut names = 0;
    for subscriber in &forgetting.nameless {
        names += u64::from(names::forget(conn, sql::column(subscriber.0)?, recipient)?);
    }
    let deliveries =
        "SELECT count(*) FROM editions e CROSS JOIN deliveries d ON d.mailing = e.number WHERE d.recipient = ?1";
    let deliveries = sql::count(sql::number(conn, deliveries, [recipient])?);
    Ok(Traces { deliveries, replies: replies + letter_replies, letters, names })
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

/// Whether a mail is on its way to a mailbox, or may be.
pub(super) fn is_mail_on_its_way(conn: &Connection, recipient: i64) -> Result<bool, SqliteError> {
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM editions e CROSS JOIN deliveries d ON d.mailing = e.number
                        WHERE d.recipient = ?1 AND e.state IN (?2, ?3)
                          AND (d.state IN {} OR d.next_at IS NOT NULL))",
        states::list(DeliveryState::OPEN)
    );
    let (sending, held) = (EditionState::Sending.as_str(), EditionState::Held.as_str());
    Ok(sql::number(conn, &query, (recipient, sending, held))? > 0 || transactional::is_open(conn, recipient)?)
}
