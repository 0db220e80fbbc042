//! Deliveries as an operator takes them up again and settles them.

use chrono::{DateTime, Utc};

use super::super::{audit, bulletin_rows, edition_rows, segments, subjects};
use super::{accepted, edition_progress};
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::BulletinId;
use crate::domain::delivery::listing::{DeliveryFilter, ResolvedPart, Retried, RetriedPart};
use crate::domain::delivery::{DeliveryState, Event};
use crate::domain::edition::{Edition, EditionNumber, state};
use crate::domain::refusal::Refusal;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::suppression::AddressHasher;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;

/// Takes up again what ended without being accepted, of mailboxes after those before.
pub(super) async fn retry(
    transaction: &Transaction,
    edition: EditionNumber,
    (states, mailboxes): (&[DeliveryState], Option<Vec<i64>>),
    RetriedPart { retried: before, last }: RetriedPart,
    limit: u32,
    at: DateTime<Utc>,
) -> Result<RetriedPart, PostgresError> {
    let stored = published(transaction, edition).await?;
    refuse_never_again(transaction, edition).await?;
    let may: Vec<DeliveryState> = DeliveryState::arrows(Event::Retry).iter().map(|arrow| arrow.from).collect();
    let meant: Vec<DeliveryState> = may.into_iter().filter(|state| states.contains(state)).collect();
    let after = sql::column(last.map_or(0, |last| last.0))?;
    let part = of_states(transaction, edition, meant.clone(), mailboxes, (after, limit)).await?;
    let taken = take_up(transaction, edition, meant, &part, sql::millis(at)).await?;
    let number = taken.ended + taken.uncertain;
    if number > 0
        && let Ok(resumed) = state::resume(&stored)
    {
        edition_rows::write(transaction, Some(&stored), Some(&resumed)).await?;
    }
    note(transaction, "retry", edition, (before.ended + before.uncertain, number), "", at).await?;
    let retried = Retried {
        ended: before.ended + taken.ended,
        uncertain: before.uncertain + taken.uncertain,
        suppressed: before.suppressed + taken.suppressed,
    };
    Ok(RetriedPart { retried, last: last_of(&part, limit) })
}

/// Queues those of these mailboxes again that may still be mailed, and says what they were.
async fn take_up(
    transaction: &Transaction,
    edition: EditionNumber,
    meant: Vec<DeliveryState>,
    part: &[i64],
    at: i64,
) -> Result<Retried, PostgresError> {
    let (to, uncertain) = (states::change(Event::Retry).to, DeliveryState::Uncertain.code());
    let update = format!(
        "WITH meant AS MATERIALIZED (
             SELECT d.recipient, d.state = {uncertain} AS is_uncertain,
                    EXISTS (SELECT 1 FROM recipients r WHERE r.id = d.recipient AND r.address IS NOT NULL
                              AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)) AS is_mailable
             FROM deliveries d WHERE d.mailing = $1 AND d.state = ANY ($2) AND d.recipient = ANY ($3)
             ORDER BY d.recipient FOR UPDATE),
         taken AS (
             UPDATE deliveries AS d SET state = {to}, next_at = NULL, retried_at = $4 FROM meant
             WHERE d.mailing = $1 AND d.recipient = meant.recipient AND meant.is_mailable)
         SELECT count(*) FILTER (WHERE is_mailable AND NOT is_uncertain),
                count(*) FILTER (WHERE is_mailable AND is_uncertain), count(*) FILTER (WHERE NOT is_mailable) FROM meant"
    );
    let read = |row: &tokio_postgres::Row| {
        let number = |at| -> Result<u64, PostgresError> { Ok(sql::count(row.try_get(at)?)) };
        Ok(Retried { ended: number(0)?, uncertain: number(1)?, suppressed: number(2)? })
    };
    let taken = transaction.row(&update, params![i64::from(edition.0), meant, part.to_vec(), at], read).await?;
    Ok(taken.unwrap_or_default())
}

/// Settles a part of what is uncertain.
pub(super) async fn resolve(
    transaction: &Transaction,
    edition: EditionNumber,
    mailboxes: Option<Vec<i64>>,
    is_accepted: bool,
    (ResolvedPart { resolved: before, last }, limit): (ResolvedPart, u32),
    at: DateTime<Utc>,
) -> Result<ResolvedPart, PostgresError> {
    published(transaction, edition).await?;
    let after = sql::column(last.map_or(0, |last| last.0))?;
    let part = of_states(transaction, edition, vec![DeliveryState::Uncertain], mailboxes, (after, limit)).await?;
    let last = last_of(&part, limit);
    let states::Change { from, to, accepted: each } = states::change(Event::Resolve { accepted: is_accepted });
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = NULL
         WHERE mailing = $1 AND state IN {from} AND recipient = ANY ($2)"
    );
    let resolved = transaction.run(&update, params![i64::from(edition.0), part]).await?;
    accepted::note(transaction, edition, each, resolved).await?;
    let what = if is_accepted { " are accepted" } else { " are failed" };
    note(transaction, "resolve", edition, (before, resolved), what, at).await?;
    if before + resolved > 0 {
        edition_progress::finish(transaction, edition, at).await?;
    }
    Ok(ResolvedPart { resolved: before + resolved, last })
}

