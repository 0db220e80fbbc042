//! Where an edition's deliveries stand, and when it is finished.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::super::{audit, edition_rows, subjects};
use crate::domain::delivery::{DeliveryState, Event, OutcomeKind, Tally};
use crate::domain::edition::{EditionNumber, EditionState, state};
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::states;
use crate::store::postgres::engine::transaction::Transaction;

/// Gives up a part of what waits, and says so in one line for all parts. What may have been accepted once ends uncertain instead.
pub(super) async fn expire(
    transaction: &Transaction,
    edition: EditionNumber,
    before: u64,
    limit: u32,
    at: DateTime<Utc>,
) -> Result<u64, PostgresError> {
    let expired = expire_some(transaction, edition, limit).await?;
    let note = |number| format!("{number} deliveries");
    let what = ["program", "expire", &subjects::of_mailing(transaction, edition).await?];
    audit::write_parts(transaction, at, what, (before, expired), note).await?;
    Ok(expired)
}

async fn expire_some(transaction: &Transaction, edition: EditionNumber, limit: u32) -> Result<u64, PostgresError> {
    let (is_queued, to) = (DeliveryState::Queued.code(), states::change(Event::Expire).to);
    // A part by each index; whoever claims at this moment is waited for.
    let part = |waits: &str| {
        format!(
            "SELECT recipient FROM deliveries WHERE mailing = $1 AND {waits} ORDER BY recipient LIMIT $2 FOR UPDATE"
        )
    };
    let (queued, again) = (part(&format!("state = {is_queued}")), part("next_at IS NOT NULL"));
    let update = format!(
        "WITH queued AS ({queued}), again AS ({again}),
              part AS (SELECT recipient FROM queued UNION ALL SELECT recipient FROM again LIMIT $2)
         UPDATE deliveries AS d SET state = {to}, next_at = NULL FROM part
         WHERE d.mailing = $1 AND d.recipient = part.recipient"
    );
    transaction.run(&update, params![i64::from(edition.0), i64::from(limit)]).await
}

/// A part of what is queued waits until some moment of `between`.
pub(super) async fn postpone(
    transaction: &Transaction,
    edition: Option<EditionNumber>,
    between: &Range<DateTime<Utc>>,
    limit: u32,
) -> Result<u64, PostgresError> {
    let from = sql::millis(between.start);
    let width = (sql::millis(between.end) - from).max(1);
    let (first, last) = edition.map_or((i64::MIN, -1), |edition| (i64::from(edition.0), i64::from(edition.0)));
    let (to, queued) = (states::change(Event::Postpone).to, DeliveryState::Queued.code());
    let update = format!(
        "WITH part AS MATERIALIZED (
             SELECT mailing, recipient FROM deliveries WHERE mailing BETWEEN $1 AND $4 AND state = {queued}
             ORDER BY mailing, recipient LIMIT $5 FOR UPDATE SKIP LOCKED)
         UPDATE deliveries AS d SET state = {to}, next_at = $2 + floor(random() * $3)::bigint FROM part
         WHERE d.mailing = part.mailing AND d.recipient = part.recipient"
    );
    transaction.run(&update, params![first, from, width, last, i64::from(limit)]).await
}

/// Attempts since `from` that handed a mail over, or may have. They are kept by edition, and one that was finished by then has none
/// since.
pub(super) async fn handed_over_since(transaction: &Transaction, from: DateTime<Utc>) -> Result<u64, PostgresError> {
    let arrived = states::outcomes(OutcomeKind::ARRIVED);
    let query = format!(
        "SELECT count(*) FROM editions e JOIN attempts a ON a.mailing = e.number
         WHERE coalesce(e.finished_at, $1) >= $1 AND a.at >= $1 AND a.outcome IN {arrived}"
    );
    Ok(sql::count(transaction.number(&query, params![sql::millis(from)]).await?))
}

/// The edition becomes sent if nothing waits or is in hand; whether it is sent.
pub(in crate::store::postgres) async fn finish(
    transaction: &Transaction,
    edition: EditionNumber,
    at: DateTime<Utc>,
) -> Result<bool, PostgresError> {
    let Some(before) = edition_rows::one(transaction, edition).await? else { return Ok(false) };
    let Ok(after) = state::finish(&before, at) else { return Ok(before.state == EditionState::Sent) };
    // Each part is answered by its own index.
    let queued = DeliveryState::Queued.code();
    let open = format!(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE mailing = $1 AND state = {queued})
             OR EXISTS (SELECT 1 FROM deliveries WHERE mailing = $1 AND next_at IS NOT NULL)
             OR EXISTS (SELECT 1 FROM deliveries WHERE mailing = $1 AND claim IS NOT NULL)"
    );
    if transaction.is(&open, params![i64::from(edition.0)]).await? {
        return Ok(false);
    }
    edition_rows::write(transaction, Some(&before), Some(&after)).await?;
    let subject = subjects::of_mailing(transaction, edition).await?;
    audit::write(transaction, sql::millis(at), "program", "sent", &subject, "").await?;
    Ok(true)
}

/// How many mails were accepted, minute by minute.
pub(super) async fn accepted_by_minute(
    transaction: &Transaction,
    edition: EditionNumber,
    limit: u32,
) -> Result<Vec<(DateTime<Utc>, u64)>, PostgresError> {
    let query = format!(
        "SELECT at / 60000 * 60000 AS minute, count(*) FROM attempts WHERE mailing = $1 AND outcome IN {}
         GROUP BY minute ORDER BY minute LIMIT $2",
        states::outcomes(&[OutcomeKind::Accepted])
    );
    let read = |row: &tokio_postgres::Row| Ok((sql::instant(row.try_get(0)?)?, sql::count(row.try_get(1)?)));
    transaction.rows(&query, params![i64::from(edition.0), i64::from(limit)], read).await
}

