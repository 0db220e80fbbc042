//! Where an edition's deliveries stand, and when it is finished.

use std::ops::Range;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::super::{audit, edition_rows, subjects};
use crate::domain::delivery::{DailyCap, DeliveryState, Event, OutcomeKind, Tally};
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
    audit::write_parts(
        conn,
        at,
        ["program", "expire", &subjects::of_mailing(conn, edition)?],
        (before, expired),
        note,
    )?;
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

/// How many mails were accepted, minute by minute.
pub(super) fn accepted_by_minute(
    conn: &Connection,
    edition: EditionNumber,
    limit: u32,
) -> Result<Vec<(DateTime<Utc>, u64)>, SqliteError> {
    let query = format!(
        "SELECT at / 60000 * 60000 AS minute, count(*) FROM attempts WHERE mailing = ?1 AND outcome IN {}
         GROUP BY minute ORDER BY minute LIMIT ?2",
        states::outcomes(&[OutcomeKind::Accepted])
    );
    sql::rows(conn, &query, (edition.0, limit), |row| Ok((sql::instant(row.get(0)?)?, sql::count(row.get(1)?))))
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

/// What a day's cap leaves.
pub(super) fn left_today(conn: &Connection, cap: DailyCap) -> Result<u32, SqliteError> {
    let in_hand = sql::number(conn, "SELECT count(*) FROM deliveries WHERE claim IS NOT NULL AND mailing > 0", [])?;
    Ok(cap.left(handed_over_since(conn, cap.since)?, sql::count(in_hand)))
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
    audit::write(conn, sql::millis(at), "program", "sent", &subjects::of_mailing(conn, edition)?, "")?;
    Ok(true)
}

/// Deliveries by state. How many there are, and how many are accepted, is kept; the few of most other states are counted,
/// each by an index.
pub(super) fn tally(conn: &Connection, edition: EditionNumber) -> Result<Tally, SqliteError> {
    let tally = reckon(conn, edition)?;
    debug_assert_eq!(tally, count(conn, edition)?, "what is kept of edition {edition} is what is there");
    Ok(tally)
}

fn reckon(conn: &Connection, edition: EditionNumber) -> Result<Tally, SqliteError> {
    let kept = "SELECT mails, accepted FROM editions WHERE number = ?1";
    let kept = sql::row(conn, kept, [edition.0], |row| Ok((sql::count(row.get(0)?), sql::count(row.get(1)?))))?;
    let (total, accepted) = kept.unwrap_or_default();
    let mut tally = Tally { total, accepted, ..Tally::default() };
    let mut waiting = total.saturating_sub(accepted);
    for query in [in_hand(), ended()] {
        for (state, number) in by_state(conn, &query, edition)? {
            *tally.of(state) += number;
            waiting = waiting.saturating_sub(number);
        }
    }
    (tally.queued, tally.deferred) = split(conn, edition, waiting)?;
    Ok(tally)
}

/// How many of so many that wait are queued, and how many deferred. Mostly there are many of the one and few of the other: so
/// both are counted, a little further each time, until all of the fewer are.
fn split(conn: &Connection, edition: EditionNumber, waiting: u64) -> Result<(u64, u64), SqliteError> {
    let mut most = 100;
    loop {
        let [queued, deferred] = at_most().map(|query| sql::number(conn, &query, (edition.0, most)));
        let (queued, deferred) = (queued?, deferred?);
        if queued < most {
            return Ok((sql::count(queued), waiting.saturating_sub(sql::count(queued))));
        }
        if deferred < most {
            return Ok((waiting.saturating_sub(sql::count(deferred)), sql::count(deferred)));
        }
        most *= 10;
    }
}

/// What [`tally`] says, from every delivery.
fn count(conn: &Connection, edition: EditionNumber) -> Result<Tally, SqliteError> {
    let query = "SELECT state, count(*) FROM deliveries WHERE mailing = ?1 GROUP BY state";
    let mut tally = Tally::default();
    for (state, number) in by_state(conn, query, edition)? {
        *tally.of(state) += number;
        tally.total += number;
    }
    Ok(tally)
}

fn by_state(conn: &Connection, query: &str, edition: EditionNumber) -> Result<Vec<(DeliveryState, u64)>, SqliteError> {
    sql::rows(conn, query, [edition.0], |row| Ok((row.get(0)?, sql::count(row.get(1)?))))
}

/// An edition's deliveries that some process has in hand, as if all were claimed.
fn in_hand() -> String {
    let claimed = DeliveryState::Claimed.code();
    format!(
        "SELECT {claimed}, count(*) FROM deliveries INDEXED BY deliveries_in_hand
         WHERE mailing = ?1 AND claim IS NOT NULL"
    )
}

/// Those that ended without being accepted, by state.
fn ended() -> String {
    format!(
        "SELECT state, count(*) FROM deliveries INDEXED BY deliveries_ended WHERE mailing = ?1 AND {} GROUP BY state",
        states::ended()
    )
}

/// How many are queued, and how many deferred, counted no further than ?2.
fn at_most() -> [String; 2] {
    let [queued, deferred] = [DeliveryState::Queued, DeliveryState::Deferred].map(DeliveryState::code);
    [
        format!("deliveries_queued WHERE mailing = ?1 AND state = {queued}"),
        format!("deliveries_retry WHERE mailing = ?1 AND next_at IS NOT NULL AND state = {deferred}"),
    ]
    .map(|those| format!("SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY {those} LIMIT ?2)"))
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
        let [queued, deferred] = at_most();
        for query in [in_hand(), ended(), queued, deferred] {
            let steps = sql::plan(&conn, &query);
            let read = steps.iter().find(|step| step.contains("deliveries")).unwrap();
            assert!(read.contains("COVERING INDEX"), "{query}: {steps:?}");
        }
    }

    /// What SQLite does, in its own steps, to say where an edition stands of which so many are queued and so many deferred.
    fn steps_of_a_tally(queued: u64, deferred: u64) -> u64 {
        let conn = connect::memory().unwrap();
        let fill = format!(
            "INSERT INTO editions (number, state, date, due_at, theme, theme_reason, mails)
                 VALUES (7, 'sending', '2026-01-01', 1, '', '', {queued} + {deferred});
             INSERT INTO deliveries (mailing, recipient, segment, name_id, state, next_at)
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {queued} + {deferred})
                 SELECT 7, i, 1, 1, iif(i > {queued}, 4, 0), iif(i > {queued}, i, NULL) FROM n;"
        );
        conn.execute_batch(&fill).unwrap();
        let (tally, steps) = sql::steps(conn, |conn| reckon(conn, EditionNumber(7)).unwrap());
        assert_eq!((tally.queued, tally.deferred), (queued, deferred));
        steps
    }

    #[test]
    fn of_many_that_wait_few_are_counted() {
        let few = steps_of_a_tally(3, 3);
        for (queued, deferred) in [(9_000, 30), (30, 9_000)] {
            let many = steps_of_a_tally(queued, deferred);
            assert!(few > 50 && many < few + 2_000, "{few} steps with few, {many} with {queued} and {deferred}");
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
