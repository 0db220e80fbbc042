//! Mails that follow from a decision about mailboxes, many at once: put on their way, or emptied with the mailbox.

use std::collections::BTreeSet;

use tokio::try_join;

use super::columns::{self, each};
use super::numbers;
use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryState, Event, TransactionalMail};
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::rows::DueMail;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;

/// Mails that became due, with their numbers, and what they say.
pub(super) struct Letters<'a> {
    due: Vec<(i64, &'a DueMail)>,
    mail: Option<&'a TransactionalMail>,
}

/// Numbers mails that became due; without words for them, none is sent.
pub(super) async fn number<'a>(
    transaction: &Transaction,
    due: &'a [DueMail],
    mail: Option<&'a TransactionalMail>,
) -> Result<Letters<'a>, PostgresError> {
    if due.is_empty() || mail.is_none() {
        return Ok(Letters { due: Vec::new(), mail });
    }
    let [next] = numbers::next(transaction, [numbers::MAIL]).await?;
    Ok(Letters { due: (sql::column(next)?..).zip(due).collect(), mail })
}

impl Letters<'_> {
    /// The number after these, if there are some.
    pub(super) fn next(&self) -> Option<u64> {
        self.due.last().map(|(number, _)| sql::count(number + 1))
    }

    /// Puts them on their way.
    pub(super) async fn enqueue(&self, transaction: &Transaction, at: i64) -> Result<(), PostgresError> {
        let Some(mail) = self.mail.filter(|_| !self.due.is_empty()) else { return Ok(()) };
        let insert = "INSERT INTO transactional_mails (id, recipient, request, kind, at, sender, rendered)
                      SELECT *, $4, $5, $6, $7 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])";
        let queue = "INSERT INTO deliveries (mailing, recipient, segment, name_id)
                     SELECT -id, recipient, 0, 0 FROM unnest($1::bigint[], $2::bigint[]) AS k (id, recipient)";
        let ids = each(&self.due, |(id, _)| *id);
        let recipients = columns::ids(self.due.iter().map(|(_, due)| due.recipient.0))?;
        let requests = columns::ids(self.due.iter().map(|(_, due)| due.request.0))?;
        let (sender, rendered) = (sql::to_json(&mail.sender)?, sql::to_json(&mail.rendered)?);
        let kind = mail.kind.as_str();
        transaction.run(insert, params![ids, recipients, requests, kind, at, sender, rendered]).await?;
        transaction.run(queue, params![ids, recipients]).await.map(drop)
    }
}

/// Puts a mail to each of these operators on its way.
pub(super) async fn enqueue_notices(
    transaction: &Transaction,
    at: i64,
    addresses: &[Address],
    mail: &TransactionalMail,
) -> Result<(), PostgresError> {
    let [next] = numbers::next(transaction, [numbers::MAIL]).await?;
    let texts: Vec<&str> = addresses.iter().map(Address::as_str).collect();
    let ids: Vec<i64> = (sql::column(next)?..).take(texts.len()).collect();
    let insert = "INSERT INTO transactional_mails (id, address, kind, at, sender, rendered)
                  SELECT *, $3, $4, $5, $6 FROM unnest($1::bigint[], $2::text[])";
    let (sender, rendered) = (sql::to_json(&mail.sender)?, sql::to_json(&mail.rendered)?);
    transaction.run(insert, params![ids, texts, mail.kind.as_str(), at, sender, rendered]).await?;
    let queue = "INSERT INTO deliveries (mailing, recipient, segment, name_id)
                 SELECT -id, $2, 0, 0 FROM unnest($1::bigint[]) AS k (id)";
    transaction.run(queue, params![ids, sql::column(RecipientId::NOBODY.0)?]).await?;
    numbers::put(transaction, &[(numbers::MAIL, next + texts.len() as u64)]).await
}

/// Empties the mails of mailboxes that are forgotten, and settles those that wait: how many, and of how many attempts the
/// relay's reply. What is in hand is settled by whoever has it.
pub(super) async fn forget_all(transaction: &Transaction, recipients: &[i64]) -> Result<(u64, u64), PostgresError> {
    let (waiting, to) = (states::list(DeliveryState::WAITING), states::change(Event::Suppress).to);
    let replies = "UPDATE attempts a SET reply = '', words = NULL
                   FROM transactional_mails t WHERE t.recipient = ANY ($1) AND a.mailing = -t.id AND a.recipient = t.recipient
                     AND (a.reply <> '' OR a.words IS NOT NULL)";
    let empty = "UPDATE transactional_mails SET rendered = '' WHERE recipient = ANY ($1) AND rendered <> ''";
    let settle = format!(
        "UPDATE deliveries d SET state = {to}, next_at = NULL
         FROM transactional_mails t WHERE t.recipient = ANY ($1) AND d.mailing = -t.id AND d.recipient = t.recipient
           AND (d.state IN {waiting} OR d.next_at IS NOT NULL)"
    );
    let (replies, emptied, _) = try_join!(biased;
        async { transaction.run(replies, params![recipients]).await },
        async { transaction.run(empty, params![recipients]).await },
        async { transaction.run(&settle, params![recipients]).await })?;
    Ok((emptied, replies))
}

/// Those of these mailboxes for which something waits, or is in hand.
pub(super) async fn open(transaction: &Transaction, recipients: &[i64]) -> Result<BTreeSet<i64>, PostgresError> {
    let query = format!(
        "SELECT t.recipient FROM transactional_mails t JOIN deliveries d ON d.mailing = -t.id AND d.recipient = t.recipient
         WHERE t.recipient = ANY ($1) AND (d.state IN {} OR d.next_at IS NOT NULL)",
        states::list(DeliveryState::OPEN)
    );
    let open = transaction.rows(&query, params![recipients], |row| Ok(row.try_get(0)?)).await?;
    Ok(open.into_iter().collect())
}
