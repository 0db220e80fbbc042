//! The mailing list as rows: read for a decision, and written as it was changed.

mod read;
mod write;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::domain::delivery::TransactionalMail;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::suppression::AddressHasher;
use crate::domain::subscription::unsubscribe;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::{Scope, Traces};

pub(in crate::store::sqlite) use read::read;

/// Reads, decides and writes; the caller's transaction is around it.
pub(in crate::store::sqlite) fn change(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
    mail: Option<&TransactionalMail>,
    decide: impl FnOnce(&mut MailingList),
) -> Result<Traces, SqliteError> {
    let (mut list, mut bands) = read(conn, (hasher, at), scope)?;
    decide(&mut list);
    write::write(conn, &list, &mut bands, mail)
}

/// Suppresses a mailbox because of what a relay said, in the transaction that records it.
pub(in crate::store::sqlite) fn refuse_for_good(
    conn: &Connection,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    recipient: RecipientId,
    reason: SuppressionReason,
) -> Result<(), SqliteError> {
    let decide = |list: &mut MailingList| unsubscribe::refuse_for_good(list, recipient, reason);
    change(conn, (hasher, at), &Scope::Mailbox(recipient), None, decide).map(drop)
}