/// Where the next part goes on, if there may be one.
fn last_of(part: &[i64], limit: u32) -> Option<RecipientId> {
    let is_full = part.len() as u64 == u64::from(limit);
    part.last().filter(|_| is_full).map(|last| RecipientId(sql::count(*last)))
}

/// The mailboxes after one, at most `limit`, whose delivery has ended in one of these states; `mailboxes` alone, if there are some.
async fn of_states(
    transaction: &Transaction,
    edition: EditionNumber,
    meant: Vec<DeliveryState>,
    mailboxes: Option<Vec<i64>>,
    (after, limit): (i64, u32),
) -> Result<Vec<i64>, PostgresError> {
    let query = format!(
        "SELECT recipient FROM deliveries
         WHERE mailing = $1 AND recipient > $2 AND {} AND state = ANY ($3) AND ($4::bigint[] IS NULL OR recipient = ANY ($4))
         ORDER BY recipient LIMIT $5",
        states::ended()
    );
    let (edition, limit) = (i64::from(edition.0), i64::from(limit));
    let values = params![edition, after, meant, mailboxes, limit];
    transaction.rows(&query, values, |row| Ok(row.try_get(0)?)).await
}

async fn note(
    transaction: &Transaction,
    action: &str,
    edition: EditionNumber,
    parts: (u64, u64),
    what: &str,
    at: DateTime<Utc>,
) -> Result<(), PostgresError> {
    let detail = |number| format!("{number} deliveries{what}");
    let subject = subjects::of_mailing(transaction, edition).await?;
    audit::write_parts(transaction, at, [OPERATOR, action, &subject], parts, detail).await
}

/// An edition that was published.
async fn published(transaction: &Transaction, edition: EditionNumber) -> Result<Edition, PostgresError> {
    let found = edition_rows::one(transaction, edition).await?.filter(Edition::is_published);
    found.ok_or_else(|| Refusal::NotPublished(edition).into())
}

/// That its mails can be made, and that nobody said that none of them leaves any more.
async fn refuse_never_again(transaction: &Transaction, number: EditionNumber) -> Result<(), PostgresError> {
    if let Some(id) = BulletinId::of(number)
        && bulletin_rows::is_withdrawn(transaction, number).await?
    {
        return Err(Refusal::Withdrawn(id).into());
    }
    if segments::is_forgotten(transaction, number).await? {
        return Err(Refusal::Forgotten(number).into());
    }
    Ok(())
}

/// The filter's mailboxes by number; nothing for all.
pub(super) async fn mailboxes(
    transaction: &Transaction,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
) -> Result<Option<Vec<i64>>, PostgresError> {
    if let Some(recipients) = &filter.recipients {
        return recipients.iter().map(|recipient| sql::column(recipient.0)).collect::<Result<_, _>>().map(Some);
    }
    let Some(addresses) = &filter.addresses else { return Ok(None) };
    let keys: Vec<Vec<u8>> = addresses.iter().map(|address| hasher.key(address).0.to_vec()).collect();
    let query = "SELECT k.place, r.id FROM unnest($1::bytea[]) WITH ORDINALITY AS k (mac, place)
                 LEFT JOIN recipients r ON r.mac = k.mac AND r.address IS NOT NULL ORDER BY k.place";
    let found = transaction.rows(query, params![keys], |row| Ok(row.try_get::<_, Option<i64>>(1)?)).await?;
    let known = addresses
        .iter()
        .zip(found)
        .map(|(address, number)| number.ok_or_else(|| PostgresError::UnknownMailbox(address.clone())));
    let mut numbers = known.collect::<Result<Vec<i64>, _>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(Some(numbers))
}

/// The domain of a mailbox, as the index on it has it.
pub(super) const DOMAIN: &str = "lower(substr(r.address, position('@' in r.address) + 1)) COLLATE \"C\"";

/// As [`mailboxes`], of those whose delivery of this edition has ended: also of a domain.
pub(super) async fn ended_mailboxes(
    transaction: &Transaction,
    hasher: &AddressHasher,
    filter: &DeliveryFilter,
    edition: EditionNumber,
) -> Result<Option<Vec<i64>>, PostgresError> {
    let named = mailboxes(transaction, hasher, filter).await?;
    let Some(domain) = &filter.domain else { return Ok(named) };
    let query = format!(
        "SELECT d.recipient FROM deliveries d JOIN recipients r ON r.id = d.recipient
         WHERE d.mailing = $1 AND d.{} AND r.address IS NOT NULL AND {DOMAIN} = $2
           AND ($3::bigint[] IS NULL OR d.recipient = ANY ($3)) ORDER BY d.recipient",
        states::ended()
    );
    let (edition, domain) = (i64::from(edition.0), domain.clone());
    transaction.rows(&query, params![edition, domain, named], |row| Ok(row.try_get(0)?)).await.map(Some)
}
