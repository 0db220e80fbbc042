//! Lists of subscribers, of the readers of an edition and of suppressions: a page at a time, in the order of an index.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, Row};

use super::columns;
use super::columns::{BandBook, domain_of};
use super::mailing_list::counts;
use crate::domain::address::{Address, is_in_one_of};
use crate::domain::band::BandSet;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{
    Locale, MailboxRecord, MailboxState, Origin, RecipientId, Sector, SubscriberId, SubscriberRecord, Subscription,
};
use crate::domain::subscription::suppression::{ListedSuppression, Suppression};
use crate::store::Reader;
use crate::store::shared::mailboxes;
use crate::store::sqlite::engine::error::SqliteError;
use crate::store::sqlite::engine::sql;

const SUBSCRIBERS: &str = "SELECT s.id, n.name, s.sector, s.locale, s.urn FROM subscribers s
                           CROSS JOIN names n ON n.id = s.name_id WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";

const MAILBOXES_OF: &str = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
     FROM recipients r INDEXED BY recipients_owner LEFT JOIN suppressions x ON x.mac = r.mac
     WHERE r.owner > ?1 AND r.owner <= ?2 AND r.address IS NOT NULL ORDER BY r.owner, r.id LIMIT ?3";

const SUBSCRIPTIONS_OF: &str = "SELECT s.recipient, s.subscriber, s.origin, s.bands, s.since, s.ended, s.ended_by
     FROM recipients r INDEXED BY recipients_owner CROSS JOIN subscriptions s ON s.recipient = r.id
     WHERE r.owner > ?1 AND r.owner <= ?2 AND r.address IS NOT NULL ORDER BY r.owner, r.id";

/// Organisations with their known mailboxes, oldest first, after this one.
pub(super) fn subscribers(
    conn: &Connection,
    after: Option<SubscriberId>,
    limit: u32,
) -> Result<Vec<SubscriberRecord>, SqliteError> {
    let after = sql::column(after.map_or(0, |after| after.0))?;
    let mut records = sql::rows(conn, SUBSCRIBERS, (after, limit), organisation)?;
    let bands = BandBook::open(conn)?;
    let most = mailboxes::most(limit);
    let mut found = mailboxes_of(conn, &bands, after, &records, most + 1)?;
    if found.len() > most && !mailboxes::end_before_the_last(&mut records, &mut found) {
        found = mailboxes_of(conn, &bands, after, &records, usize::MAX)?;
    }
    let subscriptions = subscriptions(conn, &bands, after, &records)?;
    mailboxes::fill(&mut records, found, subscriptions);
    Ok(records)
}

/// The range of numbers that these organisations are in.
fn range(after: i64, records: &[SubscriberRecord]) -> Result<(i64, i64), SqliteError> {
    Ok((after, records.last().map_or(Ok(after), |last| sql::column(last.id.0))?))
}

/// Known mailboxes with their owners, by owner, without their subscriptions.
fn mailboxes_of(
    conn: &Connection,
    bands: &BandBook,
    after: i64,
    records: &[SubscriberRecord],
    limit: usize,
) -> Result<Vec<(SubscriberId, MailboxRecord)>, SqliteError> {
    let (first, last) = range(after, records)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sql::rows(conn, MAILBOXES_OF, (first, last, limit), |row| owned(bands, row))
}

/// A mailbox in seven columns, beginning with its owner, without its subscriptions.
pub(super) fn owned(bands: &BandBook, row: &Row<'_>) -> Result<(SubscriberId, MailboxRecord), SqliteError> {
    let mailbox = MailboxRecord {
        recipient: RecipientId(sql::count(row.get(1)?)),
        address: sql::word(row, 2)?,
        bands: bands.set(row.get(3)?),
        chosen: row.get(4)?,
        state: row.get(5)?,
        suppressed: sql::maybe_word(row, 6)?,
        subscriptions: Vec::new(),
    };
    Ok((SubscriberId(sql::count(row.get(0)?)), mailbox))
}

/// An organisation in five columns, without its mailboxes.
pub(super) fn organisation(row: &Row<'_>) -> Result<SubscriberRecord, SqliteError> {
    let id = SubscriberId(sql::count(row.get(0)?));
    Ok(SubscriberRecord { id, profile: columns::profile(row, 1)?, mailboxes: Vec::new() })
}

