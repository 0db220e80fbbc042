//! Taking items in hand.

use std::time::{Duration, Instant};

use super::items::{Candidate, few, keys, uncertain};
use super::transactional;
use crate::domain::delivery::{DeliveryId, DeliveryState, Event, ItemId, Mailing, TransactionalId};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscriber::RecipientId;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::{Claimed, ClaimedContent, SegmentNumber};

/// How often a node whose lease is over registers anew for one claim.
pub(super) const TRIES: u32 = 3;

/// What is asked for: what belongs to no edition, or an edition's mails.
#[derive(Clone, Copy)]
enum Wanted {
    Transactional,
    Edition(EditionNumber),
}

/// Takes at most `limit` items in hand: what belongs to no edition first, then an edition's by recipient; and until when the lease
/// of node `me` lasts. Nothing, and none is taken, if it is over.
pub(super) async fn claim(
    transaction: &Transaction,
    me: i64,
    edition: Option<EditionNumber>,
    now: i64,
    limit: u32,
) -> Result<Option<(Vec<Claimed>, Instant)>, PostgresError> {
    let asked = Instant::now();
    let (left, is_restored, is_sending) = tokio::try_join!(biased; hold_lease(transaction, me), is_restored(transaction), is_being_sent(transaction, edition))?;
    let Some(left) = left else { return Ok(None) };
    let lease_until = asked + Duration::from_millis(sql::count(left));
    if is_restored {
        return Ok(Some((Vec::new(), lease_until)));
    }
    let mut taken = take(transaction, me, Wanted::Transactional, now, limit).await?;
    if let Some(edition) = edition.filter(|_| is_sending) {
        let missing = limit.saturating_sub(u32::try_from(taken.len()).unwrap_or(limit));
        let mut digests = take(transaction, me, Wanted::Edition(edition), now, missing).await?;
        digests.sort_by_key(|claimed| claimed.id);
        taken.append(&mut digests);
    }
    Ok(Some((taken, lease_until)))
}

/// For how many milliseconds our lease lasts, if it does; nobody takes up what is ours until this transaction ends.
async fn hold_lease(transaction: &Transaction, me: i64) -> Result<Option<i64>, PostgresError> {
    let query = "SELECT floor(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::bigint
                 FROM nodes WHERE id = $1 AND lease_until > clock_timestamp() FOR KEY SHARE";
    transaction.row(query, params![me], |row| Ok(row.try_get(0)?)).await
}

/// Nothing of a restored store is sent until someone releases it.
async fn is_restored(transaction: &Transaction) -> Result<bool, PostgresError> {
    transaction.is("SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'restored')", params![]).await
}

async fn is_being_sent(transaction: &Transaction, edition: Option<EditionNumber>) -> Result<bool, PostgresError> {
    let number = edition.map(|edition| i64::from(edition.0));
    let query = "SELECT EXISTS (SELECT 1 FROM editions WHERE number = $1 AND state = $2)";
    transaction.is(query, params![number, EditionState::Sending.as_str()]).await
}

/// Takes candidates in hand until there are `limit`; those who may not be mailed any more are settled.
async fn take(
    transaction: &Transaction,
    me: i64,
    wanted: Wanted,
    now: i64,
    limit: u32,
) -> Result<Vec<Claimed>, PostgresError> {
    let mut taken = Vec::new();
    loop {
        let missing = limit - u32::try_from(taken.len()).unwrap_or(limit);
        let (found, asked) = match wanted {
            _ if missing == 0 => return Ok(taken),
            Wanted::Transactional => {
                let asked = missing.min(transactional::AT_ONCE);
                (transactional::candidates(transaction, now, asked).await?, asked)
            }
            Wanted::Edition(edition) => (candidates(transaction, edition, now, missing).await?, missing),
        };
        let is_last = found.len() < asked as usize;
        let withheld: Vec<ItemId> = found.iter().filter(|(_, claimed)| claimed.is_none()).map(|(id, _)| *id).collect();
        let claimed: Vec<Claimed> = found.into_iter().filter_map(|(_, claimed)| claimed).collect();
        let ids = claimed.iter().map(|claimed| claimed.id).collect();
        tokio::try_join!(biased; take_in_hand(transaction, me, ids), withhold(transaction, withheld))?;
        taken.extend(claimed);
        if is_last {
            return Ok(taken);
        }
    }
}

async fn take_in_hand(transaction: &Transaction, me: i64, ids: Vec<ItemId>) -> Result<(), PostgresError> {
    if ids.is_empty() {
        return Ok(());
    }
    let update = "UPDATE deliveries AS d SET state = $3, claim = $4, next_at = NULL
                  FROM unnest($1::bigint[], $2::bigint[]) AS k (mailing, recipient)
                  WHERE d.mailing = k.mailing AND d.recipient = k.recipient";
    let (mailings, recipients) = keys(ids)?;
    transaction.run(update, params![mailings, recipients, DeliveryState::Claimed, me]).await.map(drop)
}

