//! What is counted of the mailing list, kept up to date by the transaction that changes it: see [`Counting`].

use std::collections::{BTreeMap, BTreeSet};

use tokio::try_join;
use tokio_postgres::Row;

use crate::domain::band::{BandName, BandSet};
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::subscriber::{Locale, MailboxState, Sector, SubscriberCounts, SubscriberId};
use crate::domain::subscription::mailing_list::MailingList;
use crate::store::postgres::engine::error::PostgresError;
use crate::store::postgres::engine::sql::{self, params};
use crate::store::postgres::engine::transaction::Transaction;
use crate::store::postgres::tables::columns::{self, BandBook, each};
use crate::store::shared::counting::{Counting, SUPPRESSED, by_band};

/// Counts what was changed of the list. Of what is written it reads nothing, so it may be asked before.
pub(super) async fn count<'a>(
    transaction: &Transaction,
    list: &'a MailingList,
    bands: &BandBook,
) -> Result<Counting<'a>, PostgresError> {
    let mut counting = Counting::of(list, bands);
    let (movers, asked) = (counting.movers(), counting.asked());
    let counted = columns::ids(counting.counted().map(|id| id.0))?;
    let (others, found) =
        try_join!(biased; others(transaction, &movers, &counted), with_others(transaction, &asked, &counted))?;
    for (owner, mask, mailboxes) in others {
        counting.move_others(owner, mask, mailboxes);
    }
    for (owner, states) in asked {
        let other = states.into_iter().find(|state| found.contains(&(owner, state.code())));
        counting.add_subscriber(owner, other);
    }
    Ok(counting)
}

/// How many mailboxes of these subscribers get digests of which bands, but for those that are counted already.
async fn others(
    transaction: &Transaction,
    owners: &[SubscriberId],
    counted: &[i64],
) -> Result<Vec<(SubscriberId, i64, i64)>, PostgresError> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let query = "SELECT owner, bands, count(*) FROM recipients r
                 WHERE owner = ANY ($1) AND state = $2 AND id <> ALL ($3)
                   AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.mac = r.mac)
                 GROUP BY owner, bands";
    let owners = columns::ids(owners.iter().map(|owner| owner.0))?;
    let read = |row: &Row| Ok((columns::subscriber(row, 0)?, row.try_get(1)?, row.try_get(2)?));
    transaction.rows(query, params![owners, MailboxState::Active, counted], read).await
}

/// Those subscribers and states of which there is a mailbox that is not counted already.
async fn with_others(
    transaction: &Transaction,
    asked: &[(SubscriberId, Vec<MailboxState>)],
    counted: &[i64],
) -> Result<BTreeSet<(SubscriberId, u8)>, PostgresError> {
    let pairs: Vec<_> = asked.iter().flat_map(|(owner, all)| all.iter().map(|state| (owner.0, *state))).collect();
    if pairs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let query = "SELECT k.owner, k.state FROM unnest($1::bigint[], $2::smallint[]) AS k (owner, state)
                 WHERE EXISTS (SELECT 1 FROM recipients r
                               WHERE r.owner = k.owner AND r.state = k.state AND r.id <> ALL ($3))";
    let owners = columns::ids(pairs.iter().map(|(owner, _)| *owner))?;
    let read = |row: &Row| Ok((columns::subscriber(row, 0)?, row.try_get::<_, MailboxState>(1)?.code()));
    let states = each(&pairs, |(_, state)| *state);
    Ok(transaction.rows(query, params![owners, states, counted], read).await?.into_iter().collect())
}

/// Writes what it comes to.
pub(super) async fn write(transaction: &Transaction, counting: &Counting<'_>) -> Result<(), PostgresError> {
    try_join!(biased; write_readers(transaction, counting), write_counts(transaction, counting)).map(drop)
}

