//! The traces of mailboxes that are forgotten: what tells who they were goes; their numbers, and what is counted by them, stay.

use std::collections::BTreeSet;

use tokio::try_join;

use super::{columns, letters, names};
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::EditionState;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::rows::Forgetting;
use crate::store::Traces;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;

/// Removes what was kept about mailboxes that are forgotten: what relays said, their letters, and names that name nobody else.
pub(super) async fn forget(transaction: &Transaction, forgotten: &[Forgetting]) -> Result<Traces, PostgresError> {
    if forgotten.is_empty() {
        return Ok(Traces::default());
    }
    let recipients = columns::ids(forgotten.iter().map(|one| one.recipient.0))?;
    let nameless = forgotten.iter().flat_map(|one| one.nameless.iter().map(|id| (id.0, one.recipient.0)));
    let (subscribers, mailboxes): (Vec<u64>, Vec<u64>) = nameless.unzip();
    let (subscribers, mailboxes) = (columns::ids(subscribers)?, columns::ids(mailboxes)?);
    lock_open(transaction, &recipients).await?;
    let (replies, deliveries, (letters, letter_replies), names) = try_join!(biased;
        forget_replies(transaction, &recipients),
        settle_waiting(transaction, &recipients),
        letters::forget_all(transaction, &recipients),
        names::forget(transaction, &subscribers, &mailboxes))?;
    Ok(Traces { deliveries, replies: replies + letter_replies, letters, names })
}

/// Waits until no sender records what a relay said about one of these, and keeps others from doing so until we are done: then they
/// see that the address is forgotten (`write_items`). Locked in the order in which senders lock them.
async fn lock_open(transaction: &Transaction, recipients: &[i64]) -> Result<(), PostgresError> {
    let lock = format!(
        "SELECT 1 FROM (SELECT number AS mailing FROM editions
                        UNION ALL SELECT -id FROM transactional_mails WHERE recipient = ANY ($1)) m
         JOIN deliveries d USING (mailing)
         WHERE d.recipient = ANY ($1) AND (d.state IN {} OR d.next_at IS NOT NULL)
         ORDER BY d.mailing, d.recipient FOR UPDATE OF d",
        states::list(DeliveryState::OPEN)
    );
    transaction.run(&lock, params![recipients]).await.map(drop)
}

async fn forget_replies(transaction: &Transaction, recipients: &[i64]) -> Result<u64, PostgresError> {
    let replies = "UPDATE attempts SET reply = '', words = NULL
                   WHERE recipient = ANY ($1) AND mailing IN (SELECT number FROM editions)
                     AND (reply <> '' OR words IS NOT NULL)";
    transaction.run(replies, params![recipients]).await
}

/// What waits to be sent is settled; what is in hand is settled by whoever has it. One that may have been accepted stays
/// uncertain (invariant 3). How many deliveries there are in all.
async fn settle_waiting(transaction: &Transaction, recipients: &[i64]) -> Result<u64, PostgresError> {
    let (waiting, to) = (states::list(DeliveryState::WAITING), states::change(Event::Suppress).to);
    // Locked in the order in which senders lock them.
    let settle = format!(
        "WITH waiting AS (SELECT d.mailing, d.recipient FROM editions e JOIN deliveries d ON d.mailing = e.number
                          WHERE d.recipient = ANY ($1) AND (d.state IN {waiting} OR d.next_at IS NOT NULL)
                          ORDER BY d.mailing, d.recipient FOR UPDATE OF d)
         UPDATE deliveries d SET state = {to}, next_at = NULL FROM waiting w
         WHERE d.mailing = w.mailing AND d.recipient = w.recipient
           AND (d.state IN {waiting} OR d.next_at IS NOT NULL)"
    );
    let all = "SELECT count(*) FROM editions e JOIN deliveries d ON d.mailing = e.number WHERE d.recipient = ANY ($1)";
    transaction.run(&settle, params![recipients]).await?;
    Ok(sql::count(transaction.number(all, params![recipients]).await?))
}

/// Those of these mailboxes to which a mail is on its way, or may be.
pub(super) async fn expecting_mail(
    transaction: &Transaction,
    mailboxes: &BTreeSet<RecipientId>,
) -> Result<BTreeSet<RecipientId>, PostgresError> {
    let recipients = columns::ids(mailboxes.iter().map(|id| id.0))?;
    let (digests, letters) =
        try_join!(biased; expecting_digests(transaction, &recipients), letters::open(transaction, &recipients))?;
    Ok(digests.union(&letters).map(|id| RecipientId(sql::count(*id))).collect())
}

async fn expecting_digests(transaction: &Transaction, recipients: &[i64]) -> Result<BTreeSet<i64>, PostgresError> {
    let query = format!(
        "SELECT d.recipient FROM editions e JOIN deliveries d ON d.mailing = e.number
         WHERE d.recipient = ANY ($1) AND e.state IN ($2, $3) AND (d.state IN {} OR d.next_at IS NOT NULL)",
        states::list(DeliveryState::OPEN)
    );
    let (sending, held) = (EditionState::Sending.as_str(), EditionState::Held.as_str());
    let found = transaction.rows(&query, params![recipients, sending, held], |row| Ok(row.try_get(0)?)).await?;
    Ok(found.into_iter().collect())
}
