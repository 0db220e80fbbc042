//! Lists of subscribers, of the readers of an edition and of suppressions: a page at a time, in the order of an index.

use std::collections::{BTreeMap, HashMap};

use tokio::try_join;
use tokio_postgres::Row;

use super::columns::{self, BandBook, domain_of};
use crate::domain::address::{Address, is_in_one_of};
use crate::domain::band::BandSet;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{
    MailboxRecord, MailboxState, Origin, RecipientId, SubscriberId, SubscriberRecord, Subscription,
};
use crate::domain::subscription::suppression::{ListedSuppression, Suppression};
use crate::store::Reader;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::shared::mailboxes;

/// Organisations with their known mailboxes, oldest first, after this one.
pub(super) async fn subscribers(
    transaction: &Transaction,
    after: Option<SubscriberId>,
    limit: u32,
) -> Result<Vec<SubscriberRecord>, PostgresError> {
    let after = sql::column(after.map_or(0, |after| after.0))?;
    let (bands, mut records) =
        try_join!(biased; BandBook::open(transaction), organisations(transaction, after, limit))?;
    let most = mailboxes::most(limit);
    let mut found = mailboxes_of(transaction, &bands, after, &records, most + 1).await?;
    if found.len() > most && !mailboxes::end_before_the_last(&mut records, &mut found) {
        found = mailboxes_of(transaction, &bands, after, &records, usize::MAX).await?;
    }
    let subscriptions = subscriptions(transaction, &bands, after, &records).await?;
    mailboxes::fill(&mut records, found, subscriptions);
    Ok(records)
}

async fn organisations(
    transaction: &Transaction,
    after: i64,
    limit: u32,
) -> Result<Vec<SubscriberRecord>, PostgresError> {
    let query = "SELECT s.id, n.name, s.sector, s.locale, s.urn FROM subscribers s JOIN names n ON n.id = s.name_id
                 WHERE s.id > $1 ORDER BY s.id LIMIT $2";
    transaction.rows(query, params![after, i64::from(limit)], organisation).await
}

/// An organisation in five columns, without its mailboxes.
pub(super) fn organisation(row: &Row) -> Result<SubscriberRecord, PostgresError> {
    let (id, profile) = (columns::subscriber(row, 0)?, columns::profile(row, 1)?);
    Ok(SubscriberRecord { id, profile, mailboxes: Vec::new() })
}

/// The last of the numbers that these organisations have.
fn last(after: i64, records: &[SubscriberRecord]) -> Result<i64, PostgresError> {
    records.last().map_or(Ok(after), |last| sql::column(last.id.0))
}

/// Known mailboxes with their owners, by owner, without their subscriptions.
async fn mailboxes_of(
    transaction: &Transaction,
    bands: &BandBook,
    after: i64,
    records: &[SubscriberRecord],
    limit: usize,
) -> Result<Vec<(SubscriberId, MailboxRecord)>, PostgresError> {
    let query = "SELECT r.owner, r.id, r.address, r.bands, r.chosen IS NOT NULL, r.state, x.reason
                 FROM recipients r LEFT JOIN suppressions x ON x.mac = r.mac
                 WHERE r.owner > $1 AND r.owner <= $2 AND r.address IS NOT NULL ORDER BY r.owner, r.id LIMIT $3";
    let (last, limit) = (last(after, records)?, i64::try_from(limit).unwrap_or(i64::MAX));
    transaction.rows(query, params![after, last, limit], |row| owned(bands, row)).await
}

/// A mailbox in seven columns, beginning with its owner, without its subscriptions.
pub(super) fn owned(bands: &BandBook, row: &Row) -> Result<(SubscriberId, MailboxRecord), PostgresError> {
    let mailbox = MailboxRecord {
        recipient: columns::recipient(row, 1)?,
        address: sql::word(row, 2)?,
        bands: bands.set(row.try_get(3)?),
        chosen: row.try_get(4)?,
        state: row.try_get(5)?,
        suppressed: sql::maybe_word(row, 6)?,
        subscriptions: Vec::new(),
    };
    Ok((columns::subscriber(row, 0)?, mailbox))
}