/// Settles items that nobody has in hand, because their mailboxes may not get them any more.
async fn withhold(transaction: &Transaction, ids: Vec<ItemId>) -> Result<(), PostgresError> {
    if ids.is_empty() {
        return Ok(());
    }
    let to = states::change(Event::Suppress).to;
    let update = format!(
        "UPDATE deliveries AS d SET state = {to}, next_at = NULL
         FROM unnest($1::bigint[], $2::bigint[]) AS k (mailing, recipient)
         WHERE d.mailing = k.mailing AND d.recipient = k.recipient"
    );
    let mails = ids.iter().filter_map(|id| match id.mailing {
        Mailing::Transactional(TransactionalId(mail)) => Some(sql::column(mail)),
        Mailing::Edition(_) | Mailing::Bulletin(_) => None,
    });
    let mails = mails.collect::<Result<Vec<i64>, _>>()?;
    let (mailings, recipients) = keys(ids)?;
    transaction.run(&update, params![mailings, recipients]).await?;
    transactional::forget_texts(transaction, &mails).await
}

/// An edition's mails that are queued, or due again at `now`, of those that no other node is about to take; each part bounded and
/// by an index.
async fn candidates(
    transaction: &Transaction,
    edition: EditionNumber,
    now: i64,
    limit: u32,
) -> Result<Vec<Candidate>, PostgresError> {
    let (queued, uncertain) = (DeliveryState::Queued.code(), uncertain());
    let columns = "mailing, recipient, segment, name_id, attempts, repeated, retried_at";
    let query = format!(
        "WITH queued AS (SELECT {columns} FROM deliveries WHERE mailing = $1 AND state = {queued}
                         ORDER BY recipient LIMIT $3 FOR UPDATE SKIP LOCKED),
              due AS (SELECT {columns} FROM deliveries WHERE mailing = $1 AND next_at <= $2
                      ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED),
              d AS (SELECT * FROM queued UNION ALL SELECT * FROM due ORDER BY recipient LIMIT $3)
         SELECT d.recipient, d.segment, r.address, n.name, d.attempts, d.repeated,
                EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac),
                CASE WHEN d.attempts > 0 THEN (SELECT min(at) FROM attempts a
                                               WHERE a.mailing = d.mailing AND a.recipient = d.recipient
                                                 AND a.at >= coalesce(d.retried_at, a.at)) END,
                CASE WHEN d.attempts > 0 THEN {uncertain} ELSE 0 END
         FROM d JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id ORDER BY d.recipient"
    );
    let (number, limit) = (i64::from(edition.0), i64::from(limit));
    let read = |row: &tokio_postgres::Row| {
        let id = DeliveryId { edition, recipient: RecipientId(sql::count(row.try_get(0)?)) }.into();
        let suppressed: bool = row.try_get(6)?;
        // Null once the address was forgotten: nobody is left to mail.
        let Some(address) = row.try_get::<_, Option<&str>>(2)?.filter(|_| !suppressed) else { return Ok((id, None)) };
        let segment = u32::try_from(row.try_get::<_, i64>(1)?).map_err(|_| sql::damaged("the number of a segment"))?;
        let claimed = Claimed {
            id,
            address: sql::parse(address)?,
            attempts: few(row, 4)?,
            first_attempt: sql::maybe_instant(row.try_get(7)?)?,
            repeated: row.try_get(5)?,
            uncertain: few(row, 8)?,
            content: ClaimedContent::Digest { segment: SegmentNumber(segment), subscriber: row.try_get(3)? },
        };
        Ok((id, Some(claimed)))
    };
    transaction.rows(&query, params![number, now, limit], read).await
}

/// How many items could be claimed at `now`, counted no further than `most`.
pub(super) async fn waiting(
    transaction: &Transaction,
    edition: Option<EditionNumber>,
    now: i64,
    most: u32,
) -> Result<u32, PostgresError> {
    let (is_restored, is_sending) =
        tokio::try_join!(biased; is_restored(transaction), is_being_sent(transaction, edition))?;
    if is_restored || edition.is_some() && !is_sending {
        return Ok(0);
    }
    let (those, number) = match edition {
        Some(edition) => ("mailing = $1", i64::from(edition.0)),
        // Transactional mail.
        None => ("mailing < $1", 0),
    };
    let queued = DeliveryState::Queued.code();
    let query = format!(
        "SELECT count(*) FROM (
             (SELECT 1 FROM deliveries WHERE {those} AND state = {queued} LIMIT $3)
             UNION ALL
             (SELECT 1 FROM deliveries WHERE {those} AND next_at <= $2 LIMIT $3)
             LIMIT $3) AS w"
    );
    let count = transaction.number(&query, params![number, now, i64::from(most)]).await?;
    Ok(u32::try_from(count).unwrap_or(most))
}
