//! Subscribers with their mailboxes, and counts of them.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::bands::BandBook;
use super::people;
use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{
    MailboxRecord, RecipientId, SubscriberCounts, SubscriberId, SubscriberRecord, SubscriptionRecord,
};
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;
use crate::store::{Addressee, SegmentNumber};

/// Every subscriber, oldest first, with the mailboxes that belong to it.
pub(in crate::store::sqlite) fn subscribers(conn: &Connection) -> Result<Vec<SubscriberRecord>, SqliteError> {
    let query = "SELECT s.id, n.name, s.sector, s.locale, s.urn
                 FROM subscribers s JOIN names n ON n.id = s.name_id ORDER BY s.id";
    let mut records = sql::rows(conn, query, [], |row| {
        let id = SubscriberId(sql::count(row.get(0)?));
        Ok(SubscriberRecord { id, profile: people::profile(row, 1)?, mailboxes: Vec::new() })
    })?;
    let place: HashMap<u64, usize> = records.iter().enumerate().map(|(i, r)| (r.id.0, i)).collect();
    for (owner, mailbox) in mailboxes(conn)? {
        if let Some(&at) = place.get(&owner) {
            records[at].mailboxes.push(mailbox);
        }
    }
    Ok(records)
}

/// Everybody whom a published edition is for. Forgotten ones are left out.
pub(in crate::store::sqlite) fn addressees(
    conn: &Connection,
    edition: EditionNumber,
) -> Result<Vec<Addressee>, SqliteError> {
    let query = "SELECT d.segment, n.name, r.address FROM deliveries d
                 JOIN recipients r ON r.id = d.recipient JOIN names n ON n.id = d.name_id
                 WHERE d.mailing = ?1 AND r.address IS NOT NULL ORDER BY d.recipient";
    sql::rows(conn, query, [edition.0], |row| {
        let address: String = row.get(2)?;
        Ok(Addressee { segment: SegmentNumber(row.get(0)?), subscriber: row.get(1)?, address: sql::parse(&address)? })
    })
}

/// Every mailbox with its owner, oldest first. Forgotten ones are left out.
fn mailboxes(conn: &Connection) -> Result<Vec<(u64, MailboxRecord)>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let mut subscriptions = subscriptions(conn, &bands)?;
    let query = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
                 FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE r.address IS NOT NULL ORDER BY r.id";
    sql::rows(conn, query, [], |row| {
        let id = sql::count(row.get(1)?);
        let reason: Option<String> = row.get(6)?;
        let record = MailboxRecord {
            recipient: RecipientId(id),
            address: people::word(row, 2)?,
            bands: bands.set(row.get(3)?),
            chosen: row.get(4)?,
            state: people::word(row, 5)?,
            suppressed: reason.map(|text| sql::parse(&text)).transpose()?,
            subscriptions: subscriptions.remove(&id).unwrap_or_default(),
        };
        Ok((sql::count(row.get(0)?), record))
    })
}

fn subscriptions(conn: &Connection, bands: &BandBook) -> Result<HashMap<u64, Vec<SubscriptionRecord>>, SqliteError> {
    let query = "SELECT recipient, subscriber, origin, bands, since, ended
                 FROM subscriptions ORDER BY recipient, since, subscriber, origin";
    let found = sql::rows(conn, query, [], |row| {
        let record = SubscriptionRecord {
            subscriber: SubscriberId(sql::count(row.get(1)?)),
            origin: people::word(row, 2)?,
            bands: bands.set(row.get(3)?),
            since: sql::instant(row.get(4)?)?,
            ended: sql::maybe_instant(row.get(5)?)?,
        };
        Ok((sql::count(row.get(0)?), record))
    })?;
    let mut grouped: HashMap<u64, Vec<SubscriptionRecord>> = HashMap::new();
    for (recipient, record) in found {
        grouped.entry(recipient).or_default().push(record);
    }
    Ok(grouped)
}

/// Subscribers by their best mailbox.
pub(in crate::store::sqlite) fn counts(conn: &Connection) -> Result<SubscriberCounts, SqliteError> {
    let query = "SELECT best, count(*) FROM (
                     SELECT max(CASE r.state WHEN 'active' THEN 2 WHEN 'pending' THEN 1 ELSE 0 END) AS best
                     FROM subscribers s LEFT JOIN recipients r ON r.owner = s.id GROUP BY s.id
                 ) GROUP BY best";
    let mut counts = SubscriberCounts::default();
    for (best, number) in sql::rows(conn, query, [], |row| Ok((row.get::<_, i64>(0)?, sql::count(row.get(1)?))))? {
        match best {
            2 => counts.active = number,
            1 => counts.pending = number,
            _ => counts.ended = number,
        }
    }
    Ok(counts)
}

/// Suppressed addresses.
pub(in crate::store::sqlite) fn suppressions(conn: &Connection) -> Result<u64, SqliteError> {
    Ok(sql::count(sql::number(conn, "SELECT count(*) FROM suppressions", [])?))
}

/// Active mailboxes per band.
pub(in crate::store::sqlite) fn readers(conn: &Connection) -> Result<BTreeMap<BandName, u64>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let query = "SELECT r.bands, count(*) FROM recipients r WHERE r.state = 'active'
                 AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac) GROUP BY r.bands";
    let groups = sql::rows(conn, query, [], |row| Ok((row.get::<_, i64>(0)?, sql::count(row.get(1)?))))?;
    let mut readers = BTreeMap::new();
    for (mask, number) in groups {
        for band in bands.set(mask) {
            *readers.entry(band).or_default() += number;
        }
    }
    Ok(readers)
}
