//! The mailing list as rows: read for a decision, and written as it was changed.

pub(in crate::store::sqlite) mod counts;
mod read;
mod waves;
mod write;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::delivery::{ItemId, Reply, TransactionalMail};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned::{self, SettledPart};
use crate::domain::subscription::suppression::AddressHasher;
use crate::domain::subscription::wave::WaveId;
use crate::store::shared::decisions::{self, DISSOLVED};
use crate::store::sqlite::engine::connect;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::{Scope, Traces};

pub(in crate::store::sqlite) use read::read;
pub(in crate::store::sqlite) use waves::{all as all_waves, open as open_waves, waits_in};

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

/// As [`change`], and takes it back.
pub(in crate::store::sqlite) fn rehearse(
    conn: &Connection,
    context: (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
    decide: impl FnOnce(&mut MailingList),
) -> Result<Traces, SqliteError> {
    conn.execute_batch("SAVEPOINT rehearsal")?;
    let traces = change(conn, context, scope, None, decide);
    conn.execute_batch("ROLLBACK TO rehearsal; RELEASE rehearsal")?;
    traces
}

/// The relay refused an item for good at RCPT, because there is no such mailbox; in the transaction that records it.
pub(in crate::store::sqlite) fn refused(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    id: ItemId,
    reply: &Reply,
    reason: SuppressionReason,
) -> Result<(), SqliteError> {
    let (scope, decide) = decisions::refused(id, reply, reason);
    change(conn, (hasher, at), &scope, None, decide).map(drop)
}

/// A part of what was taken for a wave is none, and each of its bounces that waited is judged again. How many did, with those of
/// the parts before; nothing at the end, or where someone else has settled it.
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
        let (scope, decide) = decisions::judged_again(bounce);
        change(conn, (hasher, at), &scope, None, decide)?;
    }
    Ok(last.map(|_| mailboxes))
}