/// Deliveries by state. How many there are, and how many are accepted, is kept; the few of most other states are counted,
/// each by an index.
pub(super) async fn tally(transaction: &Transaction, edition: EditionNumber) -> Result<Tally, PostgresError> {
    let tally = reckon(transaction, edition).await?;
    if cfg!(debug_assertions) {
        let counted = count(transaction, edition).await?;
        assert_eq!(tally, counted, "what is kept of edition {edition} is what is there");
    }
    Ok(tally)
}

async fn reckon(transaction: &Transaction, edition: EditionNumber) -> Result<Tally, PostgresError> {
    let (kept, in_hand, ended) = (KEPT, in_hand(), ended());
    let (kept, in_hand, ended) = tokio::try_join!(biased;
        numbers(transaction, kept, edition),
        by_state(transaction, &in_hand, edition),
        by_state(transaction, &ended, edition)
    )?;
    let (total, accepted) = kept.unwrap_or_default();
    let mut tally = Tally { total, accepted, ..Tally::default() };
    let mut waiting = total.saturating_sub(accepted);
    for (state, number) in in_hand.into_iter().chain(ended) {
        *tally.of(state) += number;
        waiting = waiting.saturating_sub(number);
    }
    (tally.queued, tally.deferred) = split(transaction, edition, waiting).await?;
    Ok(tally)
}

/// How many mails an edition has, and how many of them are accepted, as they are kept.
const KEPT: &str = "SELECT mails, (SELECT coalesce(sum(count), 0)::bigint FROM accepted_counts WHERE edition = number)
                    FROM editions WHERE number = $1";

async fn numbers(
    transaction: &Transaction,
    query: &str,
    edition: EditionNumber,
) -> Result<Option<(u64, u64)>, PostgresError> {
    let read = |row: &tokio_postgres::Row| Ok((sql::count(row.try_get(0)?), sql::count(row.try_get(1)?)));
    transaction.row(query, params![i64::from(edition.0)], read).await
}

/// How many of so many that wait are queued, and how many deferred. There may be a million of the one, hardly ever of both: so
/// both are counted, a little further each time, until all of the fewer are.
async fn split(transaction: &Transaction, edition: EditionNumber, waiting: u64) -> Result<(u64, u64), PostgresError> {
    if waiting == 0 {
        return Ok((0, 0));
    }
    let (mut most, query) = (1_000, at_most());
    loop {
        let read = |row: &tokio_postgres::Row| Ok((row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?));
        let counted = transaction.row(&query, params![i64::from(edition.0), most], read).await?;
        let (queued, deferred) = counted.unwrap_or_default();
        if queued < most {
            return Ok((sql::count(queued), waiting.saturating_sub(sql::count(queued))));
        }
        if deferred < most {
            return Ok((waiting.saturating_sub(sql::count(deferred)), sql::count(deferred)));
        }
        most *= 100;
    }
}

/// What [`tally`] says, from every delivery.
async fn count(transaction: &Transaction, edition: EditionNumber) -> Result<Tally, PostgresError> {
    let query = "SELECT state, count(*) FROM deliveries WHERE mailing = $1 GROUP BY state";
    let mut tally = Tally::default();
    for (state, number) in by_state(transaction, query, edition).await? {
        *tally.of(state) += number;
        tally.total += number;
    }
    Ok(tally)
}

async fn by_state(
    transaction: &Transaction,
    query: &str,
    edition: EditionNumber,
) -> Result<Vec<(DeliveryState, u64)>, PostgresError> {
    let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, sql::count(row.try_get(1)?)));
    transaction.rows(query, params![i64::from(edition.0)], read).await
}

/// An edition's deliveries that some node has in hand, as if all were claimed.
fn in_hand() -> String {
    let claimed = DeliveryState::Claimed.code();
    format!("SELECT {claimed}::smallint, count(*) FROM deliveries WHERE mailing = $1 AND claim IS NOT NULL")
}

/// Those that ended without being accepted, by state.
fn ended() -> String {
    let ended = states::ended();
    format!("SELECT state, count(*) FROM deliveries WHERE mailing = $1 AND {ended} GROUP BY state")
}

/// How many are queued, and how many deferred, counted no further than $2.
fn at_most() -> String {
    let [queued, deferred] = [DeliveryState::Queued, DeliveryState::Deferred].map(DeliveryState::code);
    let counted = [format!("state = {queued}"), format!("next_at IS NOT NULL AND state = {deferred}")].map(|those| {
        format!("(SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE mailing = $1 AND {those} LIMIT $2) AS w)")
    });
    format!("SELECT {}", counted.join(", "))
}

/// When the next delivery that waits may be tried.
pub(super) async fn next_retry(
    transaction: &Transaction,
    edition: EditionNumber,
) -> Result<Option<DateTime<Utc>>, PostgresError> {
    let query = "SELECT min(next_at) FROM deliveries WHERE mailing = $1 AND next_at IS NOT NULL";
    let found = transaction.row(query, params![i64::from(edition.0)], |row| Ok(row.try_get(0)?)).await?;
    sql::maybe_instant(found.flatten())
}