/// The subscriptions of known mailboxes.
fn subscriptions(
    conn: &Connection,
    bands: &BandBook,
    after: i64,
    records: &[SubscriberRecord],
) -> Result<HashMap<RecipientId, Vec<Subscription>>, SqliteError> {
    let mut found: HashMap<RecipientId, Vec<Subscription>> = HashMap::new();
    let all = sql::rows(conn, SUBSCRIPTIONS_OF, range(after, records)?, |row| {
        Ok((RecipientId(sql::count(row.get(0)?)), columns::subscription(bands, row, 1)?))
    })?;
    for (recipient, one) in all {
        found.entry(recipient).or_default().push(one);
    }
    Ok(found)
}

/// The statement about those who would get an edition whose bands are `?1`, by subscriber; `?2` is the state of being active.
macro_rules! readers {
    ($columns:literal, $condition:literal, $limit:literal) => {
        concat!(
            "SELECT r.bands & ?1, o.sector, o.locale, ",
            $columns,
            " FROM recipients r INDEXED BY recipients_owner CROSS JOIN subscribers o ON o.id = r.owner
              CROSS JOIN names n ON n.id = o.name_id
              WHERE r.state = ?2 AND r.bands & ?1 <> 0
                AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)",
            $condition,
            " ORDER BY r.owner, r.id",
            $limit
        )
    };
}

/// Of each segment, the name of the subscriber whose mailbox comes first. It stops reading when it has them all.
pub(super) fn first_readers(conn: &Connection, served: &BandSet) -> Result<BTreeMap<SegmentKey, String>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let segments = counts::audience(conn, served)?.len();
    let mut first = BTreeMap::new();
    let mut seen: HashSet<(i64, Sector, Locale)> = HashSet::new();
    let mut statement = conn.prepare_cached(readers!("n.name", "", ""))?;
    let mut rows = statement.query((bands.seen(served), MailboxState::Active))?;
    while first.len() < segments
        && let Some(row) = rows.next()?
    {
        let (mask, sector, locale) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if seen.insert((mask, sector, locale)) {
            first.insert(SegmentKey { bands: bands.set(mask), sector, locale }, row.get(3)?);
        }
    }
    Ok(first)
}

const READERS: &str = readers!("n.name, r.address, r.owner, r.id", " AND (r.owner, r.id) > (?3, ?4)", " LIMIT ?5");

/// Mailboxes that would get an edition, by subscriber, after this one.
pub(super) fn readers(
    conn: &Connection,
    served: &BandSet,
    after: Option<&Reader>,
    limit: u32,
) -> Result<Vec<Reader>, SqliteError> {
    let bands = BandBook::open(conn)?;
    let after = place(after)?;
    let values = (bands.seen(served), MailboxState::Active, after.0, after.1, limit);
    sql::rows(conn, READERS, values, |row| reader(&bands, row))
}

/// Where a page begins that comes after this reader: the owner's and the mailbox's number.
pub(super) fn place(after: Option<&Reader>) -> Result<(i64, i64), SqliteError> {
    let (owner, recipient) = after.map_or((0, 0), |after| (after.subscriber.0, after.recipient.0));
    Ok((sql::column(owner)?, sql::column(recipient)?))
}

/// A reader in seven columns: bands, sector, locale, name, address, owner and number.
pub(super) fn reader(bands: &BandBook, row: &Row<'_>) -> Result<Reader, SqliteError> {
    Ok(Reader {
        segment: SegmentKey { bands: bands.set(row.get(0)?), sector: row.get(1)?, locale: row.get(2)? },
        name: row.get(3)?,
        address: sql::word(row, 4)?,
        subscriber: SubscriberId(sql::count(row.get(5)?)),
        recipient: RecipientId(sql::count(row.get(6)?)),
    })
}

/// Mailboxes whose domain compares so with `?1`, in this order.
macro_rules! domains {
    ($compares:literal $(, $order:literal)?) => {
        concat!(
            "SELECT id FROM (SELECT id FROM recipients INDEXED BY recipients_domain
                             WHERE address IS NOT NULL AND state = ?2 AND ",
            domain_of!("address"),
            $compares,
            " ?1",
            $(" ORDER BY ", domain_of!("address"), $order,)?
            " LIMIT ?3)"
        )
    };
}