async fn write_readers(transaction: &Transaction, counting: &Counting<'_>) -> Result<(), PostgresError> {
    let add = "INSERT INTO reader_counts AS c (bands, sector, locale, mailboxes)
               SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::bigint[])
               ON CONFLICT (bands, sector, locale) DO UPDATE SET mailboxes = c.mailboxes + excluded.mailboxes";
    let readers: Vec<_> = counting.readers().collect();
    if readers.is_empty() {
        return Ok(());
    }
    let sectors: Vec<Sector> = each(&readers, |((_, sector, _), _)| *sector);
    let locales: Vec<Locale> = each(&readers, |((.., locale), _)| *locale);
    let (masks, numbers) = (each(&readers, |((mask, ..), _)| *mask), each(&readers, |(_, number)| *number));
    transaction.run(add, params![masks, sectors, locales, numbers]).await.map(drop)
}

async fn write_counts(transaction: &Transaction, counting: &Counting<'_>) -> Result<(), PostgresError> {
    let add = "INSERT INTO list_counts AS c (what, count) SELECT * FROM unnest($1::text[], $2::bigint[])
               ON CONFLICT (what) DO UPDATE SET count = c.count + excluded.count";
    let (what, numbers): (Vec<&str>, Vec<i64>) = counting.counts().unzip();
    if what.is_empty() {
        return Ok(());
    }
    transaction.run(add, params![what, numbers]).await.map(drop)
}

/// Mailboxes that get digests, by segment, counting only bands in `served`.
pub(in crate::store::postgres) async fn audience(
    transaction: &Transaction,
    served: &BandSet,
) -> Result<Vec<Segment>, PostgresError> {
    let bands = BandBook::open(transaction).await?;
    let query = "SELECT bands & $1, sector, locale, sum(mailboxes)::bigint FROM reader_counts
                 WHERE bands & $1 <> 0 GROUP BY 1, 2, 3 HAVING sum(mailboxes) > 0";
    let read = |row: &Row| {
        let key = SegmentKey { bands: bands.set(row.try_get(0)?), sector: row.try_get(1)?, locale: row.try_get(2)? };
        Ok(Segment { key, recipients: sql::count(row.try_get(3)?) })
    };
    let mut segments = transaction.rows(query, params![bands.seen(served)], read).await?;
    segments.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(segments)
}

/// Mailboxes that get digests, by band.
pub(in crate::store::postgres) async fn readers(
    transaction: &Transaction,
) -> Result<BTreeMap<BandName, u64>, PostgresError> {
    let bands = BandBook::open(transaction).await?;
    let query = "SELECT bands, sum(mailboxes)::bigint FROM reader_counts GROUP BY bands HAVING sum(mailboxes) > 0";
    let read = |row: &Row| Ok((bands.set(row.try_get(0)?), sql::count(row.try_get(1)?)));
    Ok(by_band(transaction.rows(query, params![], read).await?))
}

/// Subscribers by their best mailbox.
pub(in crate::store::postgres) async fn subscribers(
    transaction: &Transaction,
) -> Result<SubscriberCounts, PostgresError> {
    let query = "SELECT what, count FROM list_counts";
    let read = |row: &Row| Ok((row.try_get::<_, String>(0)?, sql::count(row.try_get(1)?)));
    let counts: BTreeMap<_, _> = transaction.rows(query, params![], read).await?.into_iter().collect();
    let number = |state: MailboxState| counts.get(state.as_str()).copied().unwrap_or_default();
    Ok(SubscriberCounts {
        active: number(MailboxState::Active),
        pending: number(MailboxState::Pending),
        ended: number(MailboxState::Ended),
    })
}

/// Addresses that get no mail.
pub(in crate::store::postgres) async fn suppressions(transaction: &Transaction) -> Result<u64, PostgresError> {
    let query = "SELECT count FROM list_counts WHERE what = $1";
    let count = transaction.row(query, params![SUPPRESSED], |row| Ok(row.try_get(0)?)).await?;
    Ok(count.map_or(0, sql::count))
}
