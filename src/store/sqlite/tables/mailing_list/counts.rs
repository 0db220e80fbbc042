//! What is counted of the mailing list, kept up to date by the transaction that changes it: see [`Counting`].

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{MailboxState, RecipientId, SubscriberCounts, SubscriberId};
use crate::domain::subscription::mailing_list::MailingList;
use crate::store::shared::counting::{Counting, SUPPRESSED, by_band};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::sqlite::tables::columns::BandBook;

/// Counts what was changed of the list; all of it is written.
pub(super) fn count(conn: &Connection, list: &MailingList, bands: &BandBook) -> Result<(), SqliteError> {
    let mut counting = Counting::of(list, bands);
    for owner in counting.movers() {
        for mask in others(conn, &counting, owner)? {
            counting.move_others(owner, mask, 1);
        }
    }
    for (owner, states) in counting.asked() {
        let other = first_of_others(conn, &counting, owner, &states)?;
        counting.add_subscriber(owner, other);
    }
    write(conn, &counting)
}

/// The bands of a subscriber's mailboxes that get digests and are not counted yet.
fn others(conn: &Connection, counting: &Counting<'_>, owner: SubscriberId) -> Result<Vec<i64>, SqliteError> {
    let query = "SELECT id, bands FROM recipients r WHERE owner = ?1 AND state = ?2
                 AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)";
    let all = sql::rows(conn, query, (sql::column(owner.0)?, MailboxState::Active), |row| {
        Ok((RecipientId(sql::count(row.get(0)?)), row.get(1)?))
    })?;
    Ok(all.into_iter().filter(|(id, _)| !counting.is_counted(*id)).map(|(_, mask)| mask).collect())
}

/// The first of these states in which a subscriber has a mailbox that is not counted yet.
fn first_of_others(
    conn: &Connection,
    counting: &Counting<'_>,
    owner: SubscriberId,
    states: &[MailboxState],
) -> Result<Option<MailboxState>, SqliteError> {
    let query = "SELECT id FROM recipients WHERE owner = ?1 AND state = ?2";
    let mut statement = conn.prepare_cached(query)?;
    for state in states {
        let mut rows = statement.query((sql::column(owner.0)?, state))?;
        while let Some(row) = rows.next()? {
            if !counting.is_counted(RecipientId(sql::count(row.get(0)?))) {
                return Ok(Some(*state));
            }
        }
    }
    Ok(None)
}

fn write(conn: &Connection, counting: &Counting<'_>) -> Result<(), SqliteError> {
    let add = "INSERT INTO reader_counts (bands, sector, locale, mailboxes) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET mailboxes = mailboxes + excluded.mailboxes";
    for ((mask, sector, locale), number) in counting.readers() {
        sql::run(conn, add, (mask, sector, locale, number))?;
    }
    let add = "INSERT INTO list_counts (what, count) VALUES (?1, ?2)
               ON CONFLICT DO UPDATE SET count = count + excluded.count";
    counting.counts().try_for_each(|one| sql::run(conn, add, one).map(drop))
}

/// Mailboxes that get digests, by segment, counting only bands in `served`.
pub(in crate::store::sqlite) fn audience(conn: &Connection, served: &BandSet) -> Result<Vec<Segment>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT bands & ?1 AS mask, sector, locale, sum(mailboxes) AS number FROM reader_counts
                 WHERE bands & ?1 <> 0 GROUP BY mask, sector, locale HAVING number > 0";
    let mut segments = sql::rows(conn, query, [bands.seen(served)], |row| {
        let key = SegmentKey { bands: bands.set(row.get(0)?), sector: row.get(1)?, locale: row.get(2)? };
        Ok(Segment { key, recipients: sql::count(row.get(3)?) })
    })?;
    segments.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(segments)
}

/// Mailboxes that get digests, by band.
pub(in crate::store::sqlite) fn readers(conn: &Connection) -> Result<BTreeMap<BandName, u64>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT bands, sum(mailboxes) AS number FROM reader_counts GROUP BY bands HAVING number > 0";
    let groups = sql::rows(conn, query, [], |row| Ok((bands.set(row.get(0)?), sql::count(row.get(1)?))))?;
    Ok(by_band(groups))
}

/// Subscribers by their best mailbox.
pub(in crate::store::sqlite) fn subscribers(conn: &Connection) -> Result<SubscriberCounts, SqliteError> {
    let number = |state: MailboxState| one(conn, state.as_str());
    Ok(SubscriberCounts {
        active: number(MailboxState::Active)?,
        pending: number(MailboxState::Pending)?,
        ended: number(MailboxState::Ended)?,
    })
}

/// Addresses that get no mail.
pub(in crate::store::sqlite) fn suppressions(conn: &Connection) -> Result<u64, SqliteError> {
    one(conn, SUPPRESSED)
}

fn one(conn: &Connection, what: &str) -> Result<u64, SqliteError> {
    let count = sql::row(conn, "SELECT count FROM list_counts WHERE what = ?1", [what], |row| Ok(row.get(0)?))?;
    Ok(count.map_or(0, sql::count))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::change;
    use super::*;
    use crate::domain::subscriber::SuppressionReason;
    use crate::domain::subscription::suppression::AddressHasher;
    use crate::domain::subscription::unsubscribe::leave;
    use crate::store::Scope;
    use crate::store::sqlite::engine::connect;

    /// What SQLite does, in its own steps, when one of so many mailboxes of a subscriber leaves.
    fn steps_of_leaving(mailboxes: u64) -> u64 {
        let conn = connect::memory().unwrap();
        let fill = format!(
            "INSERT INTO names (id, name) VALUES (1, 'Hill');
             INSERT INTO subscribers (id, name_id, sector, locale, origin, created_at) VALUES (1, 1, 0, 0, 1, 1);
             CREATE TEMP TABLE n AS
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {mailboxes}) SELECT i FROM n;
             INSERT INTO recipients (id, address, mac, owner, bands, state, created_at)
                 SELECT i, 's' || i || '@x.example', randomblob(16), 1, 1, 1, 1 FROM n;
             INSERT INTO subscriptions (recipient, subscriber, origin, bands, since) SELECT i, 1, 1, 1, 1 FROM n;"
        );
        conn.execute_batch(&fill).unwrap();
        let (hasher, last) = (AddressHasher::new(&[7; 32]), RecipientId(mailboxes));
        let decide = |list: &mut MailingList| {
            leave(list, last, SuppressionReason::Unsubscribed, "test");
        };
        let (scope, at) = (Scope::Mailbox(last), DateTime::UNIX_EPOCH);
        sql::steps(conn, |conn| change(conn, (&hasher, at), &scope, None, decide).unwrap()).1
    }

    #[test]
    fn one_of_many_mailboxes_is_counted_without_the_others() {
        let (few, many) = (steps_of_leaving(3), steps_of_leaving(3_000));
        assert!(few > 100 && many < few + 100, "{few} steps with few, {many} with many");
    }
}