const NEAR: &str = concat!(
    "SELECT address FROM recipients WHERE id IN (",
    domains!(" ="),
    " UNION ALL ",
    domains!(" >", ""),
    " UNION ALL ",
    domains!(" <", " DESC"),
    ") ORDER BY owner, id"
);

/// Active mailboxes in the domain of an address, and in those that come before and after it in the alphabet.
pub(super) fn addresses_near(conn: &Connection, address: &Address, limit: u32) -> Result<Vec<Address>, SqliteError> {
    let domain = address.domain().to_ascii_lowercase();
    sql::rows(conn, NEAR, (domain, MailboxState::Active, limit), |row| sql::word(row, 0))
}

/// The statement about active, unsuppressed mailboxes that read none of the bands `?1` and that the config does not name.
macro_rules! unserved {
    ($columns:literal, $end:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM recipients r CROSS JOIN subscribers o ON o.id = r.owner CROSS JOIN names n ON n.id = o.name_id
              WHERE r.state = ?2 AND r.bands & ?1 = 0
                AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                AND NOT EXISTS (SELECT 1 FROM subscriptions c
                                WHERE c.recipient = r.id AND c.origin = ?3 AND c.ended IS NULL)",
            $end
        )
    };
}

/// How many names of subscribers get nothing when these bands are served, and what the first of them ask for.
pub(super) fn unserved(
    conn: &Connection,
    served: &BandSet,
    limit: u32,
) -> Result<(u64, BTreeMap<String, BandSet>), SqliteError> {
    let bands = BandBook::open(conn)?;
    let (mask, active, config) = (bands.seen(served), MailboxState::Active, Origin::Config);
    let names = sql::number(conn, unserved!("count(DISTINCT n.name)", ""), (mask, active, config))?;
    let mut wishes: BTreeMap<String, BandSet> = BTreeMap::new();
    if names == 0 {
        return Ok((0, wishes));
    }
    let query = unserved!("n.name, r.bands", " AND n.name IN (SELECT value FROM json_each(?4))");
    let first = unserved!("DISTINCT n.name", " ORDER BY n.name LIMIT ?4");
    let first = sql::rows(conn, first, (mask, active, config, limit), |row| Ok(row.get::<_, String>(0)?))?;
    let wished = sql::rows(conn, query, (mask, active, config, sql::to_json(&first)?), |row| {
        Ok((row.get(0)?, bands.set(row.get(1)?)))
    })?;
    for (name, bands) in wished {
        wishes.entry(name).or_default().extend(bands);
    }
    Ok((sql::count(names), wishes))
}

const ACTIVE_DOMAINS: &str = concat!(
    "SELECT r.owner, ",
    domain_of!("r.address"),
    " FROM recipients r INDEXED BY recipients_owner WHERE r.state = ?1 AND r.address IS NOT NULL ORDER BY r.owner"
);

/// How many subscribers have an active mailbox in one of these domains, or below it, and the names of the oldest.
pub(super) fn subscribers_in(
    conn: &Connection,
    domains: &[String],
    limit: u32,
) -> Result<(u64, Vec<String>), SqliteError> {
    let (mut number, mut last, mut first) = (0, 0, Vec::new());
    let mut statement = conn.prepare_cached(ACTIVE_DOMAINS)?;
    let mut rows = statement.query([MailboxState::Active])?;
    while let Some(row) = rows.next()? {
        let owner: i64 = row.get(0)?;
        if owner == last || !is_in_one_of(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?, domains) {
            continue;
        }
        last = owner;
        number += 1;
        if first.len() < limit as usize {
            first.push(owner);
        }
    }
    let name = "SELECT n.name FROM subscribers s JOIN names n ON n.id = s.name_id WHERE s.id = ?1";
    let names = first.into_iter().map(|owner| sql::row(conn, name, [owner], |row| Ok(row.get(0)?)));
    Ok((number, names.filter_map(Result::transpose).collect::<Result<_, _>>()?))
}

/// The statement that lists suppressions by this condition. Who was erased is nobody's mailbox.
macro_rules! suppressions_where {
    ($condition:literal) => {
        suppressions_where!($condition, " ORDER BY x.at, x.address, x.mac LIMIT ?4")
    };
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT x.mac, x.address, x.reason, x.at, n.name FROM suppressions x INDEXED BY suppressions_listed
             LEFT JOIN recipients r ON r.mac = x.mac AND r.address IS NOT NULL AND x.address IS NOT NULL
             LEFT JOIN subscribers s ON s.id = r.owner LEFT JOIN names n ON n.id = s.name_id
             WHERE ",
            $condition,
            $order
        )
    };
}

