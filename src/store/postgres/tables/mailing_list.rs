//! The mailing list as rows: read for a decision, and written as it was changed.
//!
//! Whoever decides holds the list's lock ([`Purpose::DecideList`](super::super::engine::transaction::Purpose)), so what was read
//! is still so when it is written.

pub(in crate::store::postgres) mod counts;
mod history;
mod read;
mod waves;
mod write;

use chrono::{DateTime, Utc};

use crate::domain::delivery::{ItemId, Reply, TransactionalMail};
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned::{self, SettledPart};
use crate::domain::subscription::suppression::AddressHasher;
use crate::domain::subscription::wave::WaveId;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::params;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::decisions::{self, DISSOLVED};
use crate::store::{Scope, Traces};

pub(in crate::store::postgres) use read::read;
pub(in crate::store::postgres) use waves::{all as all_waves, open as open_waves, waits_in};

/// Reads, decides and writes; the caller's transaction is around it.
pub(in crate::store::postgres) async fn change(
    transaction: &Transaction,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
    mail: Option<&TransactionalMail>,
    decide: impl FnOnce(&mut MailingList) + Send,
) -> Result<Traces, PostgresError> {
    let (mut list, mut bands) = read(transaction, (hasher, at), scope).await?;
    decide(&mut list);
    write::write(transaction, &list, &mut bands, mail).await
}

/// As [`change`], and takes it back.
pub(in crate::store::postgres) async fn rehearse(
    transaction: &Transaction,
    context: (&AddressHasher, DateTime<Utc>),
    scope: &Scope,
    decide: impl FnOnce(&mut MailingList) + Send,
) -> Result<Traces, PostgresError> {
    transaction.run("SAVEPOINT rehearsal", params![]).await?;
    let traces = change(transaction, context, scope, None, decide).await?;
    transaction.run("ROLLBACK TO SAVEPOINT rehearsal", params![]).await?;
    Ok(traces)
}

/// The relay refused an item for good at RCPT, because there is no such mailbox; in the transaction that records it.
pub(in crate::store::postgres) async fn refused(
    transaction: &Transaction,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    id: ItemId,
    reply: &Reply,
    reason: SuppressionReason,
) -> Result<(), PostgresError> {
    let (scope, decide) = decisions::refused(id, reply, reason);
    change(transaction, (hasher, at), &scope, None, decide).await.map(drop)
}

/// A part of what was taken for a wave is none, and each of its bounces that waited is judged again. How many did, with those of
/// the parts before; nothing at the end, or where someone else has settled it.
pub(in crate::store::postgres) async fn dissolve(
    transaction: &Transaction,
    (hasher, at): (&AddressHasher, DateTime<Utc>),
    wave: WaveId,
    before: Option<u64>,
) -> Result<Option<u64>, PostgresError> {
    let mut part = None;
    let decide = |list: &mut MailingList| part = returned::dissolve(list, before).ok();
    // Those of the parts before are of this wave no more.
    change(transaction, (hasher, at), &Scope::Wave(wave, RecipientId(0), DISSOLVED), None, decide).await?;
    let Some(SettledPart { mailboxes, last, waited, .. }) = part else { return Ok(None) };
    for bounce in waited {
        let (scope, decide) = decisions::judged_again(bounce);
        change(transaction, (hasher, at), &scope, None, decide).await?;
    }
    Ok(last.map(|_| mailboxes))
}
