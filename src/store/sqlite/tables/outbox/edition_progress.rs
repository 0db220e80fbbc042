//! Where an edition's deliveries stand, and when it is finished.

use std::ops::Range;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::super::{audit, edition_rows};
use crate::domain::delivery::{DeliveryState, Event, OutcomeKind, Tally};
use crate::domain::edition::{EditionNumber, EditionState, state};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::{sql, states};

/// Gives up a part of what waits, and says so in one line for all parts.
pub(super) fn expire(
    conn: &Connection,
    edition: EditionNumber,
    before: u64,
    limit: u32,
    at: DateTime<Utc>,
) -> Result<u64, SqliteError> {
    let expired = expire_some(conn, edition, "", limit)?;
    let note = |number| format!("{number} deliveries");
    audit::write_parts(conn, at, ["program", "expire", &format!("edition {edition}")], (before, expired), note)?;
    Ok(expired)
}

/// Gives up at most `limit` of what waits and is `meant`. What may have been accepted once ends uncertain instead.
pub(in crate::store::sqlite) fn expire_some(
    conn: &Connection,
    edition: EditionNumber,
    meant: &str,
    limit: u32,
) -> Result<u64, SqliteError> {
    let (is_queued, to) = (DeliveryState::Queued.code(), states::change(Event::Expire).to);
    let mut left = u64::from(limit);
    for (index, waits) in
        [("deliveries_queued", format!("state = {is_queued}")), ("deliveries_retry", "next_at IS NOT NULL".to_owned())]
    {
        let update = format!(
            "UPDATE deliveries SET state = {to}, next_at = NULL WHERE mailing = ?1 AND recipient IN (
                 SELECT recipient FROM deliveries INDEXED BY {index} WHERE mailing = ?1 AND {waits} {meant} LIMIT ?2)"
        );
        left -= sql::run(conn, &update, (edition.0, sql::column(left)?))?;
    }
    Ok(u64::from(limit) - left)
}

/// A part of what is queued waits until some moment of `between`.
pub(super) fn postpone(
    conn: &Connection,
    edition: Option<EditionNumber>,
    between: &Range<DateTime<Utc>>,
    limit: u32,
) -> Result<u64, SqliteError> {
    let from = sql::millis(between.start);
    let width = (sql::millis(between.end) - from).max(1);
    let (first, last) = edition.map_or((i64::MIN, -1), |edition| (i64::from(edition.0), i64::from(edition.0)));
    let (to, queued) = (states::change(Event::Postpone).to, DeliveryState::Queued.code());
    let update = format!(
        "UPDATE deliveries SET state = {to}, next_at = ?2 + abs(random() % ?3) WHERE (mailing, recipient) IN (
             SELECT mailing, recipient FROM deliveries INDEXED BY deliveries_queued
             WHERE mailing BETWEEN ?1 AND ?4 AND state = {queued} LIMIT ?5)"
    );
    sql::run(conn, &update, (first, from, width, last, limit))
}

/// Attempts since `from` that handed a mail over, or may have.
pub(super) fn handed_over_since(conn: &Connection, from: DateTime<Utc>) -> Result<u64, SqliteError> {
    // Attempts are kept by edition, and one that was finished by then has none since.
    let arrived = states::outcomes(OutcomeKind::ARRIVED);
    let query = format!(
        "SELECT count(*) FROM editions e CROSS JOIN attempts a ON a.mailing = e.number
         WHERE coalesce(e.finished_at, ?1) >= ?1 AND a.at >= ?1 AND a.outcome IN {arrived}"
    );
    Ok(sql::count(sql::number(conn, &query, [sql::millis(from)])?))
}

/// The edition becomes sent if nothing waits or is in hand; whether it is sent.
pub(in crate::store::sqlite) fn finish(
    conn: &Connection,
    edition: EditionNumber,
    at: DateTime<Utc>,
) -> Result<bool, SqliteError> {
    let Some(before) = edition_rows::one(conn, edition)? else { return Ok(false) };
    let Ok(after) = state::finish(&before, at) else { return Ok(before.state == EditionState::Sent) };
    // Each part is answered by its own index.
    let queued = DeliveryState::Queued.code();
    let open = format!(
        "SELECT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_queued WHERE mailing = ?1 AND state = {queued})
             OR EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_retry
                        WHERE mailing = ?1 AND next_at IS NOT NULL)
             OR EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_in_hand
                        WHERE claim IS NOT NULL AND mailing = ?1)"
    );
    if sql::number(conn, &open, [edition.0])? != 0 {
        return Ok(false);
    }
    edition_rows::write(conn, Some(&before), Some(&after))?;
    audit::write(conn, sql::millis(at), "program", "sent", &format!("edition {edition}"), "")?;
    Ok(true)
}