// An address that was erased is less than any other, but nothing compares with it.
const ERASED: &str = suppressions_where!("x.at = ?1 AND x.address IS NULL AND ?2 = '' AND x.mac > ?3");
const SUPPRESSIONS: &str = suppressions_where!("(x.at, x.address, x.mac) > (?1, ?2, ?3)");

const NEWEST: &str = suppressions_where!("1", " ORDER BY x.at DESC, x.address DESC, x.mac DESC LIMIT ?1 OFFSET ?2");

/// Suppressions, newest first.
pub(super) fn newest_suppressions(
    conn: &Connection,
    skip: u32,
    limit: u32,
) -> Result<Vec<ListedSuppression>, SqliteError> {
    sql::rows(conn, NEWEST, (limit, skip), listed)
}

fn listed(row: &Row<'_>) -> Result<ListedSuppression, SqliteError> {
    Ok(ListedSuppression { suppression: columns::suppression(row)?, subscriber: row.get(4)? })
}

/// Suppressions, oldest first, after this one.
pub(super) fn suppressions(
    conn: &Connection,
    after: Option<&Suppression>,
    limit: u32,
) -> Result<Vec<ListedSuppression>, SqliteError> {
    let at = after.map_or(i64::MIN, |after| sql::millis(after.since));
    let address = after.and_then(|after| after.address.as_ref()).map_or("", |address| address.as_str());
    let key: &[u8] = after.map_or(&[], |after| &after.key.0);
    let mut page = sql::rows(conn, ERASED, (at, address, key, limit), listed)?;
    page.extend(sql::rows(conn, SUPPRESSIONS, (at, address, key, limit), listed)?);
    page.truncate(limit as usize);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::engine::connect;

    /// A page costs as much at the end of a long list as at its beginning.
    #[test]
    fn a_page_is_read_in_the_order_of_an_index() {
        let conn = connect::memory().unwrap();
        for query in [SUBSCRIBERS, MAILBOXES_OF, SUBSCRIPTIONS_OF, READERS, SUPPRESSIONS] {
            let steps = sql::plan(&conn, query);
            assert!(steps.iter().all(|step| step.starts_with("SEARCH") || step.starts_with("CORRELATED")), "{steps:?}");
        }
    }

    /// However many were suppressed at one moment, as when a wave is confirmed, and whoever of them was erased.
    #[test]
    fn suppressions_of_one_moment_are_read_once() {
        let conn = connect::memory().unwrap();
        for (query, begin) in [(ERASED, "at=? AND address=? AND mac>?"), (SUPPRESSIONS, "(at,address,mac)>(?,?,?)")] {
            let expected = format!("SEARCH x USING INDEX suppressions_listed ({begin})");
            assert_eq!(sql::plan(&conn, query)[0], expected);
        }
        let fill = "INSERT INTO suppressions (mac, address, reason, at)
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
                    SELECT randomblob(16), iif(i % 3, 'm' || (i % 10) || '@x' || i || '.example', NULL), 'bounced', i / 15 FROM n";
        conn.execute_batch(fill).unwrap();
        let all = suppressions(&conn, None, 99).unwrap();
        assert_eq!(all.len(), 40);
        for limit in [1, 2, 7] {
            let (mut found, mut after) = (Vec::new(), None);
            while let page @ [_, ..] = &suppressions(&conn, after.as_ref(), limit).unwrap()[..] {
                assert!(page.len() <= limit as usize);
                after = page.last().map(|last| last.suppression.clone());
                found.extend_from_slice(page);
            }
            assert_eq!(found, all, "in pages of {limit}");
        }
    }

    #[test]
    fn an_address_is_looked_for_without_reading_all() {
        let conn = connect::memory().unwrap();
        let steps = sql::plan(&conn, NEAR);
        let searches =
            steps.iter().filter(|step| step.starts_with("SEARCH recipients USING INDEX recipients_domain (<expr>"));
        assert_eq!(searches.count(), 3, "{steps:?}");
        let sorts = steps.iter().filter(|step| *step == "USE TEMP B-TREE FOR ORDER BY").count();
        assert!(sorts == 1 && !steps.iter().any(|step| step.starts_with("SCAN recipients")), "{steps:?}");
    }
}