/// The subscriptions of known mailboxes.
async fn subscriptions(
    transaction: &Transaction,
    bands: &BandBook,
    after: i64,
    records: &[SubscriberRecord],
) -> Result<HashMap<RecipientId, Vec<Subscription>>, PostgresError> {
    let query = "SELECT s.recipient, s.subscriber, s.origin, s.bands, s.since, s.ended, s.ended_by
                 FROM recipients r JOIN subscriptions s ON s.recipient = r.id
                 WHERE r.owner > $1 AND r.owner <= $2 AND r.address IS NOT NULL";
    let read = |row: &Row| Ok((columns::recipient(row, 0)?, columns::subscription(bands, row, 1)?));
    Ok(columns::grouped(transaction.rows(query, params![after, last(after, records)?], read).await?))
}

/// Those who would get an edition whose bands are `$1`; `$2` is the state of being active.
macro_rules! readers {
    () => {
        "recipients r WHERE r.state = $2 AND r.bands & $1 <> 0
           AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)"
    };
}

/// Of each segment, the name of the subscriber whose mailbox comes first.
pub(super) async fn first_readers(
    transaction: &Transaction,
    served: &BandSet,
) -> Result<BTreeMap<SegmentKey, String>, PostgresError> {
    let query = concat!(
        "SELECT f.mask, f.sector, f.locale, n.name
         FROM (SELECT p.mask, o.sector, o.locale, min(o.id) AS owner
               FROM (SELECT r.bands & $1 AS mask, r.owner FROM ",
        readers!(),
        ") p JOIN subscribers o ON o.id = p.owner GROUP BY 1, 2, 3) f
         JOIN subscribers s ON s.id = f.owner JOIN names n ON n.id = s.name_id"
    );
    let bands = BandBook::open(transaction).await?;
    let read = |row: &Row| Ok((segment(&bands, row)?, row.try_get(3)?));
    let first = transaction.rows(query, params![bands.seen(served), MailboxState::Active], read).await?;
    Ok(first.into_iter().collect())
}

/// A segment in three columns: bands, sector, locale.
fn segment(bands: &BandBook, row: &Row) -> Result<SegmentKey, PostgresError> {
    Ok(SegmentKey { bands: bands.set(row.try_get(0)?), sector: row.try_get(1)?, locale: row.try_get(2)? })
}

/// Mailboxes that would get an edition, by subscriber, after this one.
pub(super) async fn readers(
    transaction: &Transaction,
    served: &BandSet,
    after: Option<&Reader>,
    limit: u32,
) -> Result<Vec<Reader>, PostgresError> {
    let query = concat!(
        "SELECT p.mask, o.sector, o.locale, n.name, p.address, p.owner, p.id
         FROM (SELECT r.bands & $1 AS mask, r.address, r.owner, r.id FROM ",
        readers!(),
        " AND (r.owner, r.id) > ($3, $4) ORDER BY r.owner, r.id LIMIT $5) p
         JOIN subscribers o ON o.id = p.owner JOIN names n ON n.id = o.name_id ORDER BY p.owner, p.id"
    );
    let bands = BandBook::open(transaction).await?;
    let ((owner, recipient), limit, served) = (place(after)?, i64::from(limit), bands.seen(served));
    let values = params![served, MailboxState::Active, owner, recipient, limit];
    transaction.rows(query, values, |row| reader(&bands, row)).await
}

/// Where a page begins that comes after this reader: the owner's and the mailbox's number.
pub(super) fn place(after: Option<&Reader>) -> Result<(i64, i64), PostgresError> {
    let (owner, recipient) = after.map_or((0, 0), |after| (after.subscriber.0, after.recipient.0));
    Ok((sql::column(owner)?, sql::column(recipient)?))
}

/// A reader in seven columns: bands, sector, locale, name, address, owner and number.
pub(super) fn reader(bands: &BandBook, row: &Row) -> Result<Reader, PostgresError> {
    Ok(Reader {
        segment: segment(bands, row)?,
        name: row.try_get(3)?,
        address: sql::word(row, 4)?,
        subscriber: columns::subscriber(row, 5)?,
        recipient: columns::recipient(row, 6)?,
    })
}

/// Mailboxes whose domain compares so with `$1`, in this order.
macro_rules! domains {
    ($compares:literal, $order:literal) => {
        concat!(
            "(SELECT id FROM recipients WHERE address IS NOT NULL AND state = $2 AND ",
            domain_of!("address"),
            $compares,
            " $1 ORDER BY ",
            domain_of!("address"),
            $order,
            " LIMIT $3)"
        )
    };
}

const NEAR: &str = concat!(
    "SELECT address FROM recipients WHERE id IN (",
    domains!(" =", ""),
    " UNION ALL ",
    domains!(" >", ""),
    " UNION ALL ",
    domains!(" <", " DESC"),
    ") ORDER BY owner, id"
);

/// Active mailboxes in the domain of an address, and in those that come before and after it in the alphabet.
pub(super) async fn addresses_near(
    transaction: &Transaction,
    address: &Address,
    limit: u32,
) -> Result<Vec<Address>, PostgresError> {
    let (domain, limit) = (address.domain().to_ascii_lowercase(), i64::from(limit));
    transaction.rows(NEAR, params![domain, MailboxState::Active, limit], |row| sql::word(row, 0)).await
}

/// The statement about active, unsuppressed mailboxes that read none of the bands `$1` and that the config does not name.
macro_rules! unserved {
    ($columns:literal, $end:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM recipients r JOIN subscribers o ON o.id = r.owner JOIN names n ON n.id = o.name_id
              WHERE r.state = $2 AND r.bands & $1 = 0
                AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                AND NOT EXISTS (SELECT 1 FROM subscriptions c
                                WHERE c.recipient = r.id AND c.origin = $3 AND c.ended IS NULL)",
            $end
        )
    };
}

/// How many names of subscribers get nothing when these bands are served, and what the first of them ask for.
pub(super) async fn unserved(
    transaction: &Transaction,
    served: &BandSet,
    limit: u32,
) -> Result<(u64, BTreeMap<String, BandSet>), PostgresError> {
    let bands = BandBook::open(transaction).await?;
    let (mask, active, config) = (bands.seen(served), MailboxState::Active, Origin::Config);
    let count = unserved!("count(DISTINCT n.name)", "");
    let names = sql::count(transaction.number(count, params![mask, active, config]).await?);
    let mut wishes: BTreeMap<String, BandSet> = BTreeMap::new();
    if names == 0 {
        return Ok((0, wishes));
    }
    let first = unserved!("DISTINCT n.name", " ORDER BY n.name LIMIT $4");
    let name = |row: &Row| Ok(row.try_get::<_, String>(0)?);
    let first = transaction.rows(first, params![mask, active, config, i64::from(limit)], name).await?;
    let wished = unserved!("n.name, r.bands", " AND n.name = ANY ($4)");
    let read = |row: &Row| Ok((row.try_get(0)?, bands.set(row.try_get(1)?)));
    for (name, bands) in transaction.rows(wished, params![mask, active, config, first], read).await? {
        wishes.entry(name).or_default().extend(bands);
    }
    Ok((names, wishes))
}

/// How many subscribers have an active mailbox in one of these domains, or below it, and the names of the oldest.
pub(super) async fn subscribers_in(
    transaction: &Transaction,
    domains: &[&str],
    limit: u32,
) -> Result<(u64, Vec<String>), PostgresError> {
    // Those that end so; the domain says which of them are meant.
    let ending = concat!(
        "SELECT DISTINCT ",
        domain_of!("r.address"),
        " FROM recipients r JOIN unnest($2::text[]) AS k (name)
             ON right(rtrim(",
        domain_of!("r.address"),
        ", '.'), length(k.name)) = k.name
          WHERE r.state = $1 AND r.address IS NOT NULL"
    );
    let active = MailboxState::Active;
    let mut meant: Vec<String> = transaction.rows(ending, params![active, domains], |row| Ok(row.try_get(0)?)).await?;
    meant.retain(|domain| is_in_one_of(domain, domains));
    if meant.is_empty() {
        return Ok((0, Vec::new()));
    }
    let query = concat!(
        "WITH owners AS (SELECT DISTINCT r.owner FROM recipients r
                         WHERE r.state = $1 AND r.address IS NOT NULL AND ",
        domain_of!("r.address"),
        " = ANY ($2))
         SELECT n.name, (SELECT count(*) FROM owners)
         FROM (SELECT owner FROM owners ORDER BY owner LIMIT greatest($3, 1)) f
         JOIN subscribers s ON s.id = f.owner JOIN names n ON n.id = s.name_id ORDER BY f.owner"
    );
    let read = |row: &Row| Ok((row.try_get(0)?, sql::count(row.try_get(1)?)));
    let first: Vec<(String, u64)> = transaction.rows(query, params![active, meant, i64::from(limit)], read).await?;
    let number = first.first().map_or(0, |(_, number)| *number);
    Ok((number, first.into_iter().take(limit as usize).map(|(name, _)| name).collect()))
}

/// The statement that lists suppressions by this condition. Who was erased is nobody's mailbox.
macro_rules! suppressions_where {
    ($condition:literal) => {
        suppressions_where!($condition, " ORDER BY x.at, x.address NULLS FIRST, x.mac LIMIT $4")
    };
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT x.mac, x.address, x.reason, x.at, n.name FROM suppressions x
             LEFT JOIN recipients r ON r.mac = x.mac AND r.address IS NOT NULL AND x.address IS NOT NULL
             LEFT JOIN subscribers s ON s.id = r.owner LEFT JOIN names n ON n.id = s.name_id
             WHERE ",
            $condition,
            $order
        )
    };
}

// An address that was erased is less than any other, but nothing compares with it.
const ERASED: &str = suppressions_where!("x.at = $1 AND x.address IS NULL AND $2 = '' AND x.mac > $3");
const SUPPRESSIONS: &str = suppressions_where!("(x.at, x.address, x.mac) > ($1, $2, $3)");

const NEWEST: &str =
    suppressions_where!("true", " ORDER BY x.at DESC, x.address DESC NULLS LAST, x.mac DESC LIMIT $1 OFFSET $2");

/// Suppressions, newest first.
pub(super) async fn newest_suppressions(
    transaction: &Transaction,
    skip: u32,
    limit: u32,
) -> Result<Vec<ListedSuppression>, PostgresError> {
    transaction.rows(NEWEST, params![i64::from(limit), i64::from(skip)], listed).await
}

fn listed(row: &Row) -> Result<ListedSuppression, PostgresError> {
    Ok(ListedSuppression { suppression: columns::suppression(row)?, subscriber: row.try_get(4)? })
}

/// Suppressions, oldest first, after this one.
pub(super) async fn suppressions(
    transaction: &Transaction,
    after: Option<&Suppression>,
    limit: u32,
) -> Result<Vec<ListedSuppression>, PostgresError> {
    let (mut page, rest) = try_join!(biased;
        suppressed(transaction, ERASED, after, limit), suppressed(transaction, SUPPRESSIONS, after, limit))?;
    page.extend(rest);
    page.truncate(limit as usize);
    Ok(page)
}

async fn suppressed(
    transaction: &Transaction,
    query: &str,
    after: Option<&Suppression>,
    limit: u32,
) -> Result<Vec<ListedSuppression>, PostgresError> {
    let at = after.map_or(i64::MIN, |after| sql::millis(after.since));
    let address = after.and_then(|after| after.address.as_ref()).map_or("", Address::as_str);
    let key: &[u8] = after.map_or(&[], |after| &after.key.0);
    transaction.rows(query, params![at, address, key, i64::from(limit)], listed).await
}