/// Deliveries by state. How many there are is known; those that are not accepted are counted, each by an index, so that
/// nothing reads all of an edition that is done.
pub(super) fn tally(conn: &Connection, edition: EditionNumber) -> Result<Tally, SqliteError> {
    let total = "SELECT mails FROM editions WHERE number = ?1";
    let total = sql::row(conn, total, [edition.0], |row| Ok(sql::count(row.get(0)?)))?.unwrap_or(0);
    let mut tally = Tally { total, accepted: total, ..Tally::default() };
    for query in not_accepted() {
        for (state, number) in sql::rows(conn, &query, [edition.0], |row| Ok((row.get(0)?, sql::count(row.get(1)?))))? {
            let place = match state {
                DeliveryState::Queued => &mut tally.queued,
                DeliveryState::Claimed | DeliveryState::InFlight => &mut tally.sending,
                DeliveryState::Accepted => continue,
                DeliveryState::Deferred => &mut tally.deferred,
                DeliveryState::Uncertain => &mut tally.uncertain,
                DeliveryState::Failed => &mut tally.failed,
                DeliveryState::Expired => &mut tally.expired,
                DeliveryState::Suppressed => &mut tally.suppressed,
            };
            *place += number;
            tally.accepted = tally.accepted.saturating_sub(number);
        }
    }
    Ok(tally)
}

/// State and number of an edition's deliveries that are not accepted; each query is answered by its index alone.
fn not_accepted() -> [String; 4] {
    let [queued, claimed, deferred] =
        [DeliveryState::Queued, DeliveryState::Claimed, DeliveryState::Deferred].map(DeliveryState::code);
    let count = |state: &str, rows: &str| {
        format!("SELECT {state}, count(*) AS number FROM deliveries INDEXED BY {rows} HAVING number > 0")
    };
    [
        count(&queued.to_string(), &format!("deliveries_queued WHERE mailing = ?1 AND state = {queued}")),
        count(&claimed.to_string(), "deliveries_in_hand WHERE mailing = ?1 AND claim IS NOT NULL"),
        count(
            &deferred.to_string(),
            &format!("deliveries_retry WHERE mailing = ?1 AND next_at IS NOT NULL AND state = {deferred}"),
        ),
        format!(
            "SELECT state, count(*) AS number FROM deliveries INDEXED BY deliveries_ended
             WHERE mailing = ?1 AND {} GROUP BY state",
            states::ended()
        ),
    ]
}

/// When the next delivery that waits may be tried.
pub(super) fn next_retry(conn: &Connection, edition: EditionNumber) -> Result<Option<DateTime<Utc>>, SqliteError> {
    let query = "SELECT min(next_at) FROM deliveries WHERE mailing = ?1 AND next_at IS NOT NULL";
    sql::maybe_instant(sql::row(conn, query, [edition.0], |row| Ok(row.get(0)?))?.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    #[test]
    fn a_tally_reads_indexes_alone() {
        let conn = connect::memory().unwrap();
        for query in not_accepted() {
            let steps = sql::plan(&conn, &query);
            let read = steps.iter().find(|step| step.contains("deliveries")).unwrap();
            assert!(read.contains("COVERING INDEX"), "{query}: {steps:?}");
        }
    }

    /// An index whose condition is a list would make a table of it at each change of a state: 7 µs a mail.
    #[test]
    fn a_state_changes_without_a_table_made_for_it() {
        let conn = connect::memory().unwrap();
        let makes_a_table = || {
            let change = "EXPLAIN UPDATE deliveries SET state = ?3, claim = NULL WHERE mailing = ?1 AND recipient = ?2";
            let mut statement = conn.prepare(change).unwrap();
            let steps = statement.query_map((7, 1, 3), |row| row.get::<_, String>(1)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            steps.iter().any(|step| step == "OpenEphemeral")
        };
        assert!(!makes_a_table());
        conn.execute_batch("CREATE INDEX list ON deliveries (mailing) WHERE state IN (5, 6, 7, 8)").unwrap();
        assert!(makes_a_table());
    }
}
