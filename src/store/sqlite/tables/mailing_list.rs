//! The mailing list as rows: read for a decision, and written as it was changed.

pub(in crate::store::sqlite) mod counts;
mod read;
mod waves;
mod write;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::delivery::{DeliveryId, ItemId, Reply, TransactionalMail};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::bounce::{EnhancedStatus, Meaning};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned::{self, SettledPart};
use crate::domain::subscription::suppression::AddressHasher;
use crate::domain::subscription::unsubscribe;
use crate::domain::subscription::wave::WaveId;
use crate::store::sqlite::engine::connect;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::{Scope, Traces};

pub(in crate::store::sqlite) use read::read;
pub(in crate::store::sqlite) use waves::{all as all_waves, open as open_waves, waits_in};

/// How many bounces of a dissolved wave are judged again at once: for each, those of its edition are counted.
const DISSOLVED: u32 = 5;

/// So many addresses are those of a file.
const MANY: usize = 500;

/// Reads, decides and writes; the caller's transaction is around it.
pub(in crate::store::sqlite) fn change(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
    mail: Option<&TransactionalMail>,
    decide: impl FnOnce(&mut MailingList),
) -> Result<Traces, SqliteError> {
    if matches!(scope, Scope::Addresses(many, _) if many.len() >= MANY) {
        connect::make_room(conn)?;
    }
    let (mut list, mut bands) = read(conn, (hasher, at), scope)?;
    decide(&mut list);
    write::write(conn, &list, &mut bands, mail)
}

/// The relay refused an item for good at RCPT, because there is no such mailbox; in the transaction that records it.
pub(in crate::store::sqlite) fn refused(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    id: ItemId,
    reply: &Reply,
    reason: SuppressionReason,
) -> Result<(), SqliteError> {
    let recipient = id.recipient;
    let Some(edition) = id.mailing.edition() else {
        let decide = |list: &mut MailingList| unsubscribe::refuse_for_good(list, recipient, reason);
        return change(conn, (hasher, at), &Scope::Mailbox(recipient), None, decide).map(drop);
    };
    let (id, status) = (DeliveryId { edition, recipient }, EnhancedStatus::at_start_of(&reply.text));
    let decide = |list: &mut MailingList| {
        returned::refused(list, id, status);
    };
    change(conn, (hasher, at), &Scope::Delivery(id, Meaning::Gone, None), None, decide).map(drop)
}

/// A part of what was taken for a wave is none, and each of its bounces that waited is judged again. How many did, with those of
/// the parts before; nothing at the end, or where somebody else has settled it.
pub(in crate::store::sqlite) fn dissolve(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    wave: WaveId,
    before: Option<u64>,
) -> Result<Option<u64>, SqliteError> {
    let mut part = None;
    let decide = |list: &mut MailingList| part = returned::dissolve(list, before).ok();
    // Those of the parts before are of this wave no more.
    change(conn, (hasher, at), &Scope::Wave(wave, RecipientId(0), DISSOLVED), None, decide)?;
    let Some(SettledPart { mailboxes, last, waited, .. }) = part else { return Ok(None) };
    for bounce in waited {
        let id = DeliveryId { edition: bounce.edition, recipient: bounce.recipient };
        let scope = Scope::Delivery(id, bounce.meaning, bounce.server.clone());
        let decide = |list: &mut MailingList| {
            returned::judge_again(list, &bounce);
        };
        change(conn, (hasher, at), &scope, None, decide)?;
    }
    Ok(last.map(|_| mailboxes))
}
